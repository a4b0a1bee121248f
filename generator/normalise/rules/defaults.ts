import { isRecord, type Schema, type SchemaObject } from '../../openapi/open-api.ts';
import { schemaRule } from '../rule.ts';

/**
 * A default that is not a value of its type goes. The schema could not show it; NoETL applies it anyway when the
 * argument is left out.
 */
export const defaults = schemaRule(
  'defaults',
  'Defaults are written for the server, not for the type: an object, or a number where text is expected.',
  (schema) => {
    if (schema.default === undefined || fits(schema.default, schema)) return schema;
    const { default: _, ...rest } = schema;
    return rest;
  },
);

function fits(value: unknown, schema: SchemaObject): boolean {
  switch (schema.type) {
    case 'string':
    case 'boolean':
      return typeof value === schema.type;
    case 'integer':
      return Number.isSafeInteger(value) && (schema.format === 'int64' || Number(value) === (Number(value) | 0));
    case 'number':
      return typeof value === 'number' && Number.isFinite(value);
    case 'array':
      return Array.isArray(value) && value.every((item) => fitsItem(item, schema.items));
    default:
      // A schema without a type is `JSON`, of which only scalars are defaults here.
      return schema.$ref === undefined && schema.type === undefined && isScalarValue(value);
  }
}

const fitsItem = (value: unknown, items: Schema | undefined): boolean =>
  isRecord(items) && typeof items.type === 'string' && items.type !== 'array' && fits(value, items);

const isScalarValue = (value: unknown): boolean => ['string', 'number', 'boolean'].includes(typeof value);
