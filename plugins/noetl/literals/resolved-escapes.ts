import { characterEscape, type EscapeSequence, isOctalDigit, joinedLines, pastJoin } from './escape-sequences.ts';

const backslash = 0x5c;

/** Stands for a line break that an escape made: in a comment it may end the line or may not. */
export const escapedLineBreak = 0xe000;

/**
 * The text with every escape of JSON and Python resolved, however many times it was escaped: a result may be part of the
 * next escape, and any run of backslashes before an escape counts as one. Reads from the right, so that the text behind
 * a backslash is already resolved. Takes time in proportion to the text.
 */
export function resolvedEscapes(text: string): Uint16Array {
  const units = new Uint16Array(text.length);
  let head = text.length;
  let behindResolved = false;

  const put = (unit: number, isResolved: boolean) => {
    head -= 1;
    units[head] = unit;
    behindResolved = isResolved;
  };
  const putBackslash = () => {
    if (behindResolved && units[head] !== escapedLineBreak) return;
    const { unit, end } = innermostEscape(units, head);
    head = end;
    // Two in a row mean what one of them means.
    const repeats = head < text.length && units[head] === unit && (unit === backslash || unit === joinedLines);
    if (!repeats) put(unit, unit !== backslash);
  };
  for (let at = text.length - 1; at >= 0; at -= 1) {
    const unit = text.charCodeAt(at);
    if (unit === backslash) putBackslash();
    else put(unit, false);
  }
  return units.subarray(head);
}

/** The escape behind a backslash at `start`; an escape that results in a backslash is read on. Without an escape, the backslash itself. */
function innermostEscape(units: Uint16Array, start: number): EscapeSequence {
  let end = start;
  for (;;) {
    const found = escapeAt(units, end);
    if (found === undefined) return { unit: backslash, end };
    if (found.unit !== backslash) return found;
    end = found.end;
  }
}

/** Characters that decide whether NoETL evaluates a text: marks, quotes, the backslash and the line break. */
const telling = new Set([0x7b, 0x25, 0x23, 0x22, 0x27, backslash, 0x0a, 0x0d]);

/** What `n`, `r`, `t` and `f` mean here. */
const shortEscapes: Readonly<Record<number, number>> = {
  110: escapedLineBreak,
  114: escapedLineBreak,
  116: 0x20,
  102: 0x20,
};

/** The escape whose backslash would precede `start`. */
function escapeAt(units: Uint16Array, start: number): EscapeSequence | undefined {
  const first = units[start] ?? 0;
  if (isLineBreak(first)) return lineJoin(units, start);
  if (isOctalDigit(first)) return octalEscape(units, start);
  const short = shortEscapes[first];
  if (short !== undefined) return { unit: short, end: start + 1 };
  const found = characterEscape(units, start);
  return found === undefined ? undefined : { unit: meant(found.unit), end: found.end };
}

const isLineBreak = (unit: number) => unit === 0x0a || unit === 0x0d || unit === escapedLineBreak;

function lineJoin(units: Uint16Array, start: number): EscapeSequence {
  const isPair = units[start] !== 0x0a && (units[start + 1] === 0x0a || units[start + 1] === escapedLineBreak);
  return { unit: joinedLines, end: start + (isPair ? 2 : 1) };
}

/** One to three digits. Digits behind it may have been made by other escapes, so the longest telling reading counts. */
function octalEscape(units: Uint16Array, start: number): EscapeSequence {
  let value = 0;
  let at = start;
  let found: EscapeSequence | undefined;
  for (let i = 0; i < 3; i += 1) {
    const next = pastJoin(units, at);
    const unit = units[next] ?? 0;
    if (!isOctalDigit(unit)) break;
    at = next + 1;
    value = (value * 8 + unit - 0x30) & 0xff;
    if (telling.has(value)) found = { unit: meant(value), end: at };
  }
  return found ?? { unit: value, end: at };
}

const meant = (unit: number) => (unit === 0x0a || unit === 0x0d ? escapedLineBreak : unit);
