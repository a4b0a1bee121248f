import { expect, test } from 'vitest';

import type { LiveRequest } from '../../../../gateway/live/live-requests.ts';
import { createResultQueue, type Delivery } from '../../../../gateway/live/result-queue.ts';
import { createMemoryStore } from '../../../../gateway/stores/memory-store.ts';
import { handClock } from '../../../support/session-fakes.ts';

const request: LiveRequest = {
  key: 'key',
  requestId: 'request-1',
  queue: 'queue',
  owner: 'ada',
  path: 'data/report',
  registeredAt: 0,
  executionId: '1',
  answeredAt: 0,
};

function queueOf(resultBytes: number) {
  const clock = handClock();
  const store = createMemoryStore({ clock: clock, space: 'results' });
  return { clock, store, results: createResultQueue(store, { keepMs: 600_000, resultBytes }, clock) };
}

async function entriesOf(store: ReturnType<typeof createMemoryStore>): Promise<number> {
  let count = 0;
  for (let after: string | undefined; ; ) {
    const entries = await store.read('queue', after);
    if (entries.length === 0) return count;
    count += entries.length;
    after = entries.at(-1)?.id;
  }
}

const delivery: Delivery = {
  requestId: 'request-1',
  executionId: '1',
  status: 'COMPLETED',
  at: '2026-01-01T00:00:00Z',
};

test('a playbook that reports its progress without end adds what its user may make, and later 20 a second', async () => {
  const { clock, store, results } = queueOf(1_024);
  const report = () =>
    results.addProgress(request, { requestId: 'request-1', executionId: '1', step: 's', message: 'm', progress: 1 });
  for (let n = 0; n < 1_500; n += 1) await report();
  expect(await entriesOf(store)).toBe(1_000);
  clock.advance(1_000);
  for (let n = 0; n < 50; n += 1) await report();
  expect(await entriesOf(store)).toBe(1_020);
});

test.each([
  ['the data of a result', { data: 'x'.repeat(2_000) }, 'data'],
  ['the data of an error', { error: { code: 1, message: 'no', data: 'x'.repeat(2_000) } }, 'error'],
])('%s beyond the bound is replaced by a note', async (_, part, member) => {
  const { store, results } = queueOf(1_024);
  await results.add(request, { ...delivery, ...part });
  const [entry] = await store.read('queue', undefined);
  if (entry === undefined) throw new Error('it waits');
  const item = await results.read(entry);
  const note = { code: 'ERR_RESULT_TOO_LARGE', message: expect.stringContaining('too large') };
  expect(item).toMatchObject({ delivery: { [member]: member === 'data' ? note : { code: 1, data: note } } });
});
