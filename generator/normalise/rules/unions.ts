import { isIdName } from '../../openapi/identifiers.ts';
import { isRecord, type Schema, type SchemaObject } from '../../openapi/open-api.ts';
import { schemaRule } from '../rule.ts';

/**
 * A union of several types becomes their common type, or anything: GraphQL has no unions of scalars and none in
 * arguments.
 */
export const unions = schemaRule(
  'unions',
  'A version is "text or number", a result is any of a list of models.',
  (schema, place) => {
    const branches = branchesOf(schema);
    if (branches === undefined) return schema;
    const { anyOf: _, oneOf: __, type: ___, format: ____, ...rest } = schema;
    const common = commonSchema(branches, place.name);
    return { ...rest, ...common };
  },
);

function branchesOf(schema: SchemaObject): readonly Schema[] | undefined {
  const branches = schema.anyOf ?? schema.oneOf;
  if (branches !== undefined) return branches;
  return Array.isArray(schema.type) ? schema.type.map((type: string) => ({ type })) : undefined;
}

function commonSchema(branches: readonly Schema[], name: string | undefined): SchemaObject {
  const types = new Set(branches.map((branch) => (isRecord(branch) ? scalarType(branch) : undefined)));
  const [first] = types;
  if (types.size === 1 && first !== undefined) return { type: first };
  if (types.has(undefined)) return {};
  if (types.size === 2 && types.has('integer') && types.has('number')) return { type: 'number' };
  const isId = name !== undefined && isIdName(name) && !types.has('boolean');
  return isId ? { type: 'string' } : {};
}

function scalarType(branch: SchemaObject): string | undefined {
  return typeof branch.type === 'string' && ['string', 'integer', 'number', 'boolean'].includes(branch.type)
    ? branch.type
    : undefined;
}
