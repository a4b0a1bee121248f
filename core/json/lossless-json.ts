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
 * Parses JSON without losing digits: an integer outside ±(2^53 − 1) becomes a {@link RawNumber}.
 * Text without a run of sixteen digits takes the engine's fast path.
 * @throws SyntaxError as `JSON.parse` does.
 */
export function parseJson(text: string): unknown {
  if (!mayHoldLongInteger.test(text)) return JSON.parse(text);
  return JSON.parse(text, keepLongInteger as Parameters<typeof JSON.parse>[1]);
}

/** `node` as an exact JSON number; for integer literals of a GraphQL document. */
export function rawNumber(digits: string): number | RawNumber {
  const number = Number(digits);
  return Number.isSafeInteger(number) || !integer.test(digits) ? number : raw.rawJSON(BigInt(digits).toString());
}

export const isRawNumber = (value: unknown): value is RawNumber => raw.isRawJSON(value);

/** Ids come as text or as numbers of any length; both become text. @returns undefined for anything else. */
export function idText(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' && Number.isInteger(value)) return String(value);
  return isRawNumber(value) ? value.rawJSON : undefined;
}

function keepLongInteger(_key: string, value: unknown, context: { source?: string }): unknown {
  const source = context.source;
  return typeof value === 'number' && source !== undefined && !Number.isSafeInteger(value) && integer.test(source)
    ? raw.rawJSON(source)
    : value;
}
