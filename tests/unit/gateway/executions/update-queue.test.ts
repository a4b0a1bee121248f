import { expect, test } from 'vitest';
import { createUpdateQueue, type UpdateQueue } from '../../../../gateway/executions/update-queue.ts';

async function taken(queue: UpdateQueue<number>): Promise<number[]> {
  queue.end();
  const values: number[] = [];
  for (let next = await queue.next(1); next !== undefined && next !== 'idle'; next = await queue.next(1)) {
    values.push(next.value);
  }
  return values;
}

test('values are taken in the order in which they were put', async () => {
  const queue = createUpdateQueue<number>(3);
  for (const value of [1, 2, 3]) queue.put(value);
  expect(await taken(queue)).toEqual([1, 2, 3]);
});

test('when too many wait, the newest takes the place of the one before it', async () => {
  const queue = createUpdateQueue<number>(2);
  for (const value of [1, 2, 3, 4]) queue.put(value);
  expect(await taken(queue)).toEqual([1, 4]);
});

test('when those that wait are too large, the newest takes the place of those before it', async () => {
  const queue = createUpdateQueue<number>(64, 100);
  for (const value of [1, 2, 3, 4]) queue.put(value, 40);
  expect(await queue.next(1)).toEqual({ value: 1 });
  queue.put(5, 40);
  queue.put(6, 500);
  expect(await taken(queue)).toEqual([6]);
});

test('bytes that were taken make room', async () => {
  const queue = createUpdateQueue<number>(64, 100);
  for (const value of [1, 2, 3]) {
    queue.put(value, 100);
    expect(await queue.next(1)).toEqual({ value });
  }
  expect(await queue.next(1)).toBe('idle');
});
