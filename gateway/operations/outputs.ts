import {
  type ConstValueNode,
  type DocumentNode,
  defaultFieldResolver,
  type FieldDefinitionNode,
  type GraphQLEnumType,
  type GraphQLField,
  type GraphQLFieldResolver,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isAbstractType,
  isEnumType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  isUnionType,
  Kind,
  type UnionTypeDefinitionNode,
  valueFromASTUntyped,
} from 'graphql';
import { GatewayError } from '../../plugins/errors.ts';
import { isRawNumber } from '../../plugins/json/lossless-json.ts';
import { isJsonObject } from '../../plugins/noetl/json-object.ts';

/** By union: which of its types a value is; undefined when its member names no type. */
type Discriminators = ReadonlyMap<string, (value: unknown) => string | undefined>;

/**
 * Reads `@discriminator(field: "kind", mapping: [["cat", "Cat"]])`, which Mesh prints for a `discriminator` of the
 * document (OpenAPI, Discriminator Object). A value without a mapping is a type's own name.
 * @returns only the unions that have the directive; the type of a value of the others is found by its members
 */
export function discriminatorsOf(document: DocumentNode): Discriminators {
  return new Map(
    document.definitions.flatMap((definition) => {
      if (definition.kind !== Kind.UNION_TYPE_DEFINITION) return [];
      const discriminate = discriminatorOf(definition);
      return discriminate === undefined ? [] : [[definition.name.value, discriminate] as const];
    }),
  );
}

function discriminatorOf({ directives = [], types = [] }: UnionTypeDefinitionNode) {
  const directive = directives.find((each) => each.name.value === 'discriminator');
  const argument = (name: string): ConstValueNode | undefined =>
    directive?.arguments?.find((each) => each.name.value === name)?.value;
  const field = argument('field');
  if (field?.kind !== Kind.STRING) return undefined;
  const mapping = argument('mapping');
  // After the types' own names, so that a mapping wins over a type that has the same name.
  const pairs = (mapping === undefined ? [] : valueFromASTUntyped(mapping)) as readonly (readonly [string, string])[];
  const known = new Set(types.map((type) => type.name.value));
  const named = new Map([...[...known].map((name) => [name, name] as const), ...pairs]);
  return (value: unknown): string | undefined => {
    const tag = isJsonObject(value) && Object.hasOwn(value, field.value) ? value[field.value] : undefined;
    const type = typeof tag === 'string' ? named.get(tag) : undefined;
    // A mapping may name a type that is not in the union. graphql-js would fail on it; undefined lets the members
    // decide.
    return type !== undefined && known.has(type) ? type : undefined;
  };
}

/** Type → field → the name that its value has on the wire. */
export type WireNames = ReadonlyMap<string, ReadonlyMap<string, string>>;

/** Reads `@resolveRootField(field: "wire")` of every object type. */
export function wireNamesOf(document: DocumentNode): WireNames {
  const names = new Map<string, ReadonlyMap<string, string>>();
  for (const definition of document.definitions) {
    if (definition.kind !== Kind.OBJECT_TYPE_DEFINITION) continue;
    const fields = (definition.fields ?? []).flatMap((field) => {
      const wire = wireNameOf(field);
      return wire === undefined ? [] : [[field.name.value, wire] as const];
    });
    names.set(definition.name.value, new Map(fields));
  }
  return names;
}

function wireNameOf(field: FieldDefinitionNode): string | undefined {
  const directive = field.directives?.find((each) => each.name.value === 'resolveRootField');
  const argument = directive?.arguments?.find((each) => each.name.value === 'field');
  return argument?.value.kind === Kind.STRING ? argument.value.value : undefined;
}

/** Where a type keeps the names that its fields have on the wire: `Map` of field → wire. */
const wireNamesKey = 'wireNames';

/**
 * Gives every field below the roots a resolver that reads its wire name, and abstract types a way to find the type of a
 * value. A field that has no wire name in `wireNames` is read by its own name.
 * @param discriminators of unions; a type that these do not name is found by the members of the value
 */
export function attachOutputs(
  schema: GraphQLSchema,
  wireNames: WireNames,
  discriminators: Discriminators = new Map(),
): void {
  const roots = new Set([schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()]);
  for (const type of Object.values(schema.getTypeMap())) {
    if (type.name.startsWith('__')) continue;
    // Root fields are answered by call plans, not by members of an object.
    if (isObjectType(type) && !roots.has(type)) {
      type.extensions = { ...type.extensions, [wireNamesKey]: wireNames.get(type.name) };
      for (const field of Object.values(type.getFields())) {
        field.resolve = outputResolver(field, wireNames.get(type.name)?.get(field.name) ?? field.name);
      }
    }
    if (isAbstractType(type)) {
      const discriminate = discriminators.get(type.name);
      type.resolveType = (value) =>
        discriminate?.(value) ?? nearestType(value, schema.getPossibleTypes(type), wireNames);
    }
  }
}

/** What the resolver of a field below the roots does with an object, for what reads objects without calling it. */
export interface OutputField {
  /** The name of the member on the wire; the field's own name when the object does not have it. */
  readonly wire: string;
  /** What becomes of a member that is not a function; undefined: nothing. */
  readonly convert: ((value: unknown) => unknown) | undefined;
}

const described = new WeakMap<object, OutputField>();

/** @returns undefined for every resolver that {@link attachOutputs} has not made */
export const outputFieldOf = (resolve: object | undefined): OutputField | undefined =>
  resolve === undefined ? undefined : described.get(resolve);

function outputResolver(field: GraphQLField<unknown, unknown>, wire: string): GraphQLFieldResolver<unknown, unknown> {
  const type = getNamedType(field.type);
  const convert = isEnumType(type) ? knownValueOf(type) : conversions[type.name];
  const isPromised = isNonNullType(field.type);
  const resolve: GraphQLFieldResolver<unknown, unknown> = (source, args, context, info) => {
    if (!isJsonObject(source)) return defaultFieldResolver(source, args, context, info);
    const value = member(source, wire, field.name);
    // Views of executions have functions for what costs a call: it is made when the field is selected.
    if (typeof value === 'function') return value(args);
    if (isPromised && (value === undefined || value === null)) throw leftOut(field.name);
    return convert === undefined ? value : convert(value);
  };
  described.set(resolve, { wire, convert });
  return resolve;
}

/** NoETL's document promises the value, so its absence is not an error of the gateway. */
const leftOut = (field: string): GatewayError =>
  new GatewayError('ERR_UPSTREAM', `NoETL left out ${field}, which its document promises`);

function member(source: Readonly<Record<string, unknown>>, wire: string, name: string): unknown {
  if (Object.hasOwn(source, wire)) return source[wire];
  return Object.hasOwn(source, name) ? source[name] : undefined;
}

/**
 * By scalar: what becomes of a value on the wire that the scalar itself would refuse. The types are those of NoETL's
 * document, which real servers do not keep to the letter.
 */
const conversions: Readonly<Record<string, ((value: unknown) => unknown) | undefined>> = {
  String: (value) => textOfNumber(value),
  Float: (value) => floatOfNumber(value),
  Int: (value) => int32(value),
  DateTime: (value) => (Array.isArray(value) ? value.map(withZone) : withZone(value)),
};

const withoutZone = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d(?:\.\d+)?)$/;

/** NoETL's times are UTC, and some come without a zone; a browser would take those for its own. */
function withZone(value: unknown): unknown {
  const parts = typeof value === 'string' && !endsInZone(value) ? withoutZone.exec(value) : null;
  return parts === null ? value : `${parts[1]}T${parts[2]}Z`;
}

/** `Z` or `+00:00` at the end, as most times have: nothing else is looked at then. */
const endsInZone = (text: string): boolean => text.endsWith('Z') || text.charCodeAt(text.length - 6) === plus;
const plus = 0x2b;

/** A newer NoETL has values that its older document does not know; they are null, and no error. */
function knownValueOf(type: GraphQLEnumType): (value: unknown) => unknown {
  const known = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(known);
    try {
      type.serialize(value);
      return value;
    } catch {
      return null;
    }
  };
  return known;
}

/** @throws ERR_UPSTREAM for an integer beyond 32 bits: NoETL's document excludes it, so it is not an error of the gateway. */
function int32(value: unknown): unknown {
  if (typeof value === 'number' && value === (value | 0)) return value;
  if (Array.isArray(value)) return value.map(int32);
  const isLong = isRawNumber(value) || (Number.isInteger(value) && value !== (Number(value) | 0));
  if (!isLong) return value;
  throw new GatewayError('ERR_UPSTREAM', 'NoETL answered with a number that is too large for the field’s type Int');
}

const textOfNumber = (value: unknown): unknown =>
  typeof value === 'object' && isRawNumber(value) ? value.rawJSON : value;
const floatOfNumber = (value: unknown): unknown =>
  typeof value === 'object' && isRawNumber(value) ? Number(value.rawJSON) : value;

/** NoETL does not name its types: the one that has most of the value's members is meant. */
function nearestType(
  value: unknown,
  types: ReturnType<GraphQLSchema['getPossibleTypes']>,
  wireNames: WireNames,
): string | undefined {
  if (!isJsonObject(value)) return undefined;
  // A share and not a count: else a type with many fields would win over a small one that fits whole.
  const scored = types.map((type) => {
    const fields = Object.keys(type.getFields());
    const known = fields.filter((field) => Object.hasOwn(value, wireNames.get(type.name)?.get(field) ?? field));
    return { name: type.name, score: known.length / Math.max(1, fields.length) };
  });
  return scored.toSorted((a, b) => b.score - a.score)[0]?.name;
}

type Read = (value: unknown) => unknown;

/**
 * GraphQL has no maps: the schema has a list of entries, `key` and `value`, where NoETL's document has an object with
 * any names (`additionalProperties` with a schema).
 * @returns a function that rewrites an answer of the type so, and throws ERR_UPSTREAM for a value that is not a map; undefined when the type
 * leads to no map, as most do: their answers are not walked
 */
function entriesReader(type: GraphQLOutputType): Read | undefined {
  const known = readers.get(type);
  if (known !== undefined) return known === 'none' ? undefined : known;
  if (!leadsToMap(type)) {
    readers.set(type, 'none');
    return undefined;
  }
  const made = readerOf(type) ?? ((value: unknown) => value);
  readers.set(type, made);
  return made;
}

/** By type, since a schema does not change; a type that is not used any more takes its reader with it. */
const readers = new WeakMap<GraphQLOutputType, Read | 'none'>();

/** Whether a type is a list of entries, so that an object is accepted for it. */
function isMap(type: GraphQLOutputType): boolean {
  const bare = getNullableType(type);
  return isListType(bare) && isEntry(getNullableType(bare.ofType));
}

/** By the names on the wire: types and fields may have other names in public. */
function isEntry(type: GraphQLOutputType): type is GraphQLObjectType {
  if (!isObjectType(type)) return false;
  const names = new Set(membersIn(type).map(([wire]) => wire));
  return names.size === 2 && names.has('key') && names.has('value');
}

/** The fields of a type by their names on the wire. */
function membersIn(type: GraphQLObjectType): readonly (readonly [wire: string, type: GraphQLOutputType])[] {
  const wires = type.extensions[wireNamesKey];
  return Object.values(type.getFields()).map((field) => {
    const wire: unknown = wires instanceof Map ? wires.get(field.name) : undefined;
    return [typeof wire === 'string' ? wire : field.name, field.type];
  });
}

const valueTypeOf = (entry: GraphQLObjectType): GraphQLOutputType =>
  membersIn(entry).find(([wire]) => wire === 'value')?.[1] ?? entry;

function leadsToMap(type: GraphQLOutputType): boolean {
  // Types may lead to themselves, by way of others.
  const seen = new Set<string>();
  const queue = [type];
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    if (holdsMap(next)) return true;
    const named = getNamedType(next);
    if (seen.has(named.name)) continue;
    seen.add(named.name);
    if (isUnionType(named)) queue.push(...named.getTypes());
    if (isObjectType(named)) queue.push(...Object.values(named.getFields()).map((field) => field.type));
  }
  return false;
}

/** A map, or a list of maps. */
function holdsMap(type: GraphQLOutputType): boolean {
  const bare = getNullableType(type);
  return isMap(bare) || (isListType(bare) && holdsMap(bare.ofType));
}

function readerOf(type: GraphQLOutputType): Read | undefined {
  const bare = getNullableType(type);
  if (!isListType(bare)) return isObjectType(bare) ? memberReader([bare]) : unionReader(bare);
  const item = entriesReader(bare.ofType);
  const read = (value: unknown) => (Array.isArray(value) && item !== undefined ? value.map(item) : value);
  const entry = getNullableType(bare.ofType);
  if (!isEntry(entry)) return read;
  const inner = entriesReader(valueTypeOf(entry));
  return (value) => {
    if (isJsonObject(value)) return entriesOf(value, inner);
    const isList = value === null || value === undefined || (Array.isArray(value) && value.every(isJsonObject));
    if (isList) return read(value);
    throw new GatewayError(
      'ERR_UPSTREAM',
      'NoETL answered with something else than the map that its document promises',
    );
  };
}

const entriesOf = (map: Readonly<Record<string, unknown>>, inner: Read | undefined): readonly unknown[] =>
  Object.entries(map).map(([key, value]) => ({ key, value: inner === undefined ? value : inner(value) }));

/** Which type a value has is decided later: a member is rewritten when every type that has it agrees. */
const unionReader = (type: GraphQLOutputType): Read | undefined =>
  isUnionType(type) ? memberReader(type.getTypes()) : undefined;

function memberReader(types: readonly GraphQLObjectType[]): Read {
  // A type may lead to itself, so that its members are looked at when the first answer comes.
  let members: ReadonlyMap<string, Read> | undefined;
  return (value) => {
    if (!isJsonObject(value)) return value;
    members ??= membersOf(types);
    const changed = [...members].flatMap(([wire, read]) =>
      Object.hasOwn(value, wire) ? [[wire, read(value[wire])] as const] : [],
    );
    return changed.length === 0 ? value : { ...value, ...Object.fromEntries(changed) };
  };
}

function membersOf(types: readonly GraphQLObjectType[]): ReadonlyMap<string, Read> {
  const found = types.flatMap((type) =>
    membersIn(type).map(([wire, member]) => ({ wire, read: entriesReader(member) })),
  );
  const byWire = Map.groupBy(found, ({ wire }) => wire);
  return new Map(
    [...byWire].flatMap(([wire, [first, ...others]]) =>
      first?.read !== undefined && others.every(({ read }) => read !== undefined) ? [[wire, first.read] as const] : [],
    ),
  );
}

/**
 * An answer's body, when it can be a value of the field's type: a list for a list, an object for an object. A page of a
 * proxy or a cut-off text with status 200 is not "nothing found".
 * @returns the body, with maps as lists of entries; NoETL's own `null`, or no body at all, stays one
 * @throws ERR_UPSTREAM
 */
export function ofDeclaredShape(type: GraphQLOutputType | undefined, body: unknown): unknown {
  if (type === undefined || body === undefined || body === null) return body;
  const declared = getNullableType(type);
  if (isLeafType(declared)) return body;
  const fits = isListType(declared)
    ? Array.isArray(body) || (isMap(declared) && isJsonObject(body))
    : isJsonObject(body);
  if (fits) return entriesReader(declared)?.(body) ?? body;
  throw new GatewayError('ERR_UPSTREAM', 'NoETL answered in a form that the gateway does not know');
}
