import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { nextSize, resolveAtEndOfTurn } from '../../../gateway/http/event-loop-batches.ts';

test('what is asked for in one turn goes on together, in order, and not before its end', async () => {
  const steps: string[] = [];
  const walk = async (who: string) => {
    await new Promise<void>((resolve) => resolveAtEndOfTurn(resolve, undefined));
    steps.push(`${who} 1`);
    await undefined;
    steps.push(`${who} 2`);
  };
  const all = [walk('a'), walk('b'), walk('c')];
  await Promise.resolve();
  expect(steps).toEqual([]);
  await Promise.all(all);
  expect(steps).toEqual(['a 1', 'b 1', 'c 1', 'a 2', 'b 2', 'c 2']);
});

test('what asks meanwhile is resolved at the end of the next turn', async () => {
  // The batch of the test before is still measured.
  await nextTurn();
  const steps: string[] = [];
  const first = (value: string) => {
    steps.push(value);
    resolveAtEndOfTurn((next: string) => steps.push(next), 'second');
  };
  resolveAtEndOfTurn(first, 'first');
  await nextTurn();
  expect(steps).toEqual(['first']);
  await nextTurn();
  expect(steps).toEqual(['first', 'second']);
});

test('a thousand at once go on in several turns, in order, and what comes meanwhile comes after them', async () => {
  const order: number[] = [];
  let turns = 0;
  for (let n = 0; n < 1_000; n += 1) resolveAtEndOfTurn((value: number) => order.push(value), n);
  await nextTurn();
  expect(order.length).toBeGreaterThan(0);
  expect(order.length).toBeLessThanOrEqual(256);
  resolveAtEndOfTurn((value: number) => order.push(value), 1_000);
  while (order.length <= 1_000) {
    turns += 1;
    await nextTurn();
  }
  expect(turns).toBeGreaterThanOrEqual(3);
  expect(order).toEqual(Array.from({ length: 1_001 }, (_, n) => n));
});

test('a batch that took too long is halved, and grows again while batches are full and quick', () => {
  expect(nextSize(64, 64, 10)).toBe(32);
  expect(nextSize(64, 20, 10)).toBe(10);
  expect(nextSize(8, 8, 1_000)).toBe(8);
  expect(nextSize(32, 32, 1)).toBe(40);
  expect(nextSize(32, 31, 1)).toBe(32);
  expect(nextSize(32, 32, 2)).toBe(32);
  expect(nextSize(256, 256, 0)).toBe(256);
});
