import { mapComponents, type Place, withRenamedReferences } from '../openapi/map-schemas.ts';
import {
  escapeName,
  freeName,
  isIdListName,
  isIdName,
  isPublicName,
  isTypeName,
  typeNameOf,
} from '../openapi/names.ts';
import {
  componentReference,
  constraints,
  decimalMarker,
  idMarker,
  isMarker,
  isRecord,
  type OpenApiDocument,
  pickMembers,
  type Schema,
  type SchemaObject,
  schemaAt,
} from '../openapi/open-api.ts';
import { documentRule, type Rule, schemaRule } from './normalise.ts';
import { isEnum, isUnionOfObjects } from './structure-rules.ts';

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

const omitType = ({ type: _, ...rest }: Record<string, unknown>): Record<string, unknown> => rest;

function commonType(values: readonly unknown[]): string | undefined {
  // JSON Schema counts 1.0 as an integer, and so does this.
  const types = new Set(values.map((value) => (Number.isInteger(value) ? 'integer' : typeof value)));
  if (types.size === 2 && types.has('integer') && types.has('number')) return 'number';
  const [type] = types;
  return types.size === 1 && type !== 'object' && type !== 'undefined' ? type : undefined;
}

const int32Max = 2 ** 31 - 1;

/**
 * Ranges, lengths and patterns go, so that no scalar is made of them. Their information on the type stays as its format:
 * `int32` for an integer that fits into 32 bits, `int64` for one that may not, `decimal` for a text of digits.
 */
export const dropConstraints = schemaRule(
  'drop-constraints',
  'Numbers and strings carry ranges and patterns, each of which would become a scalar of its own.',
  (schema) => {
    // The mark is a length itself.
    if (isMarker(schema)) return schema;
    const remaining = pickMembers(schema, (name) => !constraints.has(name));
    const format = formatOf(schema);
    return remaining === schema || format === undefined ? remaining : { ...remaining, format };
  },
);

function formatOf(schema: SchemaObject): string | undefined {
  if (schema.type === 'string') return isDecimalPattern(schema['pattern']) ? 'decimal' : undefined;
  if (schema.type !== 'integer' || schema.format !== undefined) return undefined;
  const lower = boundOf(schema, 'minimum', 'exclusiveMinimum');
  const upper = boundOf(schema, 'maximum', 'exclusiveMaximum');
  // Only both bounds prove that each value fits into 32 bits.
  if (lower !== undefined && upper !== undefined && lower >= -int32Max - 1 && upper <= int32Max) return 'int32';
  return [lower, upper].some((bound) => bound !== undefined && Math.abs(bound) > int32Max + 1) ? 'int64' : undefined;
}

const boundOf = (schema: SchemaObject, ...keys: readonly string[]): number | undefined =>
  keys.map((key) => schema[key]).find((bound) => typeof bound === 'number') as number | undefined;

/** As Pydantic writes a decimal that is sent as text. */
const isDecimalPattern = (pattern: unknown): boolean =>
  typeof pattern === 'string' && pattern.includes(String.raw`\d*\.?\d*`);

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
  const { oneOf, anyOf, discriminator, nullable: _, description: __, ...others } = schema;
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
    ...pickMembers(schema, (name) => name === 'nullable' || name === 'description'),
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
  const schemas = branches.map((branch) => schemaAt(document, branch));
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

const isDecimalText = (branch: SchemaObject | undefined): boolean =>
  branch?.type === 'string' && branch.format === 'decimal';

function scalarType(branch: SchemaObject): string | undefined {
  return typeof branch.type === 'string' && ['string', 'integer', 'number', 'boolean'].includes(branch.type)
    ? branch.type
    : undefined;
}

/**
 * A schema without a shape accepts anything (`{}`, which becomes `JSON`); one with a shape names its type. A map whose values have
 * a type stays a map: its form in the schema depends on its place (`public-types.ts`).
 */
export const freeForm = schemaRule(
  'free-form',
  'Answers are typed `{}`, payloads are objects with any properties, lists have no item type.',
  (schema) => {
    // A union of objects, which is all that is left of `oneOf`, has a shape of its own.
    if (schema.$ref !== undefined || schema.oneOf !== undefined) return schema;
    if (schema.properties !== undefined && Object.keys(schema.properties).length > 0) return asObject(schema);
    if (schema.type === 'array' || (schema.type === undefined && schema.items !== undefined)) return asList(schema);
    if (isTypedMap(schema))
      return pickMembers(schema.type === 'object' ? schema : { ...schema, type: 'object' }, (name) =>
        membersOfMap.has(name),
      );
    const hasShape = typeof schema.type === 'string' && schema.type !== 'object';
    return hasShape ? schema : pickMembers(schema, (name) => anything.has(name));
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

const membersOfMap = new Set(['type', 'additionalProperties', 'nullable', 'description', 'deprecated']);

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

/**
 * A string or number named `id`, `*_id` or `*Id`, or standing in a list named `*_ids`, becomes an identifier, which the
 * schema shows as `ID`: text of any length. Other 64-bit integers stay integers of format int64 (`BigInt`).
 */
export const identifiers = schemaRule(
  'identifiers',
  'Ids are 64-bit integers beyond what a JavaScript number holds, typed now as text and now as `integer`.',
  (schema, place) => {
    if (!isScalar(schema) || isMarker(schema) || !isIdentifier(place)) return schema;
    const { type: _, format: __, default: given, ...rest } = schema;
    // A default that has lost digits would name another object.
    const fallback = typeof given === 'string' || Number.isSafeInteger(given) ? { default: String(given) } : {};
    return { ...rest, ...fallback, type: 'string', maxLength: idMarker };
  },
);

const isScalar = (schema: SchemaObject): boolean => schema.enum === undefined && isScalarType(schema);

const isScalarType = (schema: SchemaObject): boolean =>
  schema.type === 'string' || schema.type === 'integer' || schema.type === 'number';

function isIdentifier({ name, kind }: Place): boolean {
  // The name `Id` of a component does not make its places identifiers.
  if (name === undefined || kind === 'component') return false;
  return isIdName(name) || (kind === 'items' && isIdListName(name));
}

/** Formats of texts that have a scalar. An answer's value is shown as it is, whatever it looks like. */
const texts = new Set(['date-time', 'date', 'uuid', 'email', 'uri']);
const integers = new Set(['int32', 'int64']);

/** Formats that have a scalar stay, `decimal` gets its mark, and every other one goes. */
export const formats = schemaRule(
  'formats',
  'Texts and numbers claim formats that no reader knows (`password`, `binary`, `hostname`, `double`).',
  (schema) => {
    const { format, ...rest } = schema;
    if (format === undefined || isKept(schema)) return schema;
    // Without its default, which may be a number where the type is text now.
    if (format === 'decimal' && (schema.type === 'string' || schema.type === 'number')) {
      const { default: _, ...bare } = rest;
      return { ...bare, type: 'string', maxLength: decimalMarker };
    }
    // `int64` becomes `BigInt`, which has no bounds.
    return schema.type === 'integer' && format === 'uint64' ? { ...rest, format: 'int64' } : rest;
  },
);

function isKept({ type, format = '' }: SchemaObject): boolean {
  return (type === 'string' && texts.has(format)) || (type === 'integer' && integers.has(format));
}

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

/**
 * Components get names in PascalCase; those that the schema keeps for something else are renamed; no two names meet.
 * References and the mappings of discriminators follow.
 */
export const componentNames = documentRule(
  'component-names',
  'Generic models are called `Page[Item]`, modules leave dots in names, and a model may be called `Query`.',
  (document, count) => {
    const renamed = rename(Object.keys(document.components?.schemas ?? {}));
    if (renamed.size === 0) return document;
    const named = mapComponents(document, (schema, name) => {
      if (renamed.has(name)) count();
      return [renamed.get(name) ?? name, schema];
    });
    return withRenamedReferences(named, renamed);
  },
);

function rename(names: readonly string[]): ReadonlyMap<string, string> {
  const isFine = (name: string): boolean => isTypeName(name) && typeNameOf(name) === name;
  // A name that needs no change is never given to another component.
  const usedNames = new Set(names.filter(isFine));
  const renamed = new Map<string, string>();
  // In order, so that the number behind a name does not depend on the order of the document.
  for (const name of names.filter((candidate) => !isFine(candidate)).sort()) {
    const next = freeName(typeNameOf(name), (candidate) => usedNames.has(candidate));
    usedNames.add(next);
    renamed.set(name, next);
  }
  return renamed;
}

/**
 * Property names that GraphQL cannot have (GraphQL specification, Names) are spelt with escapes, from which `wireName`
 * reads the original.
 */
export const propertyNames = schemaRule(
  'property-names',
  'Properties are called `content-type`, `$schema`, `@id` or `__meta`, and two may differ in a mark only.',
  (schema) => {
    const { properties, required } = schema;
    if (properties === undefined || Object.keys(properties).every(isPublicName)) return schema;
    const renamed: Record<string, Schema> = {};
    for (const [name, property] of Object.entries(properties)) renamed[escapeName(name)] = property;
    return {
      ...schema,
      properties: renamed,
      ...(required === undefined ? {} : { required: required.map(escapeName) }),
    };
  },
);

/**
 * Rules that give every schema a type that GraphQL has. Their order matters: literals before unions, which compare
 * types; unions before what has no shape; constraints before identifiers, whose mark is a length; names last.
 */
export const typeRules: readonly Rule[] = [
  constants,
  dropConstraints,
  unions,
  freeForm,
  identifiers,
  formats,
  defaults,
  componentNames,
  propertyNames,
];
