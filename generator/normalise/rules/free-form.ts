import type { SchemaObject } from '../../openapi/open-api.ts';
import { schemaRule } from '../rule.ts';

/** What has no shape accepts anything (`{}`, which becomes `JSON`); what has one says its type. */
export const freeForm = schemaRule(
  'free-form',
  'Answers are typed `{}`, payloads are objects with any properties, lists do not say of what.',
  (schema) => {
    if (schema.$ref !== undefined || schema.oneOf !== undefined) return schema;
    if (schema.properties !== undefined && Object.keys(schema.properties).length > 0) return asObject(schema);
    if (schema.type === 'array' || (schema.type === undefined && schema.items !== undefined)) return asList(schema);
    const hasShape = typeof schema.type === 'string' && schema.type !== 'object';
    return hasShape ? schema : asAnything(schema);
  },
);

function asObject(schema: SchemaObject): SchemaObject {
  if (schema.type === 'object' && schema.additionalProperties === undefined) return schema;
  const { additionalProperties: _, ...rest } = schema;
  return { ...rest, type: 'object' };
}

function asList(schema: SchemaObject): SchemaObject {
  const isWhole = schema.type === 'array' && typeof schema.items === 'object';
  return isWhole ? schema : { ...schema, type: 'array', items: typeof schema.items === 'object' ? schema.items : {} };
}

function asAnything(schema: SchemaObject): SchemaObject {
  const kept = Object.entries(schema).filter(([key]) => key === 'nullable' || key === 'default');
  return kept.length === Object.keys(schema).length ? schema : Object.fromEntries(kept);
}
