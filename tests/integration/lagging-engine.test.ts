import { afterEach, expect, test } from 'vitest';
import { setUp, tearDown } from '../support/executor-and-stand-in.ts';

afterEach(tearDown);

const clients = 40;
/** By the playbook: what its source says it produces, and in which step. One step alone writes no end of the run. */
const produced: Readonly<Record<string, { readonly result: unknown; readonly resultStep: string | null }>> = {
  'regression_test/hello_world': { result: { greeting: 'Hello, world!' }, resultStep: 'end' },
  'regression_test/result_text': { result: 'just text', resultStep: 'final' },
  'regression_test/result_number': { result: 42, resultStep: 'final' },
  'regression_test/one_step': { result: { greeting: 'Hi, Ada!' }, resultStep: 'start' },
};
const names = Object.keys(produced);

test.each([
  [1_000, 6],
  [2_500, 8],
  [4_500, 10],
])('an engine %i ms behind its events: every first COMPLETED is right', async (lagMs, calls) => {
  const { start, poll, clock, noetl } = await setUp({ lagMs, remember: 10_000 });
  const runs = await Promise.all(
    Array.from({ length: clients }, async (_, n) => [await start(names[n % names.length] ?? ''), n % names.length]),
  );
  const open = new Map(runs as [string, number][]);
  for (let round = 0; round < 60 && open.size > 0; round += 1) {
    clock.advance(500);
    await Promise.all(
      [...open].map(async ([id, number]) => {
        const { data } = await poll(id, 'status result resultStep');
        const { execution } = data as { execution: { status: string } };
        if (execution.status === 'RUNNING') return;
        open.delete(id);
        expect(execution).toEqual({ status: 'COMPLETED', ...produced[names[number] ?? ''] });
      }),
    );
  }
  expect([...open]).toEqual([]);
  // Each run costs its start, what is read of it once its end is near, and its share of the lists.
  expect(noetl.requests.length / clients).toBeLessThanOrEqual(calls);
});
