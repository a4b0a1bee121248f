/**
 * Memory that texts of JSON are written into, byte by byte: strings that are put together piece by piece cost an object
 * for each piece. Only one text is written at a time: between {@link begin} and {@link taken} nothing waits.
 */
const usualBytes = 64 * 1024;
const mostKeptBytes = 1024 * 1024;
/** From this length on the engine's own writer is faster. */
const longText = 512;

const quote = 0x22;
const backslash = 0x5c;

/** By character: 0 is written as it is, 1 is left to the engine, all others are written after a backslash. */
const escapes = new Uint8Array(128).fill(1, 0, 0x20);
for (const [character, letter] of ['\bb', '\tt', '\nn', '\ff', '\rr', '""', '\\\\']) {
  escapes[(character ?? '').charCodeAt(0)] = (letter ?? '').charCodeAt(0);
}

let memory = Buffer.allocUnsafeSlow(usualBytes);
let at = 0;

/** Starts a text. One that was not taken is dropped. */
export function begin(): void {
  at = 0;
}

/** Bytes that have been written since {@link begin}. */
export const writtenBytes = (): number => at;

/** What has been written since {@link begin}, as a text. */
export function takenText(): string {
  const text = memory.toString('utf8', 0, at);
  at = 0;
  return text;
}

/** What has been written since {@link begin}, in memory of its own. */
export function taken(): Buffer {
  const bytes = at > mostKeptBytes ? memory.subarray(0, at) : copied();
  at = 0;
  // Of a large text the memory itself is given away: a copy would take as much again.
  if (memory.length > mostKeptBytes) memory = Buffer.allocUnsafeSlow(usualBytes);
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
export function writeCharacter(character: number): void {
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
export function writeJson(json: string): void {
  // A character is at most three bytes of UTF-8; those outside of the first plane are two. Of a large text the bytes
  // are counted.
  reserve(json.length < usualBytes ? 3 * json.length : Buffer.byteLength(json) + usualBytes);
  at += memory.write(json, at, 'utf8');
}

/** Writes a short text of ASCII only. */
export function writeAscii(text: string): void {
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
