import { isRecord, lookUp, type OpenApiDocument, type Schema, type SchemaObject } from './open-api.ts';

/** The argument for a whole body, where it has no members to name. */
export const wholeBody = 'input';

/** The object that a schema is or refers to; undefined for everything else. */
export function objectOf(document: OpenApiDocument, schema: Schema | undefined): SchemaObject | undefined {
  if (!isRecord(schema)) return undefined;
  // One step is enough: `inline-aliases` has followed chains.
  const target = schema.$ref === undefined ? schema : lookUp(document, schema.$ref);
  return isRecord(target) && isRecord(target['properties']) && Object.keys(target['properties']).length > 0
    ? (target as SchemaObject)
    : undefined;
}

/** The object that an answer is, or that its rows are. */
export function rowOf(document: OpenApiDocument, answer: Schema): SchemaObject | undefined {
  const isList = isRecord(answer) && answer.$ref === undefined && answer.items !== undefined;
  return objectOf(document, isList ? answer.items : answer);
}
