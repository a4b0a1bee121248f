import { expect, test } from 'vitest';
import { createMetrics } from '../../../../gateway/observe/metrics.ts';
import type { GatewayEvent } from '../../../../plugins/observe.ts';

const metrics = () =>
  createMetrics({
    version: '1.2.3',
    upstreamRoutes: ['/api/execute', '/api/executions/{execution_id}'],
    processMetrics: false,
  });

async function seriesOf(of: ReturnType<typeof metrics>): Promise<Map<string, number>> {
  const lines = (await of.text()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]),
  );
}

test('every series is there from the start, at zero', async () => {
  const series = await seriesOf(metrics());
  for (const name of [
    'noetl_gateway_login_total{outcome="callback_failed"}',
    'noetl_gateway_session_check_total{outcome="validation_error"}',
    'noetl_gateway_session_hit_total{layer="store"}',
    'noetl_gateway_authz_total{outcome="denied"}',
    'noetl_gateway_auth_cancel_failed_total',
    'noetl_gateway_session_cache_failed_total{stage="after_api_validate"}',
    'noetl_gateway_callback_undelivered_total',
    'noetl_gateway_callback_refused_total{reason="secret"}',
    'noetl_gateway_identity_token_total{outcome="bad_signature",mode="shadow"}',
    'noetl_gateway_store_errors_total{operation="end_all"}',
    'noetl_gateway_validations_running',
    'noetl_gateway_validations_waiting',
    'noetl_gateway_validations_shed_total',
    'noetl_gateway_rate_limited_total{route="login"}',
    'noetl_gateway_lines_dropped_total{from="audit"}',
    'noetl_gateway_requests_total{route="/graphql",status="5xx"}',
    'noetl_gateway_request_duration_seconds_count{route="/graphql"}',
    'noetl_gateway_upstream_requests_total{route="/api/execute",status="timeout"}',
    'noetl_gateway_upstream_request_duration_seconds_bucket{le="0.5",route="/api/execute"}',
  ]) {
    expect([name, series.get(name)]).toEqual([name, 0]);
  }
  expect(series.get('noetl_gateway_build_info{version="1.2.3"}')).toBe(1);
  const others = [...series].filter(([, value]) => value !== 0).map(([name]) => name);
  expect(others.sort()).toEqual([
    'noetl_gateway_build_info{version="1.2.3"}',
    'noetl_gateway_ready_check{check="store"}',
    'noetl_gateway_ready_check{check="upstream"}',
  ]);
});

test('what could not be looked at leaves the drift that was found', async () => {
  const given = metrics();
  const numbers = async () => {
    const series = await seriesOf(given);
    const states = ['same', 'differs', 'not checked'].map((state) =>
      series.get(`noetl_gateway_document_check{state="${state}"}`),
    );
    return [series.get('noetl_gateway_document_drift'), ...states];
  };
  expect(await numbers()).toEqual([0, 0, 0, 0]);
  given.record({ type: 'document_checked', state: 'differs' });
  expect(await numbers()).toEqual([1, 0, 1, 0]);
  given.record({ type: 'document_checked', state: 'not checked' });
  expect(await numbers()).toEqual([1, 0, 0, 1]);
  given.record({ type: 'document_checked', state: 'same' });
  expect(await numbers()).toEqual([0, 1, 0, 0]);
});

test('events count', async () => {
  const given = metrics();
  const events: GatewayEvent[] = [
    { type: 'login', outcome: 'succeeded' },
    { type: 'session_check', outcome: 'ok', layer: 'process' },
    { type: 'validation', state: 'waiting' },
    { type: 'validation', state: 'waiting' },
    { type: 'validation', state: 'resumed' },
    { type: 'validation', state: 'started' },
    { type: 'callback_refused', reason: 'late' },
    { type: 'lines_dropped', from: 'audit', count: 3 },
    { type: 'upstream_call', route: '/api/execute', method: 'POST', status: 404, ms: 30, class: 'start' },
    { type: 'request', route: '/graphql', status: 200, ms: 3 },
  ];
  for (const event of events) given.record(event);
  const series = await seriesOf(given);
  expect(series.get('noetl_gateway_login_total{outcome="succeeded"}')).toBe(1);
  expect(series.get('noetl_gateway_session_hit_total{layer="process"}')).toBe(1);
  expect(series.get('noetl_gateway_validations_waiting')).toBe(1);
  expect(series.get('noetl_gateway_validations_running')).toBe(1);
  expect(series.get('noetl_gateway_callback_undelivered_total')).toBe(1);
  expect(series.get('noetl_gateway_lines_dropped_total{from="audit"}')).toBe(3);
  expect(series.get('noetl_gateway_upstream_requests_total{route="/api/execute",status="4xx"}')).toBe(1);
  expect(series.get('noetl_gateway_request_duration_seconds_bucket{le="0.005",route="/graphql"}')).toBe(1);
});

test('nothing from outside makes a series', async () => {
  const given = metrics();
  const before = [...(await seriesOf(given)).keys()];
  given.record({
    type: 'upstream_call',
    route: '/api/secret/320816801799737344',
    method: 'GET',
    status: 200,
    ms: 1,
    class: 'read',
  });
  given.record({ type: 'request', route: '/whatever/the/caller/asked', status: 404, ms: 1 });
  given.record({ type: 'request', route: '/graphql', status: 799, ms: 1 });
  given.record({ type: 'store_error', operation: 'something new' });
  given.record({ type: 'decision', outcome: 'denied', field: 'x', root: 'query', userId: '7', path: 'a/b' });
  const after = await seriesOf(given);
  expect([...after.keys()]).toEqual(before);
  expect(after.get('noetl_gateway_requests_total{route="other",status="4xx"}')).toBe(1);
  expect(after.get('noetl_gateway_upstream_requests_total{route="other",status="2xx"}')).toBe(1);
  expect(after.get('noetl_gateway_store_errors_total{operation="other"}')).toBe(1);
});

test('fields, codes and operations from outside are one series together', async () => {
  const given = createMetrics({ version: '1', upstreamRoutes: [], fields: ['execution'], processMetrics: false });
  const before = [...(await seriesOf(given)).keys()];
  for (let n = 0; n < 100; n += 1) {
    given.record({ type: 'field', field: `field-${n}`, ms: 1 });
    given.record({ type: 'graphql_error', field: `field-${n}`, code: `CODE_${n}` });
    given.record({ type: 'store_call', operation: `operation-${n}`, ms: 1 });
  }
  given.record({ type: 'graphql_error', field: 'execution', code: 'ERR_UPSTREAM' });
  const after = await seriesOf(given);
  expect([...after.keys()].filter((name) => !before.includes(name))).toEqual([
    'noetl_gateway_graphql_errors_total{field="other",code="other"}',
    'noetl_gateway_graphql_errors_total{field="execution",code="ERR_UPSTREAM"}',
  ]);
  expect(after.get('noetl_gateway_field_duration_seconds_count{field="other"}')).toBe(100);
  expect(after.get('noetl_gateway_store_duration_seconds_count{operation="other"}')).toBe(100);
});

test('numbers of the process, when asked for', async () => {
  const given = createMetrics({ version: '1', upstreamRoutes: [], processMetrics: true });
  expect(await given.text()).toContain('process_resident_memory_bytes');
});
