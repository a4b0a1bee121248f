import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { heapBytes } from '../../../../plugins/json/approximate-bytes.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const many = (make: (index: number) => string) => Array.from({ length: 50_000 }, (_, index) => make(index)).join(',');

test.each([
  ['empty objects', () => `[${many(() => '{}')}]`],
  ['empty lists', () => `[${many(() => '[]')}]`],
  ['numbers', () => `["",${many((index) => `${index}.5`)}]`],
  ['rows', () => `[${many((index) => `{"id":${index},"name":"name ${index}"}`)}]`],
  ['many names', () => `{${many((index) => `"name${index}":1`)}}`],
  ['a text', () => `"${'x'.repeat(500_000)}"`],
  ['a text beyond Latin', () => `"${'€'.repeat(500_000)}"`],
])('what a value takes in the heap is counted, never less than half of it: %s', (_, write) => {
  const json = write();
  JSON.parse(json);
  collectGarbage();
  const before = process.memoryUsage().heapUsed;
  const held = Array.from({ length: 5 }, () => JSON.parse(json) as unknown);
  collectGarbage();
  const used = (process.memoryUsage().heapUsed - before) / held.length;
  expect(heapBytes(held[0])).toBeGreaterThan(used / 2);
  expect(heapBytes(held[0])).toBeLessThan(used * 5);
});
