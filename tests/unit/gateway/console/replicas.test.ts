import { expect, test } from 'vitest';
import type { ReplicaReport } from '../../../../gateway/console/console-answers.ts';
import { createReplicas } from '../../../../gateway/console/health.ts';
import { createMemoryStore } from '../../../../gateway/stores/memory-store.ts';

const reportOf = (replica: string): ReplicaReport => ({
  ...{ replica, version: '1', at: 0, ready: true, failing: [], uptimeSecs: 1, rss: 2, calls: 3, errors: 0, p99: null },
});

test('replicas that share a store know of each other, until one is silent or stops', async () => {
  let now = Date.now();
  const clock = () => now;
  const store = createMemoryStore({ clock: clock, space: 'results' });
  const replica = (name: string) =>
    createReplicas({ store, clock, name, report: async () => reportOf(name), everyMs: 1_000_000 });
  const [a, b, c] = [replica('a'), replica('b'), replica('c')];
  for (const one of [a, b, c]) one.start();
  const names = async () => (await a.list()).map((one) => one.replica);
  await expect.poll(names).toEqual(['a', 'b', 'c']);
  b.stop();
  await expect.poll(names).toEqual(['a', 'c']);
  now += 3_000_001;
  expect(await names()).toEqual(['a']);
  for (const one of [a, c]) one.stop();
});

test('what another version has written is left out when it is no report', async () => {
  const store = createMemoryStore({ clock: Date.now, space: 'results' });
  await store.add('console.replicas', 'old', '{"replica": 5}', new Date(Date.now() + 60_000));
  const own = createReplicas({ store, clock: Date.now, name: 'a', report: async () => reportOf('a') });
  expect(await own.list()).toEqual([reportOf('a')]);
});

test('dependencies are checked for a user who looks, and not to write a report', async () => {
  const asked: boolean[] = [];
  const report = async (isAsked: boolean) => {
    asked.push(isAsked);
    return reportOf('a');
  };
  const own = createReplicas({
    store: createMemoryStore({ clock: Date.now, space: 'results' }),
    clock: Date.now,
    name: 'a',
    report,
    everyMs: 1_000_000,
  });
  own.start();
  await own.list();
  own.stop();
  expect(asked).toEqual([false, true]);
});
