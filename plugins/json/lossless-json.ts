import { randomBytes } from 'node:crypto';
import { StringDecoder } from 'node:string_decoder';

/** A number kept as it was written; `JSON.stringify` writes it back digit for digit. */
export interface RawNumber {
  readonly rawJSON: string;
}

interface RawJson {
  rawJSON(text: string): RawNumber;
  isRawJSON(value: unknown): value is RawNumber;
}

// Node 22+ has both; the compiler's library does not know them yet.
const raw = JSON as unknown as RawJson;

const integer = /^-?\d+$/;
/** Sixteen digits in a row are the shortest integer that a double can change. Without one of these the engine's parser is enough. */
const longInteger = /(?:^|[:,[])[ \t\n\r]*-?\d{16,}(?![\d.eE])/;
/** A text, which is passed over, or a long integer. */
const textOrInteger = /"[^"\\]*(?:\\.[^"\\]*)*"|(?<![\d.eE+-])-?\d{16,}(?![\d.eE])/g;
/** Begins texts that are put in the place of long integers. No caller knows it, so that no other text begins with it. */
const tag = randomBytes(12).toString('base64url');

/**
 * Parses JSON without losing digits: an integer outside ±(2^53 − 1) becomes a {@link RawNumber}. Such integers become texts before the engine
 * parses, and numbers again in its result: a reviver of `JSON.parse` takes up to twelve times as long. Of members of the same name the last one counts.
 * @throws SyntaxError as `JSON.parse` does.
 */
export function parseJson(text: string): unknown {
  if (!longInteger.test(text)) return JSON.parse(text);
  const whole = { '': parsedAs(tagged(text), text) };
  restore(whole);
  return whole[''];
}

/** The error of a text is that of the original, which does not show the tag. */
function parsedAs(text: string, original: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return JSON.parse(original);
  }
}

function tagged(text: string): string {
  let written = '';
  let from = 0;
  for (const { 0: found, index } of text.matchAll(textOrInteger)) {
    if (found.startsWith('"') || Number.isSafeInteger(Number(found))) continue;
    written += `${text.slice(from, index)}"${tag}${found}"`;
    from = index + found.length;
  }
  return written + text.slice(from);
}

/** Walks without recursion, since the engine's parser has none either. */
function restore(whole: object): void {
  const pending = [whole as Record<string, unknown>];
  for (let holder = pending.pop(); holder !== undefined; holder = pending.pop()) {
    for (const key of Object.keys(holder)) {
      const value = holder[key];
      if (typeof value === 'object' && value !== null) pending.push(value as Record<string, unknown>);
      else if (typeof value === 'string' && value.startsWith(tag)) holder[key] = rawNumber(value.slice(tag.length));
    }
  }
}

/** Digits as an exact JSON number; for integer literals of a GraphQL document, which have no leading zeros. */
export function rawNumber(digits: string): number | RawNumber {
  const number = Number(digits);
  return Number.isSafeInteger(number) || !integer.test(digits) ? number : raw.rawJSON(digits);
}

/** Whether a value is a number whose digits were kept. */
export const isRawNumber = (value: unknown): value is RawNumber => raw.isRawJSON(value);

/** Ids come as text or as numbers of any length; both become text. @returns undefined for anything else. */
export function idText(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' && Number.isInteger(value)) return String(value);
  return isRawNumber(value) ? value.rawJSON : undefined;
}

/**
 * What is decoded at a time. A text of about a megabyte and more that is decoded at once is kept outside of V8's heap, where it
 * does not count for when garbage is collected: texts of large answers piled up to hundreds of megabytes.
 */
const sliceBytes = 512 * 1024;

/**
 * The text of bytes that came in pieces, in V8's heap.
 * @throws RangeError when it is longer than a text can be
 */
export function textOfBytes(pieces: readonly Buffer[], encoding: 'utf8' | 'base64' = 'utf8'): string {
  const sizeBytes = pieces.reduce((sum, { length }) => sum + length, 0);
  if (sizeBytes <= sliceBytes) {
    const [only] = pieces;
    // Most answers come in one piece, which need not be copied.
    return (pieces.length === 1 && only ? only : Buffer.concat(pieces, sizeBytes)).toString(encoding);
  }
  const decoder = new StringDecoder(encoding);
  let text = '';
  for (const piece of pieces) {
    for (let at = 0; at < piece.length; at += sliceBytes) text += decoder.write(piece.subarray(at, at + sliceBytes));
  }
  return text + decoder.end();
}

/** Sets a member under any name: an assignment to `__proto__` would not create a member. */
export function setMember<Value>(target: Record<string, Value>, name: string, value: Value): void {
  if (name === '__proto__') {
    Object.defineProperty(target, name, { value, enumerable: true, writable: true, configurable: true });
  } else {
    target[name] = value;
  }
}

/**
 * A parsed value in which integers that a double would change are text. Values without one are the same objects; others are
 * copied along the way to it.
 */
export function withLongIntegersAsText(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (isRawNumber(value)) return value.rawJSON;
  return Array.isArray(value) ? listOf(value) : objectOf(value as Readonly<Record<string, unknown>>);
}

function listOf(list: readonly unknown[]): readonly unknown[] {
  let copy: unknown[] | undefined;
  for (let index = 0; index < list.length; index += 1) {
    const item = withLongIntegersAsText(list[index]);
    if (item === list[index]) continue;
    copy ??= [...list];
    copy[index] = item;
  }
  return copy ?? list;
}

function objectOf(object: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  let copy: Record<string, unknown> | undefined;
  for (const key of Object.keys(object)) {
    const member = withLongIntegersAsText(object[key]);
    if (member === object[key]) continue;
    copy ??= { ...object };
    // A member may be called `__proto__`.
    Object.defineProperty(copy, key, { value: member, enumerable: true, writable: true, configurable: true });
  }
  return copy ?? object;
}

/**
 * Whether a `Content-Type` is JSON, with or without parameters. Nothing else counts: another site can send a form or
 * plain text with a caller's cookie, without a preflight.
 */
export function isJsonMediaType(contentType: string | null | undefined): boolean {
  return contentType?.split(';', 1)[0]?.trim().toLowerCase() === 'application/json';
}
