import { isRecord, type SchemaObject } from '../../openapi/open-api.ts';
import { schemaRule } from '../rule.ts';

/**
 * A schema without a shape accepts anything (`{}`, which becomes `JSON`); one with a shape names its type. A map whose values have
 * a type stays a map: its form in the schema depends on its place (`maps.ts`).
 */
export const freeForm = schemaRule(
  'free-form',
  'Answers are typed `{}`, payloads are objects with any properties, lists have no item type.',
  (schema) => {
    // A union of objects, which is all that is left of `oneOf`, has a shape of its own.
    if (schema.$ref !== undefined || schema.oneOf !== undefined) return schema;
    if (schema.properties !== undefined && Object.keys(schema.properties).length > 0) return asObject(schema);
    if (schema.type === 'array' || (schema.type === undefined && schema.items !== undefined)) return asList(schema);
    if (isTypedMap(schema)) return bareMap(schema.type === 'object' ? schema : { ...schema, type: 'object' });
    const hasShape = typeof schema.type === 'string' && schema.type !== 'object';
    return hasShape ? schema : asAnything(schema);
  },
);

/** An object with any names, whose values have a type. */
export function isTypedMap({ type, properties, additionalProperties }: SchemaObject): boolean {
  if (type !== undefined && type !== 'object') return false;
  if (Object.keys(properties ?? {}).length > 0 || !isRecord(additionalProperties)) return false;
  return Object.keys(additionalProperties).some((key) => !anything.has(key));
}

/** Members that do not affect the type. */
const anything = new Set(['nullable', 'default', 'description', 'deprecated']);

const keptOfMap = new Set(['type', 'additionalProperties', 'nullable', 'description', 'deprecated']);

function bareMap(schema: SchemaObject): SchemaObject {
  const kept = Object.entries(schema).filter(([key]) => keptOfMap.has(key));
  return kept.length === Object.keys(schema).length ? schema : Object.fromEntries(kept);
}

function asObject(schema: SchemaObject): SchemaObject {
  if (schema.type === 'object' && schema.additionalProperties === undefined) return schema;
  // GraphQL has no members beside those that a type names; what NoETL sends besides is not selected.
  const { additionalProperties: _, ...rest } = schema;
  return { ...rest, type: 'object' };
}

function asList(schema: SchemaObject): SchemaObject {
  const isWhole = schema.type === 'array' && typeof schema.items === 'object';
  return isWhole ? schema : { ...schema, type: 'array', items: typeof schema.items === 'object' ? schema.items : {} };
}

function asAnything(schema: SchemaObject): SchemaObject {
  const kept = Object.entries(schema).filter(([key]) => anything.has(key));
  return kept.length === Object.keys(schema).length ? schema : Object.fromEntries(kept);
}
