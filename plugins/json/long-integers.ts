import { ownText } from './own-text.ts';

/** Where long integers are within a value: those that it holds itself, and members that hold some. */
export interface LongIntegers {
  readonly numbers: (readonly [key: string | number, digits: string])[];
  readonly members: (readonly [key: string | number, inside: LongIntegers])[];
}

/** Sixteen digits in a row are the shortest integer that a double can change. */
const candidate = /(?:^|[:,[])[ \t\n\r]*(-?\d{16,})(?![\d.eE])/g;

/**
 * Finds the integers beyond ±(2^53 − 1) in JSON. One pass, and only where such an integer may occur.
 * @param text valid JSON
 * @returns undefined without such an integer; the key of a number that is the whole text is ''.
 */
export function findLongIntegers(text: string): LongIntegers | undefined {
  const position = new Position(text);
  for (const match of text.matchAll(candidate)) {
    const digits = match[1] ?? '';
    if (Number.isSafeInteger(Number(digits))) continue;
    if (position.moveTo(match.index + match[0].length - digits.length)) position.note(ownText(digits));
  }
  return position.found();
}

const backslash = 0x5c;
const inObject = -1;

/** The meaning of a character outside texts: 0 nothing, else one of these. */
const opens = 1;
const closes = 2;
const separates = 3;
const assigns = 4;
const beginsText = 5;
const meanings = new Uint8Array(128);
for (const [characters, meaning] of [
  ['{[', opens],
  ['}]', closes],
  [',', separates],
  [':', assigns],
  ['"', beginsText],
] as const) {
  for (const character of characters) meanings[character.charCodeAt(0)] = meaning;
}

/** Walks through a text from left to right and knows the containers around the place that it has come to. */
class Position {
  readonly #text: string;
  #at = 0;
  /** Of the innermost container: the index of the item, or `inObject`; and where the key of the member begins. */
  #index = inObject;
  #keyStart = -1;
  #textStart = -1;
  #depth = 0;
  readonly #indexes: number[] = [];
  readonly #keyStarts: number[] = [];
  /** What was found in the containers that are open; a level without is absent. */
  readonly #founds: (LongIntegers | undefined)[] = [];

  constructor(text: string) {
    this.#text = text;
  }

  /** @returns false when the place is within a text. */
  moveTo(place: number): boolean {
    const text = this.#text;
    for (; this.#at < place; this.#at += 1) {
      const unit = text.charCodeAt(this.#at);
      if (unit >= 128) continue;
      switch (meanings[unit]) {
        case beginsText:
          this.#textStart = this.#at;
          this.#at = endOfText(text, this.#at);
          break;
        case separates:
          if (this.#index !== inObject) this.#index += 1;
          break;
        case assigns:
          this.#keyStart = this.#textStart;
          break;
        case opens:
          this.#enter(unit === 0x5b ? 0 : inObject);
          break;
        case closes:
          this.#leave();
      }
    }
    return this.#at === place;
  }

  #enter(index: number): void {
    this.#indexes[this.#depth] = this.#index;
    this.#keyStarts[this.#depth] = this.#keyStart;
    this.#depth += 1;
    this.#index = index;
  }

  #leave(): void {
    if (this.#founds.length > this.#depth) this.#founds.length = this.#depth;
    this.#depth -= 1;
    this.#index = this.#indexes[this.#depth] ?? inObject;
    this.#keyStart = this.#keyStarts[this.#depth] ?? -1;
  }

  /** Notes an integer in its container, and each container in the one around it that does not know it yet. */
  note(digits: string): void {
    const known = this.#founds[this.#depth];
    let inside = known ?? nothing();
    this.#founds[this.#depth] = inside;
    inside.numbers.push([this.#keyAt(this.#depth), digits]);
    for (let level = this.#depth - 1; known === undefined && level >= 0; level -= 1) {
      const outer = this.#founds[level];
      const holder = outer ?? nothing();
      holder.members.push([this.#keyAt(level), inside]);
      if (outer !== undefined) return;
      this.#founds[level] = holder;
      inside = holder;
    }
  }

  #keyAt(level: number): string | number {
    const isInnermost = level === this.#depth;
    const index = isInnermost ? this.#index : (this.#indexes[level] ?? 0);
    if (index !== inObject) return index;
    const start = isInnermost ? this.#keyStart : (this.#keyStarts[level] ?? -1);
    return start < 0 ? '' : (JSON.parse(this.#text.slice(start, endOfText(this.#text, start) + 1)) as string);
  }

  found(): LongIntegers | undefined {
    return this.#founds[0];
  }
}

const nothing = (): LongIntegers => ({ numbers: [], members: [] });

/** The index of the closing quote. */
function endOfText(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let before = end - 1;
    while (text.charCodeAt(before) === backslash) before -= 1;
    if ((end - before) % 2 === 1) return end;
  }
  return text.length;
}
