import { asciiCharacterNamed, longestCharacterName } from './character-names.ts';

/** The value of an escape, and the index behind it. */
export interface EscapeSequence {
  readonly unit: number;
  readonly end: number;
}

/**
 * Stands for `\` with a line break, which joins two lines within a literal and ends a comment. Never twice in a row, and
 * overlooked within an escape.
 */
export const joinedLines = 0xe001;

/** How many digits follow `x`, `u` and `U`. */
const hexLengths: Readonly<Record<number, number>> = { 120: 2, 117: 4, 85: 8 };
const replacement = 0xfffd;

/**
 * Reads `x`, `u`, `U` or `N` and what follows it, at the index behind a backslash.
 * Characters beyond U+FFFF and names of characters beyond ASCII become U+FFFD.
 * @returns undefined for any other letter and for an incomplete escape.
 * @see Python language reference, "Escape sequences"; RFC 8259 section 7
 */
export function characterEscape(units: Uint16Array, start: number): EscapeSequence | undefined {
  const first = units[start] ?? 0;
  if (first === 0x4e) return namedEscape(units, start + 1);
  const length = hexLengths[first];
  if (length === undefined) return undefined;
  let point = 0;
  let at = start + 1;
  for (let i = 0; i < length; i += 1) {
    at = pastJoin(units, at);
    const digit = hexDigit(units[at] ?? 0);
    if (digit < 0) return undefined;
    point = point * 16 + digit;
    at += 1;
  }
  return { unit: point > 0xffff ? replacement : point, end: at };
}

/** @param unit a UTF-16 code unit */
export const isOctalDigit = (unit: number): boolean => unit >= 0x30 && unit <= 0x37;

/** The index of the next character that is not {@link joinedLines}. */
export const pastJoin = (units: Uint16Array, at: number): number => (units[at] === joinedLines ? at + 1 : at);

function hexDigit(unit: number): number {
  if (unit >= 0x30 && unit <= 0x39) return unit - 0x30;
  const letter = unit | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}

function namedEscape(units: Uint16Array, start: number): EscapeSequence | undefined {
  if (units[start] !== 0x7b) return undefined;
  let name = '';
  let at = pastJoin(units, start + 1);
  while (isPartOfName(units[at] ?? 0) && name.length <= longestCharacterName) {
    name += String.fromCharCode(units[at] ?? 0);
    at = pastJoin(units, at + 1);
  }
  if (units[at] !== 0x7d) return undefined;
  return { unit: asciiCharacterNamed(name) ?? replacement, end: at + 1 };
}

function isPartOfName(unit: number): boolean {
  const letter = unit | 0x20;
  return (letter >= 0x61 && letter <= 0x7a) || unit === 0x20 || unit === 0x2d;
}
