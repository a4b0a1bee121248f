import { characterEscape, type EscapeSequence, isOctalDigit } from './escape-sequences.ts';

const backslash = 0x5c;
const brace = 0x7b;

/** One pass over a source. Texts are written one behind the other; they are never longer than the source. */
interface Reading {
  readonly source: Uint16Array;
  at: number;
  readonly written: Uint16Array;
  size: number;
}

/**
 * Reads a text as `ast.literal_eval` reads it: containers, numbers and names around string and bytes literals, comments,
 * and `\` before a line break. JSON is read by the same rules, because each JSON text is a Python literal in this sense.
 * The order of brackets, commas and names is not checked. So it reads more than Python does, and never less.
 * @returns the texts of its string and bytes literals, literals side by side joined, those left out that have neither `{`
 * nor `\`; undefined when it is not a literal.
 * @see Python language reference, "Lexical analysis"; Python library reference, `ast.literal_eval`
 */
export function textsOfLiteral(source: Uint16Array): readonly Uint16Array[] | undefined {
  const reading: Reading = { source, at: 0, written: new Uint16Array(source.length), size: 0 };
  const texts: Uint16Array[] = [];
  let start = 0;
  const finish = () => {
    if (holdsAny(reading, start)) texts.push(reading.written.subarray(start, reading.size));
    start = reading.size;
  };
  for (;;) {
    skipGap(reading);
    const unit = source[reading.at];
    if (unit === undefined) break;
    const quote = quoteAfterPrefix(source, reading.at);
    if (quote >= 0) {
      if (!readLiteral(reading, quote)) return undefined;
    } else {
      if (!isOther(unit)) return undefined;
      finish();
      reading.at += 1;
    }
  }
  finish();
  return texts;
}

function holdsAny({ written, size }: Reading, start: number): boolean {
  for (let at = start; at < size; at += 1) if (written[at] === brace || written[at] === backslash) return true;
  return false;
}

/** Blanks, line breaks, comments and `\` before a line break: all that is allowed between two literals that are joined. */
function skipGap(reading: Reading): void {
  const { source } = reading;
  for (; reading.at < source.length; reading.at += 1) {
    const unit = source[reading.at] ?? 0;
    if (unit === 0x23) skipComment(reading);
    else if (unit === backslash && isLineBreak(source[reading.at + 1])) reading.at += 1;
    else if (!isBlank(unit)) return;
  }
}

/** Ends at the last character of the line. */
function skipComment(reading: Reading): void {
  const { source } = reading;
  while (reading.at + 1 < source.length && !isLineBreak(source[reading.at + 1])) reading.at += 1;
}

const isLineBreak = (unit: number | undefined) => unit === 0x0a || unit === 0x0d;

/** Python refuses a source with NUL. The guard does not rely on that. */
const isBlank = (unit: number) => unit === 0x20 || (unit >= 0x09 && unit <= 0x0d && unit !== 0x0b) || unit === 0;

const others = new Set([...'[](){},:+-._'].map((character) => character.charCodeAt(0)));

/** A bracket, a comma, a sign, or a character of a number or a name. */
function isOther(unit: number): boolean {
  if (unit >= 0x80) return true;
  const letter = unit | 0x20;
  return (letter >= 0x61 && letter <= 0x7a) || (unit >= 0x30 && unit <= 0x39) || others.has(unit);
}

const isQuote = (unit: number | undefined) => unit === 0x22 || unit === 0x27;
const prefixes = new Set([...'bfrtuBFRTU'].map((letter) => letter.charCodeAt(0)));

/** The index of the quote that opens a literal here, behind a prefix of up to two letters; -1 without one. */
function quoteAfterPrefix(source: Uint16Array, start: number): number {
  let at = start;
  while (at < start + 2 && prefixes.has(source[at] ?? 0)) at += 1;
  return isQuote(source[at]) ? at : -1;
}

/** How a literal is written: its quote, how many of them (1 or 3), and whether backslashes mean nothing in it. */
interface LiteralForm {
  readonly quote: number;
  readonly length: number;
  readonly isRaw: boolean;
}

function formOf(source: Uint16Array, start: number, quoteAt: number): LiteralForm {
  const quote = source[quoteAt] ?? 0;
  const isTriple = source[quoteAt + 1] === quote && source[quoteAt + 2] === quote;
  let isRaw = false;
  for (let at = start; at < quoteAt; at += 1) isRaw ||= ((source[at] ?? 0) | 0x20) === 0x72;
  return { quote, length: isTriple ? 3 : 1, isRaw };
}

/** @returns false when the literal is not closed, or holds a line break that its quotes do not allow. */
function readLiteral(reading: Reading, quoteAt: number): boolean {
  const { source } = reading;
  const form = formOf(source, reading.at, quoteAt);
  reading.at = quoteAt + form.length;
  while (reading.at < source.length) {
    const unit = source[reading.at] ?? 0;
    if (unit === form.quote && closes(source, reading.at, form)) {
      reading.at += form.length;
      return true;
    }
    if (form.length === 1 && isLineBreak(unit)) return false;
    readCharacter(reading, unit, form.isRaw);
  }
  return false;
}

function readCharacter(reading: Reading, unit: number, isRaw: boolean): void {
  if (unit !== backslash) copy(reading, 1);
  else if (isRaw) copy(reading, isPair(reading.source, reading.at + 1) ? 3 : 2);
  else readEscape(reading);
}

const closes = (source: Uint16Array, at: number, { quote, length }: LiteralForm) =>
  length === 1 || (source[at + 1] === quote && source[at + 2] === quote);

const isPair = (source: Uint16Array, at: number) => source[at] === 0x0d && source[at + 1] === 0x0a;

function copy(reading: Reading, length: number): void {
  const end = Math.min(reading.at + length, reading.source.length);
  for (; reading.at < end; reading.at += 1) put(reading, reading.source[reading.at] ?? 0);
}

function put(reading: Reading, unit: number): void {
  reading.written[reading.size] = unit;
  reading.size += 1;
}

/** The value of a letter or a character behind a backslash. JSON adds `\/`. */
const shortEscapes = new Map(
  Object.entries({
    a: 7,
    b: 8,
    t: 9,
    n: 10,
    v: 11,
    f: 12,
    r: 13,
    '"': 0x22,
    "'": 0x27,
    '/': 0x2f,
    '\\': backslash,
  }).map(([character, unit]) => [character.charCodeAt(0), unit]),
);

/** A sequence that is not an escape stays unchanged, with its backslash. */
function readEscape(reading: Reading): void {
  const { source, at } = reading;
  const next = source[at + 1] ?? 0;
  if (isLineBreak(next)) {
    reading.at += isPair(source, at + 1) ? 3 : 2;
    return;
  }
  const found = isOctalDigit(next) ? octalEscape(source, at + 1) : namedOrShort(source, at + 1);
  if (found === undefined) {
    copy(reading, 2);
    return;
  }
  put(reading, found.unit);
  reading.at = found.end;
}

function namedOrShort(source: Uint16Array, start: number): EscapeSequence | undefined {
  const unit = shortEscapes.get(source[start] ?? 0);
  return unit === undefined ? characterEscape(source, start) : { unit, end: start + 1 };
}

/** Bytes keep the low eight bits; in a text the others would make no template either. */
function octalEscape(source: Uint16Array, start: number): EscapeSequence {
  let value = 0;
  let at = start;
  for (; at < start + 3 && isOctalDigit(source[at] ?? 0); at += 1) value = value * 8 + (source[at] ?? 0) - 0x30;
  return { unit: value & 0xff, end: at };
}
