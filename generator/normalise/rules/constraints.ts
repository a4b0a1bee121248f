import type { SchemaObject } from '../../openapi/open-api.ts';
import { schemaRule } from '../rule.ts';

const constraints = new Set([
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'multipleOf',
  'minLength',
  'maxLength',
  'pattern',
  'minItems',
  'maxItems',
  'uniqueItems',
  'contains',
  'minContains',
  'maxContains',
  'prefixItems',
  'minProperties',
  'maxProperties',
  'propertyNames',
  'patternProperties',
  'dependentRequired',
  'dependentSchemas',
  'unevaluatedProperties',
  'unevaluatedItems',
  'not',
  'if',
  'then',
  'else',
]);

const int32Max = 2 ** 31 - 1;

/** Ranges, lengths and patterns go, so that no scalar is made of them; an integer that may leave 32 bits is marked so. */
export const dropConstraints = schemaRule(
  'drop-constraints',
  'Numbers and strings carry ranges and patterns, each of which would become a scalar of its own.',
  (schema) => {
    if (isIdMarker(schema)) return schema;
    const kept = Object.entries(schema).filter(([key]) => !constraints.has(key));
    if (kept.length === Object.keys(schema).length) return schema;
    return { ...Object.fromEntries(kept), ...(isLong(schema) ? { format: 'int64' } : {}) };
  },
);

function isLong(schema: SchemaObject): boolean {
  if (schema.type !== 'integer') return false;
  const bounds = ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum'].map((key) => schema[key]);
  return bounds.some((bound) => typeof bound === 'number' && Math.abs(bound) > int32Max + 1);
}

/** The length that marks an identifier in a normalised document; no upstream length survives beside it. */
export const idMarker = 4242;

export const isIdMarker = (schema: SchemaObject): boolean =>
  schema['maxLength'] === idMarker && schema.type === 'string';
