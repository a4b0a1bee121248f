import {
  type GraphQLObjectType,
  type GraphQLOutputType,
  getNamedType,
  getNullableType,
  isListType,
  isObjectType,
  isUnionType,
} from 'graphql';
import { GatewayError } from '../../plugins/errors.ts';
import { isJsonObject } from '../../plugins/noetl/json-object.ts';
import { wireNamesKey } from './outputs.ts';

type Read = (value: unknown) => unknown;

/**
 * GraphQL has no maps: the schema has a list of entries, `key` and `value`, where NoETL's document has an object with
 * any names (`additionalProperties` with a schema).
 * @returns a function that rewrites an answer of the type so, and throws ERR_UPSTREAM for a value that is not a map; undefined when the type
 * leads to no map, as most do: their answers are not walked
 */
export function entriesReader(type: GraphQLOutputType): Read | undefined {
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
export function isMap(type: GraphQLOutputType): boolean {
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
