import { findLongIntegers, type LongIntegers } from './long-integers.ts';

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

/** Sixteen digits in a row is the shortest integer that a double can change. */
const mayHoldLongInteger = /(?:^|[:,[])\s*-?\d{16}/;
const integer = /^-?\d+$/;

/**
 * Parses JSON without losing digits: an integer outside ±(2^53 − 1) becomes a {@link RawNumber}. The engine's own parser
 * does the work; where sixteen digits in a row occur, a scan of the text finds the integers that are put back exactly.
 * Of members of the same name the last one counts.
 * @throws SyntaxError as `JSON.parse` does.
 */
export function parseJson(text: string): unknown {
  const value: unknown = JSON.parse(text);
  if (!mayHoldLongInteger.test(text)) return value;
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

export const isRawNumber = (value: unknown): value is RawNumber => raw.isRawJSON(value);

/** Ids come as text or as numbers of any length; both become text. @returns undefined for anything else. */
export function idText(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' && Number.isInteger(value)) return String(value);
  return isRawNumber(value) ? value.rawJSON : undefined;
}
