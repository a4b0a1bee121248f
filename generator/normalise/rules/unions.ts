import { isIdName } from '../../openapi/identifiers.ts';
import {
  componentReference,
  isRecord,
  lookUp,
  type OpenApiDocument,
  type Schema,
  type SchemaObject,
} from '../../openapi/open-api.ts';
import { schemaRule } from '../rule.ts';
import { isUnionOfObjects } from './union-of-objects.ts';

/**
 * A union of objects with a discriminator stays one. Every other union becomes the common type of its branches, or
 * anything: GraphQL has no unions of scalars and no unions in arguments.
 */
export const unions = schemaRule(
  'unions',
  'A version is "text or number", a result is any of a list of models.',
  (schema, place, document) => {
    if (isUnionOfObjects(schema, document)) return unionOf(schema);
    const branches = branchesOf(schema);
    if (branches === undefined) return withoutDiscriminator(schema);
    const { anyOf: _, oneOf: __, type: ___, format: ____, discriminator: _____, ...rest } = schema;
    return { ...rest, ...commonSchema(branches, place.name, document) };
  },
);

/** On a base model it would make an interface, which no answer declares. */
function withoutDiscriminator(schema: SchemaObject): SchemaObject {
  if (schema['discriminator'] === undefined) return schema;
  const { discriminator: _, ...rest } = schema;
  return rest;
}

/** With nothing but its branches, and with whole references in its mapping. */
function unionOf(schema: SchemaObject): SchemaObject {
  const { oneOf, anyOf, discriminator, nullable, description, ...others } = schema;
  const { propertyName, mapping } = discriminator as { readonly propertyName: string; readonly mapping?: unknown };
  const pairs = Object.entries(isRecord(mapping) ? mapping : {});
  // A mapping may name a component alone (OpenAPI 3.1, §4.8.25).
  const isWhole = pairs.every(([, target]) => String(target).startsWith('#/'));
  if (oneOf !== undefined && isWhole && Object.keys(others).length === 0) return schema;
  const whole = pairs.map(([value, target]) => {
    const text = String(target);
    return [value, text.includes('/') ? text : componentReference(text)] as const;
  });
  return {
    ...(nullable === undefined ? {} : { nullable }),
    ...(description === undefined ? {} : { description }),
    oneOf: oneOf ?? anyOf ?? [],
    discriminator: { propertyName, ...(whole.length === 0 ? {} : { mapping: Object.fromEntries(whole) }) },
  };
}

function branchesOf(schema: SchemaObject): readonly Schema[] | undefined {
  const branches = schema.anyOf ?? schema.oneOf;
  if (branches !== undefined) return branches;
  return Array.isArray(schema.type) ? schema.type.map((type: string) => ({ type })) : undefined;
}

function commonSchema(branches: readonly Schema[], name: string | undefined, document: OpenApiDocument): SchemaObject {
  const schemas = branches.map((branch) => resolved(branch, document));
  const types = new Set(schemas.map((branch) => branch && scalarType(branch)));
  const [first] = types;
  if (types.size === 1 && first !== undefined) return { type: first };
  if (types.has(undefined)) return {};
  // Pydantic describes a decimal as a number or a text of digits.
  if (types.size === 2 && types.has('number') && schemas.some(isDecimalText))
    return { type: 'string', format: 'decimal' };
  if (types.size === 2 && types.has('integer') && types.has('number')) return { type: 'number' };
  // An id is text or a number, whatever the server happened to write.
  const isId = name !== undefined && isIdName(name) && !types.has('boolean');
  return isId ? { type: 'string' } : {};
}

const resolved = (branch: Schema, document: OpenApiDocument): SchemaObject | undefined => {
  const target = isRecord(branch) && branch.$ref !== undefined ? lookUp(document, branch.$ref) : branch;
  return isRecord(target) ? (target as SchemaObject) : undefined;
};

const isDecimalText = (branch: SchemaObject | undefined): boolean =>
  branch?.type === 'string' && branch.format === 'decimal';

function scalarType(branch: SchemaObject): string | undefined {
  return typeof branch.type === 'string' && ['string', 'integer', 'number', 'boolean'].includes(branch.type)
    ? branch.type
    : undefined;
}
