import { expect, test } from 'vitest';
import { heapFlags } from '../../../../cli/serve/heap-share.ts';

const gibibyte = 1024 ** 3;

test('workers share the heap that one process of the container would have', () => {
  expect(heapFlags(2, [], gibibyte)).toEqual(['--max-old-space-size=317']);
  expect(heapFlags(4, ['--max-old-space-size-percentage=50'], gibibyte)).toEqual(['--max-old-space-size=128']);
  expect(heapFlags(4, ['--max_old_space_size_percentage=50'], gibibyte)).toEqual(['--max-old-space-size=128']);
});

test('a size in MiB stays, and without a limit of memory Node decides', () => {
  expect(heapFlags(2, ['--max-old-space-size=100'], gibibyte)).toEqual([]);
  expect(heapFlags(2, [], undefined)).toEqual([]);
});
