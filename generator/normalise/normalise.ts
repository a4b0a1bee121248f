import { mapSchemas, type Place } from '../openapi/map-schemas.ts';
import {
  mapOperations,
  type OpenApiDocument,
  type OperationObject,
  type Schema,
  type SchemaObject,
} from '../openapi/open-api.ts';

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

/** @param change calls `count` for everything that it finds */
export const documentRule = (
  name: string,
  habit: string,
  change: (document: OpenApiDocument, count: () => void) => OpenApiDocument,
): Rule => ({
  name,
  habit,
  apply(document) {
    let changes = 0;
    const changed = change(document, () => {
      changes += 1;
    });
    // The same object where nothing was found, so that a large document is not copied for each rule.
    return { document: changes === 0 ? document : changed, changes };
  },
});

/** A rule that looks at one operation at a time; every one that it answers with another object counts as one change. */
export const operationRule = (
  name: string,
  habit: string,
  change: (operation: OperationObject) => OperationObject,
): Rule =>
  documentRule(name, habit, (document, count) =>
    mapOperations(document, ({ operation }) => {
      const changed = change(operation);
      if (changed !== operation) count();
      return changed;
    }),
  );

/** A rule that looks at one schema at a time; every schema it answers with another object counts as one change. */
export const schemaRule = (
  name: string,
  habit: string,
  change: (schema: SchemaObject, place: Place, document: OpenApiDocument) => Schema,
): Rule =>
  documentRule(name, habit, (document, count) =>
    mapSchemas(document, (schema, place) => {
      const changed = change(schema, place, document);
      if (changed !== schema) count();
      return changed;
    }),
  );

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
