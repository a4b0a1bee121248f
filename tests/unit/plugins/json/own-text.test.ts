import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { ownText } from '../../../../plugins/json/approximate-bytes.ts';
import { parseJson } from '../../../../plugins/json/lossless-json.ts';
import { failureText } from '../../../../plugins/noetl/failure-text.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;
const large = 500_000;

/** Bytes that stay in use for each of forty values. */
function bytesOfEach(make: (filler: string) => unknown): number {
  collectGarbage();
  const before = process.memoryUsage().heapUsed;
  const kept = Array.from({ length: 40 }, (_, index) => make(`${index}`.padEnd(large, 'x')));
  collectGarbage();
  const bytes = (process.memoryUsage().heapUsed - before) / kept.length;
  expect(kept).toHaveLength(40);
  return bytes;
}

const id = '767392541243006979';

test.each<[what: string, make: (filler: string) => unknown]>([
  ['a member', (filler) => (parseJson(`{"id":${id},"filler":"${filler}"}`) as { id: unknown }).id],
  ['an item', (filler) => (parseJson(`[${id},"${filler}"]`) as unknown[])[0]],
  ['a failure', (filler) => failureText(`ValueError: the customer has no credit limit\n${filler}`)],
])('%s that is kept does not keep the text that it came in', (_, make) => {
  expect(bytesOfEach(make)).toBeLessThan(large / 10);
});

test.each(['', 'short', id, `${id}${id}`, 'Zoë 👩‍👩‍👧 \ud800', 'x'.repeat(1_000)])(
  'a copy is the same text: %j',
  (text) => {
    expect(ownText(text)).toBe(text);
  },
);
