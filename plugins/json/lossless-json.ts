import { findLongIntegers, type LongIntegers } from './long-integers.ts';
import { ownText } from './own-text.ts';
import { findUnsafeNumbers, type UnsafeMembers } from './unsafe-numbers.ts';

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

/**
 * Parses JSON without losing digits: an integer outside ±(2^53 − 1) becomes a {@link RawNumber}. The engine's own parser
 * does the work. Only when its result contains a number beyond that range are the digits looked for in the text.
 * Of members of the same name the last one counts.
 * @throws SyntaxError as `JSON.parse` does.
 */
export function parseJson(text: string): unknown {
  const value: unknown = JSON.parse(text);
  const unsafe = findUnsafeNumbers(value);
  if (unsafe === 'none') return value;
  const digits = unsafe === 'other' ? undefined : digitsOfMembers(text, unsafe);
  return unsafe === 'other' || digits === undefined ? withDigits(text, value) : withMembers(value, unsafe, digits);
}

/** A member's number: sixteen digits in a row is the shortest integer that a double can change. */
const longMember = /"\s*:\s*(-?\d{16,})(?![\d.eE])/g;
const word = /^\w+$/;

/**
 * The digits of the members, when the text shows without doubt which belong to which; else undefined. A quote, a word, a
 * quote, a colon and digits are a member wherever they occur in valid JSON. Every match must be such a member, and the next
 * one that was found, so no match is within a text, and no name occurs twice in one object.
 */
function digitsOfMembers(text: string, { keys }: UnsafeMembers): readonly string[] | undefined {
  const digits: string[] = [];
  let known = '';
  longMember.lastIndex = 0;
  for (let match = longMember.exec(text); match !== null; match = longMember.exec(text)) {
    const key = keys[digits.length];
    if (key === undefined || (key !== known && !word.test(key))) return undefined;
    known = key;
    const start = match.index - key.length - 1;
    if (text.charCodeAt(start) !== quote || !text.startsWith(key, start + 1)) return undefined;
    digits.push(ownText(match[1] ?? ''));
  }
  return digits.length === keys.length ? digits : undefined;
}

const quote = 0x22;

function withMembers(value: unknown, { holders, keys }: UnsafeMembers, digits: readonly string[]): unknown {
  for (const [index, text] of digits.entries()) {
    const [holder, key = ''] = [holders[index], keys[index]];
    if (holder !== undefined) holder[key] = raw.rawJSON(text);
  }
  return value;
}

/** The same for every other text: walks through it and notes where each long integer is. */
function withDigits(text: string, value: unknown): unknown {
  const found = findLongIntegers(text);
  if (found === undefined) return value;
  const whole = { '': value };
  putBack(whole, found);
  return whole[''];
}

/** From the last one to the first: an earlier member of the same name is not in the value any more. */
function putBack(whole: object, found: LongIntegers): void {
  const pending: { readonly holder: unknown; readonly inside: LongIntegers }[] = [{ holder: whole, inside: found }];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { holder, inside } = next;
    if (typeof holder !== 'object' || holder === null || isRawNumber(holder)) continue;
    const members = holder as Record<string | number, unknown>;
    for (let i = inside.numbers.length - 1; i >= 0; i -= 1) putNumber(members, inside.numbers[i]);
    for (const [key, one] of inside.members) {
      if (Object.hasOwn(members, key)) pending.push({ holder: members[key], inside: one });
    }
  }
}

function putNumber(
  members: Record<string | number, unknown>,
  number: LongIntegers['numbers'][number] | undefined,
): void {
  if (number === undefined || !Object.hasOwn(members, number[0])) return;
  const [key, digits] = number;
  if (members[key] === Number(digits)) members[key] = raw.rawJSON(digits);
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
