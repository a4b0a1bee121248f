import { GraphQLError, GraphQLScalarType, Kind, type ValueNode } from 'graphql';
import type { ObjMap } from 'graphql/jsutils/ObjMap.js';
import { GraphQLDate, GraphQLDateTime, GraphQLEmailAddress, GraphQLURL, GraphQLUUID } from 'graphql-scalars';
import { idText, isRawNumber, rawNumber, withLongIntegersAsText } from '../../plugins/json/lossless-json.ts';

/** The value on the wire for a caller's value; undefined for one that is not of the type. */
type ReadInput = (value: unknown) => unknown;

/** A text that a scalar can read is sent as the caller wrote it. */
const textOf =
  (scalar: GraphQLScalarType): ReadInput =>
  (value) => {
    if (typeof value !== 'string') return undefined;
    try {
      scalar.parseValue(value);
      return value;
    } catch {
      return undefined;
    }
  };

/** A whole number goes to NoETL as a number, whatever its length. */
const wholeNumber: ReadInput = (value) => {
  if (typeof value === 'string' && /^(?:0|-?[1-9]\d{0,39})$/.test(value)) return rawNumber(value);
  return Number.isSafeInteger(value) || isRawNumber(value) ? value : undefined;
};

const decimal: ReadInput = (value) => {
  if (typeof value === 'string')
    return /^-?\d{1,40}(?:\.\d{1,40})?(?:[eE][+-]?\d{1,3})?$/.test(value) ? value : undefined;
  return (typeof value === 'number' && Number.isFinite(value)) || isRawNumber(value) ? value : undefined;
};

/** By scalar. Every other scalar that is not built in takes any JSON. */
export const inputReaders: Readonly<Record<string, ReadInput | undefined>> = {
  BigInt: wholeNumber,
  Decimal: decimal,
  BigDecimal: decimal,
  Date: textOf(GraphQLDate),
  DateTime: textOf(GraphQLDateTime),
  EmailAddress: textOf(GraphQLEmailAddress),
  URL: textOf(GraphQLURL),
  UUID: textOf(GraphQLUUID),
};

const integer = /^-?\d+$/;
/** Digits of a 64-bit integer, with its sign. */
const longestId = 20;

/**
 * `ID` as the gateway means it: text, or an integer of up to 20 digits, which stays exact in both directions. Numbers
 * that have lost digits on their way are refused. `Int` ends at 32 bits (GraphQL specification, Int), and ids of NoETL
 * have 64.
 */
export function createIdScalar(name: string): GraphQLScalarType<string, string> {
  return new GraphQLScalarType<string, string>({
    name,
    description: 'An identifier. Always text in answers; text or an integer in arguments.',
    serialize: exactId,
    parseValue: exactId,
    parseLiteral(node) {
      if (node.kind === Kind.STRING) return node.value;
      if (node.kind === Kind.INT) return exactId(rawNumber(node.value));
      throw new GraphQLError('An ID is text or an integer.', { nodes: node });
    },
  });
}

/** How an `ID` is serialised. @throws GraphQLError */
export function exactId(value: unknown): string {
  // A double beyond 2^53 − 1 may be another id than the caller's or NoETL's.
  const lossy = typeof value === 'number' && !Number.isSafeInteger(value);
  const text = isRawNumber(value) ? digitsOfId(value) : lossy ? undefined : idText(value);
  if (text === undefined) throw new GraphQLError(`An ID is text or an exact integer of at most ${longestId} digits.`);
  return text;
}

/** The digits of an id that came as a long number, a sign before them. @returns undefined: it is no such number */
export function digitsOfId(value: unknown): string | undefined {
  if (!isRawNumber(value)) return undefined;
  const { rawJSON } = value;
  return rawJSON.length <= longestId && integer.test(rawJSON) ? rawJSON : undefined;
}

/**
 * How integers beyond ±(2^53 − 1) are written: as text, which every client reads whole, or as a number, digit for
 * digit. JSON has no limit, but parsers of browsers do (RFC 8259, section 6).
 */
export type LongIntegerForm = 'text' | 'number';

/**
 * A scalar that holds any JSON: `JSON` itself, and the generated ones that are JSON text or numbers. Literals keep the
 * digits of their integers, as variables do.
 * @param name as the schema has it; error messages name it
 */
export function createPassthroughScalar(
  name: string,
  { longIntegers = 'text', read }: PassthroughOptions = {},
): GraphQLScalarType {
  const checked = (value: unknown): unknown => {
    if (read === undefined) return value;
    const sent = read(value);
    if (sent === undefined) throw new GraphQLError(`The value is not of the type ${name}.`);
    return sent;
  };
  return new GraphQLScalarType({
    name,
    serialize: longIntegers === 'text' ? withLongIntegersAsText : asItIs,
    parseValue: checked,
    parseLiteral: (node, variables) => checked(jsonOfLiteral(node, variables)),
  });
}

/** How a scalar that holds any JSON is serialised when long integers stay numbers. */
export const asItIs = (value: unknown): unknown => value;

interface PassthroughOptions {
  readonly longIntegers?: LongIntegerForm;
  /** Default: any JSON, as it is. */
  readonly read?: ReadInput;
}

function jsonOfLiteral(node: ValueNode, variables?: ObjMap<unknown> | null): unknown {
  switch (node.kind) {
    case Kind.NULL:
      return null;
    case Kind.BOOLEAN:
    case Kind.STRING:
    // An enum literal within JSON has no type to belong to; it is taken as text.
    case Kind.ENUM:
      return node.value;
    case Kind.INT:
      return rawNumber(node.value);
    case Kind.FLOAT:
      return finite(node.value, node);
    case Kind.LIST:
      // A variable without a value is null in a list and absent in an object (GraphQL specification, Input Values).
      return node.values.map((item) => jsonOfLiteral(item, variables) ?? null);
    case Kind.VARIABLE:
      return variables?.[node.name.value];
    case Kind.OBJECT: {
      const members = node.fields.map((field) => [field.name.value, jsonOfLiteral(field.value, variables)] as const);
      return Object.fromEntries(members.filter(([, value]) => value !== undefined));
    }
  }
}

function finite(text: string, node: ValueNode): number {
  const number = Number(text);
  if (!Number.isFinite(number)) throw new GraphQLError('A number is too large.', { nodes: node });
  return number;
}
