import {
  type DocumentNode,
  defaultFieldResolver,
  type FieldDefinitionNode,
  type GraphQLEnumType,
  type GraphQLField,
  type GraphQLFieldResolver,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isEnumType,
  isNonNullType,
  isObjectType,
  Kind,
} from 'graphql';
import { GatewayError } from '../../plugins/errors.ts';
import { isRawNumber } from '../../plugins/json/lossless-json.ts';
import { isJsonObject } from '../../plugins/noetl/json-object.ts';
import type { Discriminators } from './discriminators.ts';

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
export const wireNamesKey = 'wireNames';

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
