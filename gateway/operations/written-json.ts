import {
  type ExecutionArgs,
  type FieldNode,
  GraphQLBoolean,
  type GraphQLField,
  GraphQLFloat,
  GraphQLInt,
  type GraphQLLeafType,
  type GraphQLOutputType,
  GraphQLString,
  getArgumentValues,
  getVariableValues,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  type OperationDefinitionNode,
} from 'graphql';
import { isRawNumber, withLongIntegersAsText } from '../../plugins/json/lossless-json.ts';
import type { JsonObject } from '../../plugins/noetl/json-object.ts';
import { asItIs, digitsOfId, exactId } from './scalars.ts';

/**
 * Memory that texts of JSON are written into, byte by byte: strings that are put together piece by piece cost an object
 * for each piece. Only one text is written at a time: between {@link begin} and {@link taken} nothing waits.
 */
const initialBytes = 64 * 1024;
const maxCopiedBytes = 1024 * 1024;
/** From this length on the engine's own writer is faster. */
const longText = 512;

const quote = 0x22;
const backslash = 0x5c;

/** By character: 0 is written as it is, 1 is left to the engine, all others are written after a backslash. */
const escapes = new Uint8Array(128).fill(1, 0, 0x20);
for (const [character, letter] of ['\bb', '\tt', '\nn', '\ff', '\rr', '""', '\\\\']) {
  escapes[(character ?? '').charCodeAt(0)] = (letter ?? '').charCodeAt(0);
}

let memory = Buffer.allocUnsafeSlow(initialBytes);
let at = 0;

/** Starts a text. One that was not taken is dropped. */
function begin(): void {
  at = 0;
}

/** Bytes that have been written since {@link begin}. */
const writtenBytes = (): number => at;

/** What has been written since {@link begin}, as a text. */
function takenText(): string {
  const text = memory.toString('utf8', 0, at);
  at = 0;
  return text;
}

/** What has been written since {@link begin}, in memory of its own. */
function taken(): Buffer {
  const bytes = at > maxCopiedBytes ? memory.subarray(0, at) : copied();
  at = 0;
  // Of a large text the memory itself is given away: a copy would take as much again.
  if (memory.length > maxCopiedBytes) memory = Buffer.allocUnsafeSlow(initialBytes);
  return bytes;
}

function copied(): Buffer {
  const bytes = Buffer.allocUnsafe(at);
  memory.copy(bytes, 0, 0, at);
  return bytes;
}

/**
 * Makes room for so many bytes more. The memory is doubled, so that a text which grows piece by piece is not copied for
 * each piece.
 */
function reserve(bytes: number): void {
  if (at + bytes <= memory.length) return;
  const larger = Buffer.allocUnsafeSlow(Math.max(memory.length * 2, at + bytes));
  memory.copy(larger, 0, 0, at);
  memory = larger;
}

/** @param character ASCII */
function writeCharacter(character: number): void {
  reserve(1);
  memory[at] = character;
  at += 1;
}

/** @param bytes of UTF-8, copied */
export function writeBytes(bytes: Uint8Array): void {
  reserve(bytes.length);
  memory.set(bytes, at);
  at += bytes.length;
}

/** Writes JSON that is text already, for example of a number. */
function writeJson(json: string): void {
  // A character is at most three bytes of UTF-8; those outside of the first plane are two. Of a large text the bytes
  // are counted.
  reserve(json.length < initialBytes ? 3 * json.length : Buffer.byteLength(json) + initialBytes);
  at += memory.write(json, at, 'utf8');
}

/** Writes a short text of ASCII only. */
function writeAscii(text: string): void {
  reserve(text.length);
  for (let index = 0; index < text.length; index += 1) memory[at + index] = text.charCodeAt(index);
  at += text.length;
}

/** Writes a text as JSON does, byte for byte. */
export function writeText(text: string): void {
  if (text.length > longText || !writeShortText(text)) writeJson(JSON.stringify(text));
}

/** @returns false when the text has a character that takes more than a backslash; nothing is written then */
function writeShortText(text: string): boolean {
  reserve(2 * text.length + 2);
  const bytes = memory;
  let end = at;
  bytes[end++] = quote;
  for (let index = 0; index < text.length; index += 1) {
    const character = text.charCodeAt(index);
    const after = character < 128 ? escapes[character] : 1;
    if (after === 0) {
      bytes[end++] = character;
      continue;
    }
    if (after === 1 || after === undefined) return false;
    bytes[end++] = backslash;
    bytes[end++] = after;
  }
  bytes[end++] = quote;
  at = end;
  return true;
}

/** Writes a value to the scratch memory, after what is there. */
export type Write = (value: unknown, draft: Draft) => void;

/** The operation that is run, and what with. */
export interface OperationArgs extends Pick<ExecutionArgs, 'schema' | 'contextValue' | 'variableValues'> {
  readonly operation: OperationDefinitionNode;
}

/** The state that one run of a compiled operation shares. */
export class OperationRun {
  /** Whether something came up that plain writing does not cover. The stock executor has to answer then. */
  needsGraphqlJs = false;
  readonly #operation: OperationArgs;
  #variables: Readonly<Record<string, unknown>> | undefined;
  #args: Map<FieldNode, Readonly<Record<string, unknown>>> | undefined;

  constructor(operation: OperationArgs) {
    this.#operation = operation;
  }

  /** The arguments of a field, coerced once for all items of a list. @throws GraphQLError */
  argsOf(field: GraphQLField<unknown, unknown>, node: FieldNode): Readonly<Record<string, unknown>> {
    this.#args ??= new Map();
    const known = this.#args.get(node);
    if (known !== undefined) return known;
    this.#variables ??= coercedVariables(this.#operation);
    const args = getArgumentValues(field, node, this.#variables);
    this.#args.set(node, args);
    return args;
  }
}

function coercedVariables({ schema, operation, variableValues }: OperationArgs): Readonly<Record<string, unknown>> {
  const { coerced, errors } = getVariableValues(schema, operation.variableDefinitions ?? [], variableValues ?? {});
  if (errors !== undefined) throw errors[0];
  return coerced;
}

/** JSON that was written: one short text, or bytes of UTF-8 in pieces. */
export type WrittenJson =
  | { readonly text: string; readonly sizeBytes: number }
  | { readonly pieces: readonly Buffer[] };

/** A text below this leaves in one write with its headers; of a longer one the bytes are not copied again. */
const shortBytes = 4 * 1024;
const nothing = Buffer.alloc(0);

/** JSON, in UTF-8, while it is written. Values that are promises leave a gap, which is a draft too. */
export class Draft {
  readonly run: OperationRun;
  readonly #parts: (Buffer | string | Draft)[] = [];
  /** Of the first part, where it is a text. */
  #textBytes = 0;
  #waiting: Promise<void>[] | undefined;

  constructor(run: OperationRun) {
    this.run = run;
  }

  /** Writes a value at the end, after a piece of JSON, without a pause. What throws leaves the run to graphql-js. */
  append(value: unknown, write: Write, before: Uint8Array = nothing): void {
    begin();
    try {
      writeBytes(before);
      // A throw leaves half a value in the scratch memory; such a run never uses it.
      write(value, this);
    } catch {
      this.run.needsGraphqlJs = true;
    }
    this.#parts.push(this.#takeText() ?? taken());
  }

  /** Most answers are one short text, which needs no bytes of its own. */
  #takeText(): string | undefined {
    const sizeBytes = writtenBytes();
    if (this.#parts.length > 0 || sizeBytes >= shortBytes) return undefined;
    this.#textBytes = sizeBytes;
    return takenText();
  }

  /** Within {@link append}: leaves a gap that is filled when the value is there. */
  later(value: PromiseLike<unknown>, write: Write): void {
    this.#leaveGap((gap) => gap.#fill(value, write));
  }

  /** The same for a value that comes as JSON, which is not copied. */
  laterJson(json: Promise<Buffer>): void {
    this.#leaveGap((gap) => gap.#fillWith(json));
  }

  #leaveGap(fill: (gap: Draft) => Promise<void>): void {
    // What is written so far must leave the scratch memory now: other runs write to it before the value comes.
    const gap = new Draft(this.run);
    this.#parts.push(taken(), gap);
    this.#waiting ??= [];
    this.#waiting.push(fill(gap));
  }

  async #fillWith(json: Promise<Buffer>): Promise<void> {
    try {
      this.#parts.push(await json);
    } catch {
      this.run.needsGraphqlJs = true;
    }
  }

  async #fill(value: PromiseLike<unknown>, write: Write): Promise<void> {
    try {
      this.append(await value, write);
    } catch {
      this.run.needsGraphqlJs = true;
    }
    // The value may have left gaps itself; what waits for this gap waits for those, too.
    if (this.#waiting !== undefined) await Promise.all(this.#waiting);
  }

  /** Waits until there is no gap any more. Never rejects. @returns undefined: there is no gap now */
  filled(): Promise<unknown> | undefined {
    return this.#waiting && Promise.all(this.#waiting);
  }

  /**
   * All that is written, one after another. To be called when it is {@link filled}.
   * @param end ASCII, put after it
   */
  json(end: string): WrittenJson {
    const [first] = this.#parts;
    if (typeof first === 'string' && this.#parts.length === 1) {
      return { text: `${first}${end}`, sizeBytes: this.#textBytes + end.length };
    }
    const pieces = [...this.#pieces(), Buffer.from(end)];
    const sizeBytes = pieces.reduce((sum, { length }) => sum + length, 0);
    return sizeBytes < shortBytes ? { text: Buffer.concat(pieces, sizeBytes).toString(), sizeBytes } : { pieces };
  }

  #pieces(): readonly Buffer[] {
    return this.#parts.flatMap((part) => {
      if (part instanceof Draft) return part.#pieces();
      return [typeof part === 'string' ? Buffer.from(part) : part];
    });
  }
}

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
    } else writeOther(value, draft, isNullable, write);
  };
  return write;
}

function listWriter(item: Write, isNullable: boolean): Write {
  const write: Write = (value, draft) => {
    if (!Array.isArray(value)) return writeOther(value, draft, isNullable, write);
    writeCharacter(openBracket);
    for (let index = 0; index < value.length; index += 1) {
      // The bytes are of no use any more, so the rest of a long list is not written.
      if (draft.run.needsGraphqlJs) return;
      if (index > 0) writeCharacter(comma);
      item(value[index], draft);
    }
    writeCharacter(closeBracket);
  };
  return write;
}

/** Null and promises are the same for all types; everything else here is for the stock executor. */
function writeOther(value: unknown, draft: Draft, isNullable: boolean, write: Write): void {
  if (isPromise(value)) draft.later(value, write);
  else if (isNullable && (value === null || value === undefined)) writeAscii('null');
  else draft.run.needsGraphqlJs = true;
}

function leafWriter(type: GraphQLLeafType, isNullable: boolean): Write {
  const writePlain = plainWriters.get(type.serialize);
  const write: Write = (value, draft) => {
    // Most values need no more than this: no serialised copy, and no text made by the engine.
    if (writePlain?.(value) === true) return;
    if (value === null || value === undefined || isPromise(value)) {
      return writeOther(value, draft, isNullable, write);
    }
    const text = textOfLeaf(value, type);
    if (text === undefined) draft.run.needsGraphqlJs = true;
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
