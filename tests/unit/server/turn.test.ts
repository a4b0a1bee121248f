import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { resolveAtEndOfTurn } from '../../../server/turn.ts';

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
