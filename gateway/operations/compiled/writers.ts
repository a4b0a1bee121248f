import {
  GraphQLBoolean,
  GraphQLFloat,
  GraphQLInt,
  type GraphQLLeafType,
  type GraphQLOutputType,
  GraphQLString,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
} from 'graphql';
import { withLongIntegersAsText } from '../../../plugins/json/long-integer-text.ts';
import { isRawNumber } from '../../../plugins/json/lossless-json.ts';
import type { JsonObject } from '../../../plugins/noetl/json-object.ts';
import { asItIs, digitsOfId, exactId } from '../scalars.ts';
import type { Draft, Write } from './draft.ts';
import { writeAscii, writeCharacter, writeJson, writeText } from './scratch.ts';

/** Writes a selected member of an object, with its name. */
export type WriteMember = (source: JsonObject, draft: Draft) => void;

/**
 * How values of a type are written, as the executor completes them (GraphQL specification, Value Completion).
 * @param members how the selection of the object type in it is written; undefined for leaf types
 * @returns undefined for types that are not compiled
 */
export function writerOf(type: GraphQLOutputType, members: readonly WriteMember[] | undefined): Write | undefined {
  if (isNonNullType(type)) return writerOfNullable(type.ofType, members, false);
  return writerOfNullable(type, members, true);
}

function writerOfNullable(
  type: GraphQLOutputType,
  members: readonly WriteMember[] | undefined,
  isNullable: boolean,
): Write | undefined {
  if (isLeafType(type)) return leafWriter(type, isNullable);
  if (isListType(type)) {
    const item = writerOf(type.ofType, members);
    return item && listWriter(item, isNullable);
  }
  return isObjectType(type) && members !== undefined ? objectWriter(members, isNullable) : undefined;
}

function objectWriter(members: readonly WriteMember[], isNullable: boolean): Write {
  const write: Write = (value, draft) => {
    if (isPlainObject(value)) {
      writeCharacter(openBrace);
      for (const member of members) member(value, draft);
      writeCharacter(closeBrace);
    } else writeUnusual(value, draft, isNullable, write);
  };
  return write;
}

function listWriter(item: Write, isNullable: boolean): Write {
  const write: Write = (value, draft) => {
    if (!Array.isArray(value)) return writeUnusual(value, draft, isNullable, write);
    writeCharacter(openBracket);
    for (let index = 0; index < value.length; index += 1) {
      // The bytes are of no use any more, so the rest of a long list is not written.
      if (draft.run.isOdd) return;
      if (index > 0) writeCharacter(comma);
      item(value[index], draft);
    }
    writeCharacter(closeBracket);
  };
  return write;
}

/** Null and promises are the same for all types; everything else here is for the stock executor. */
function writeUnusual(value: unknown, draft: Draft, isNullable: boolean, write: Write): void {
  if (isPromise(value)) draft.later(value, write);
  else if (isNullable && (value === null || value === undefined)) writeAscii('null');
  else draft.run.isOdd = true;
}

function leafWriter(type: GraphQLLeafType, isNullable: boolean): Write {
  const writePlain = plainWriters.get(type.serialize);
  const write: Write = (value, draft) => {
    // Most values need no more than this: no serialised copy, and no text made by the engine.
    if (writePlain?.(value) === true) return;
    if (value === null || value === undefined || isPromise(value)) {
      return writeUnusual(value, draft, isNullable, write);
    }
    const text = textOfLeaf(value, type);
    if (text === undefined) draft.run.isOdd = true;
    else writeJson(text);
  };
  return write;
}

/** @returns undefined: it does not serialise, which is an error of the field that the stock executor words */
function textOfLeaf(value: unknown, type: GraphQLLeafType): string | undefined {
  const serialized: unknown = value instanceof Error ? undefined : type.serialize(value);
  return serialized === null || serialized === undefined ? undefined : JSON.stringify(serialized);
}

/** Writes a value that serialises to itself. @returns false for every other value; nothing is written then */
type WritePlain = (value: unknown) => boolean;

const writeString: WritePlain = (value) => {
  if (typeof value !== 'string') return false;
  writeText(value);
  return true;
};

/** Servers send ids as text, or as long numbers, whose digits then become a text. */
const writeId: WritePlain = (value) => {
  if (typeof value === 'string') return writeString(value);
  const digits = digitsOfId(value);
  if (digits === undefined) return false;
  writeAscii('"');
  writeAscii(digits);
  writeAscii('"');
  return true;
};

const writeInt: WritePlain = (value) => {
  if (typeof value !== 'number' || value !== (value | 0)) return false;
  writeAscii(`${value}`);
  return true;
};

const writeNumber: WritePlain = (value) => {
  if (typeof value !== 'number' || !Number.isFinite(value)) return false;
  writeAscii(`${value}`);
  return true;
};

const writeBoolean: WritePlain = (value) => {
  if (typeof value !== 'boolean') return false;
  writeAscii(`${value}`);
  return true;
};

const writeAny: WritePlain = (value) => writeString(value) || writeNumber(value) || writeBoolean(value);

/**
 * By the function that serialises values of a scalar: its identity is the behaviour, under any name of the scalar. A
 * custom `serialize` has no entry, and its values take the long way.
 */
const plainWriters: ReadonlyMap<unknown, WritePlain> = new Map<unknown, WritePlain>([
  [GraphQLString.serialize, writeString],
  [GraphQLInt.serialize, writeInt],
  [GraphQLFloat.serialize, writeNumber],
  [GraphQLBoolean.serialize, writeBoolean],
  [exactId, writeId],
  [withLongIntegersAsText, writeAny],
  [asItIs, writeAny],
]);

const [openBrace, closeBrace, openBracket, closeBracket, comma] = [0x7b, 0x7d, 0x5b, 0x5d, 0x2c] as const;

/** Objects as a parser makes them, and as views of executions are. */
function isPlainObject(value: unknown): value is JsonObject {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const { rawJSON, then: next } = value as { readonly rawJSON?: unknown; readonly then?: unknown };
  // Only the engine knows whether it is a raw number; a member of that name alone may be in any answer.
  if (rawJSON !== undefined && isRawNumber(value)) return false;
  return typeof next !== 'function' && !(value instanceof Error);
}

const isPromise = (value: unknown): value is PromiseLike<unknown> =>
  typeof value === 'object' && value !== null && typeof (value as { readonly then?: unknown }).then === 'function';
