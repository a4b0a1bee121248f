import type { OpenApiDocument } from '../openapi/open-api.ts';
import type { Rule } from './rule.ts';
import { booleanSchemas } from './rules/boolean-schemas.ts';
import { dropAnnotations } from './rules/drop-annotations.ts';
import { dropConditions } from './rules/drop-conditions.ts';
import { inlineAliases } from './rules/inline-aliases.ts';
import { inlineParameterContent } from './rules/inline-parameter-content.ts';
import { jsonBody } from './rules/json-body.ts';
import { mergeAllOf } from './rules/merge-all-of.ts';
import { nullable } from './rules/nullable.ts';
import { oneAnswer } from './rules/one-answer.ts';
import { resolveReferences } from './rules/resolve-references.ts';

/**
 * Rules that bring operations and schemas into one form without changing a name or a type. Their order matters:
 * references first, then what replaces them; `allOf` before aliases, since it decides what is an object.
 */
export const structureRules: readonly Rule[] = [
  resolveReferences,
  inlineParameterContent,
  oneAnswer,
  jsonBody,
  booleanSchemas,
  dropAnnotations,
  mergeAllOf,
  dropConditions,
  inlineAliases,
  nullable,
];

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
