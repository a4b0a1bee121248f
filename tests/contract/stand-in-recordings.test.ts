import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, test } from 'vitest';
import { closeStandIns, standIn } from '../support/stand-in-client.ts';

/** The shapes of the answers of a real Python server 4.26.0: names and kinds of their members, and no values. */
const shapes = new URL('../fixtures/noetl/shapes.jsonl', import.meta.url);

afterEach(closeStandIns);

interface Recorded {
  readonly name: string;
  readonly status: number;
  readonly shape: unknown;
}

const recorded: ReadonlyMap<string, Recorded> = new Map(
  readFileSync(shapes, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Recorded)
    .map((each) => [each.name, each]),
);

/** Names and kinds of everything in a value; lists by their first item; null says nothing. */
function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.length === 0 ? [] : [shapeOf(value[0])];
  if (typeof value !== 'object' || value === null) return value === null ? 'null' : typeof value;
  if ('rawJSON' in value) return 'number';
  const members = Object.entries(value).filter(([name]) => !name.startsWith('_'));
  return Object.fromEntries(members.map(([name, member]) => [name, free.has(name) ? 'free' : shapeOf(member)]));
}

/** What depends on the playbook, not on the server. */
const free = new Set([
  ...['variables', 'context', 'result', 'workload', 'payload', 'content', 'meta', 'fields', 'current_step'],
  ...[
    'completed_steps',
    'error',
    'parent_event_id',
    'parent_execution_id',
    'end_time',
    'duration',
    'loc',
    'ctx',
    'input',
  ],
  ...['labels', 'runtime', 'events', 'entries', 'description_markdown', 'node_id'],
]);

type Played = (at: Awaited<ReturnType<typeof standIn>>) => Promise<{ status: number; body: unknown }>;

const onRun =
  (playbook: string, advanceMs: number, rest: string, method = 'GET', body?: unknown): Played =>
  async ({ call, start, clock }) => {
    const id = await start(playbook);
    clock.advance(advanceMs);
    return call(method, `/api/executions/${id}${rest}`, body);
  };
const plain =
  (method: string, path: string, body?: unknown): Played =>
  ({ call }) =>
    call(method, path, body);

const plays: readonly (readonly [recording: string, play: Played])[] = [
  ['health', plain('GET', '/health')],
  ['not_found_route', plain('GET', '/api/nope')],
  ['execute_by_path', plain('POST', '/api/execute', { path: 'data/report', workload: {} })],
  ['execute_unknown_playbook_404', plain('POST', '/api/execute', { path: 'no/such' })],
  ['execute_workload_not_object_422', plain('POST', '/api/execute', { path: 'data/report', workload: [1, 2] })],
  ['execute_without_path_422', plain('POST', '/api/execute', { workload: {} })],
  ['execute_invalid_json_422', plain('POST', '/api/execute', '{"path": ')],
  ['catalog_resource_empty_422', plain('POST', '/api/catalog/resource', {})],
  ['auth_session_validate_blank_422', plain('POST', '/api/auth/session/validate', { session_token: ' ' })],
  ['execution_detail_running', onRun('regression_test/slow', 1_000, '?include_events=false')],
  ['execution_detail_no_events', onRun('regression_test/one_step', 5_000, '?include_events=false')],
  ['execution_detail_completed', onRun('regression_test/one_step', 5_000, '')],
  ['execution_detail_failed', onRun('regression_test/failing', 5_000, '')],
  ['execution_detail_failed_single_step', onRun('regression_test/failing_alone', 5_000, '?include_events=false')],
  ['execution_detail_unknown_404', plain('GET', '/api/executions/999999999999999999')],
  ['execution_detail_non_numeric_500', plain('GET', '/api/executions/exec-12345')],
  ['execution_status_running', onRun('regression_test/slow', 1_000, '/status')],
  ['execution_status_completed', onRun('regression_test/one_step', 5_000, '/status')],
  ['execution_status_failed', onRun('regression_test/failing', 5_000, '/status')],
  ['execution_status_unknown_404', plain('GET', '/api/executions/999999999999999999/status')],
  ['execution_status_non_numeric', plain('GET', '/api/executions/exec-12345/status')],
  ['execution_events', onRun('regression_test/one_step', 5_000, '/events?page=1&page_size=10')],
  ['execution_events_page_size_too_small_422', onRun('data/report', 10, '/events?page_size=1')],
  ['execution_cancellation_check_completed', onRun('data/report', 5_000, '/cancellation-check')],
  ['execution_cancel_running', onRun('regression_test/slow', 1_000, '/cancel', 'POST', { cascade: true })],
  ['execution_cancel_completed', onRun('data/report', 5_000, '/cancel', 'POST', {})],
  ['execution_cancel_unknown_404', plain('POST', '/api/executions/999999999999999999/cancel', {})],
  ['executions_list_too_deep_422', plain('GET', '/api/executions?page=100000&page_size=100')],
  ['catalog_list', plain('POST', '/api/catalog/list', {})],
  ['catalog_resource_latest', plain('POST', '/api/catalog/resource', { path: 'data/report', version: 'latest' })],
  ['catalog_resource_not_found', plain('POST', '/api/catalog/resource', { path: 'no/such' })],
  ['catalog_ui_schema', plain('GET', '/api/catalog/data/report/ui_schema')],
  ['catalog_list_get_405', plain('GET', '/api/catalog/list')],
  ['dashboard_stats', plain('GET', '/api/dashboard/stats')],
  ['worker_pools', plain('GET', '/api/worker/pools')],
  ['auth_session_validate_invalid', plain('POST', '/api/auth/session/validate', { session_token: 'x' })],
  [
    'auth_session_validate_unknown_credential',
    plain('POST', '/api/auth/session/validate', { session_token: 'x', credential: 'y' }),
  ],
  [
    'auth_session_validate_valid',
    ({ noetl, call }) =>
      call('POST', '/api/auth/session/validate', { session_token: noetl.openSession('admin@example.com').token }),
  ],
];

describe('the stand-in answers in the shapes that a real server has', () => {
  test.each(plays)('%s', async (name, play) => {
    const got = await play(await standIn());
    const { status, body } = got;
    expect({ status, shape: shapeOf(body) }).toEqual({ status: recorded.get(name)?.status, shape: shapeOfName(name) });
  });

  test('events have the members of the recorded ones', async () => {
    const got = (await onRun('regression_test/one_step', 5_000, '/events')(await standIn())).body as {
      events: object[];
    };
    expect(shapeOf(got.events[0])).toEqual(shapeOfName('event'));
  });
});

const shapeOfName = (name: string): unknown => recorded.get(name)?.shape;
