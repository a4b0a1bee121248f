import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { textOfBytes } from '../../../plugins/json/lossless-json.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const pieces = (bytes: Buffer, size: number): Buffer[] =>
  Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
    bytes.subarray(index * size, (index + 1) * size),
  );

test.each([
  ['short', 'Zoë 👩‍👩‍👧'],
  ['long', 'lorem ipsum '.repeat(200_000)],
  ['long, of more than one byte a character', 'Zoë 👩‍👩‍👧 中文 '.repeat(60_000)],
])('bytes that came in pieces are one text: %s', (_, text) => {
  const bytes = Buffer.from(text);
  for (const size of [bytes.length, 65_521]) {
    expect(textOfBytes(pieces(bytes, size)) === text).toBe(true);
    expect(textOfBytes(pieces(bytes, size), 'base64') === bytes.toString('base64')).toBe(true);
  }
});

test('bytes that are not UTF-8 are replaced, as Node does', () => {
  const bytes = Buffer.concat([Buffer.alloc(600_000, 'a'), Buffer.from([0xff, 0xe4, 0xb8])]);
  expect(textOfBytes(pieces(bytes, 65_521)) === bytes.toString('utf8')).toBe(true);
});

test('large texts are in the heap, so that they count for when garbage is collected', () => {
  const bytes = pieces(Buffer.alloc(6_000_000, 'a'), 65_536);
  collectGarbage();
  const before = process.memoryUsage().external;
  const texts = Array.from({ length: 10 }, () => textOfBytes(bytes));
  expect(process.memoryUsage().external - before).toBeLessThan(6_000_000);
  expect(texts).toHaveLength(10);
});
