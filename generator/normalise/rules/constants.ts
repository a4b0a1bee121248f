import { isPublicName } from '../../openapi/identifiers.ts';
import { meshName } from '../../openapi/mesh-name.ts';
import type { SchemaObject } from '../../openapi/open-api.ts';
import { schemaRule } from '../rule.ts';

/**
 * An `enum` of texts that GraphQL can name, all of them and without two that meet, stays one. Every other one, and
 * `const`, becomes the type of its values.
 */
export const constants = schemaRule(
  'constants',
  'Literals and enumerations hold values that GraphQL cannot name: numbers, booleans, the empty text.',
  (schema) => {
    if (schema.enum === undefined && schema.const === undefined) return schema;
    // A document may leave out that texts are of the type `string`.
    if (isEnum(schema)) return schema.type === 'string' ? schema : { ...schema, type: 'string' };
    const { enum: values, const: only, ...rest } = schema;
    const type = commonType(values ?? [only]);
    return type === undefined ? omitType(rest) : { ...rest, type };
  },
);

/** Whether a schema is an enumeration that GraphQL can have. */
export function isEnum(schema: SchemaObject): boolean {
  const { enum: values, type } = schema;
  if (values === undefined || values.length === 0) return false;
  if (otherShapes.some((key) => schema[key] !== undefined)) return false;
  if (type !== undefined && type !== 'string') return false;
  const names = values.map((value) => (typeof value === 'string' && value !== '' ? enumName(value) : undefined));
  return names.every((name) => name !== undefined && isPublicName(name)) && new Set(names).size === names.length;
}

const otherShapes = ['const', 'properties', 'items', 'anyOf', 'oneOf', 'allOf'] as const;

/** As Mesh names a value. */
const enumName = (value: string): string => {
  const name = meshName(value);
  return /^(?:true|false|null)$/.test(name) ? name.toUpperCase() : name;
};

const omitType = ({ type: _, ...rest }: Record<string, unknown>): Record<string, unknown> => rest;

function commonType(values: readonly unknown[]): string | undefined {
  // JSON Schema counts 1.0 as an integer, and so does this.
  const types = new Set(values.map((value) => (Number.isInteger(value) ? 'integer' : typeof value)));
  if (types.size === 2 && types.has('integer') && types.has('number')) return 'number';
  const [type] = types;
  return types.size === 1 && type !== 'object' && type !== 'undefined' ? type : undefined;
}
