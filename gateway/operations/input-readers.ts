import type { GraphQLScalarType } from 'graphql';
import { GraphQLDate, GraphQLDateTime, GraphQLEmailAddress, GraphQLURL, GraphQLUUID } from 'graphql-scalars';
import { isRawNumber, rawNumber } from '../../plugins/json/lossless-json.ts';

/** The value on the wire for a caller's value; undefined for one that is not of the type. */
export type ReadInput = (value: unknown) => unknown;

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
  Date: textOf(GraphQLDate),
  DateTime: textOf(GraphQLDateTime),
  EmailAddress: textOf(GraphQLEmailAddress),
  URL: textOf(GraphQLURL),
  UUID: textOf(GraphQLUUID),
};
