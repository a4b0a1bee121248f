import { mapSchemas, type Place } from '../openapi/map-schemas.ts';
import type { OpenApiDocument, Schema, SchemaObject } from '../openapi/open-api.ts';

/**
 * A habit of upstream documents and what is done about it. Pure: the given document is never changed. Applied to its
 * own result it changes nothing.
 */
export interface Rule {
  readonly name: string;
  /** One sentence: the habit. */
  readonly habit: string;
  /** `changes` counts what was found, for `generate --verbose` and tests; 0: the document is the given one. */
  readonly apply: (document: OpenApiDocument) => { readonly document: OpenApiDocument; readonly changes: number };
}

/** A rule that looks at one schema at a time; every schema it answers with another object counts as one change. */
export function schemaRule(
  name: string,
  habit: string,
  change: (schema: SchemaObject, place: Place, document: OpenApiDocument) => Schema,
): Rule {
  return {
    name,
    habit,
    apply(document) {
      let changes = 0;
      const mapped = mapSchemas(document, (schema, place) => {
        const changed = change(schema, place, document);
        if (changed !== schema) changes += 1;
        return changed;
      });
      // The same object where nothing was found, so that a large document is not copied for each rule.
      return changes === 0 ? { document, changes } : { document: mapped, changes };
    },
  };
}

/** A document in normal form. */
export interface Normalised {
  readonly document: OpenApiDocument;
  /** How often each rule found its habit. */
  readonly changes: readonly { readonly rule: string; readonly changes: number }[];
}

/**
 * Applies every rule once, in order. Applying them again changes nothing.
 * @param document is not changed; parts that stay the same are shared with the result
 */
export function normalise(document: OpenApiDocument, rules: readonly Rule[]): Normalised {
  let current = document;
  const changes = rules.map((rule) => {
    const result = rule.apply(current);
    current = result.document;
    return { rule: rule.name, changes: result.changes };
  });
  return { document: current, changes };
}
