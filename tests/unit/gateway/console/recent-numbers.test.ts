import { expect, test } from 'vitest';
import { createRecentNumbers } from '../../../../gateway/console/recent-numbers.ts';
import { createMetrics } from '../../../../gateway/observe/metrics.ts';

const minute = 60_000;

test('calls, errors and times by operation, for a quarter of an hour and no longer', async () => {
  let now = 100 * minute;
  const fields = ['execution', 'executions'];
  const metrics = createMetrics({ version: '1', upstreamRoutes: [], fields, processMetrics: false });
  const report = createRecentNumbers(metrics.json, () => now);
  for (let call = 0; call < 98; call += 1) metrics.record({ type: 'field', field: 'execution', ms: 8 });
  await report();
  now += minute;
  for (const ms of [400, 60_000]) metrics.record({ type: 'field', field: 'execution', ms });
  metrics.record({ type: 'graphql_error', field: 'execution', code: 'ERR_UPSTREAM' });
  metrics.record({ type: 'graphql_error', code: 'ERR_UPSTREAM' });
  metrics.record({ type: 'error_answer', code: 'ERR_TOKEN_MISSING' });
  metrics.record({ type: 'rate_limited', route: 'login' });
  metrics.record({ type: 'field', field: 'a name from outside', ms: 1 });
  const { fields: shown, codes, limits, total } = await report();
  expect(shown[0]).toMatchObject({ field: 'execution', calls: 100, errors: 1, p50: 0.01, p99: 0.5 });
  const last = Object.entries(shown[0]?.perMinute ?? {}).map(([name, values]) => [name, values.slice(-2)] as const);
  expect(Object.fromEntries(last)).toEqual({ calls: [98, 2], errors: [0, 1], p50: [0.01, 0.5], p99: [0.01, null] });
  expect(shown[0]?.perMinute.calls).toHaveLength(15);
  expect(total).toMatchObject({ calls: 101, errors: 1, p50: 0.01 });
  expect(shown.map(({ field }) => field)).toEqual(['execution', 'other']);
  expect(codes).toEqual([
    { code: 'ERR_UPSTREAM', count: 2 },
    { code: 'ERR_TOKEN_MISSING', count: 1 },
  ]);
  expect(limits).toEqual([{ limit: 'rate of login', count: 1 }]);

  now += 14 * minute;
  metrics.record({ type: 'field', field: 'executions', ms: 60_000 });
  const later = (await report()).fields;
  expect(later.find(({ field }) => field === 'execution')).toMatchObject({ calls: 2 });
  expect(later.find(({ field }) => field === 'executions')).toMatchObject({ calls: 1, p50: null });
  now += 15 * minute;
  metrics.record({ type: 'error_answer', code: 'ERR_TOKEN_MISSING' });
  expect((await report()).fields).toEqual([]);
});
