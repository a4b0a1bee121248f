import { afterEach, expect, test } from 'vitest';
import { isRawNumber } from '../../../../plugins/json/lossless-json.ts';
import { closeStandIns, standIn } from '../../../support/stand-in-client.ts';

afterEach(closeStandIns);

type Members = Record<string, unknown>;

const rust = () => standIn({ speak: 'rust' });

async function over(path: string) {
  const at = await rust();
  const id = await at.start(path);
  at.clock.advance(60_000);
  const detail = (await at.call('GET', `/api/executions/${id}`)).body as Members & { events: Members[] };
  const ends = (type: string) => detail.events.filter((event) => event['event_type'] === type);
  return { ...at, id, detail, ends };
}

test('a workflow without the step `start` is refused', async () => {
  const { call } = await rust();
  expect(await call('POST', '/api/execute', { path: 'regression_test/no_start' })).toMatchObject({
    status: 422,
    body: { error: "Workflow must have a step named 'start'", status: 422 },
  });
});

test('a child that is refused fails the run, which has no end', async () => {
  const { detail, ends, call } = await over('regression_test/parent_of_no_start');
  expect(detail).toMatchObject({ status: 'FAILED', completed_at: null });
  expect(ends('call.error')[0]).toMatchObject({
    status: 'FAILED',
    result: { context: { error: expect.stringContaining("must have a step named 'start'") } },
  });
  expect(ends('playbook.completed')).toEqual([]);
  expect((await call('GET', '/api/executions')).body).toMatchObject([
    { status: 'FAILED', completed_at: expect.any(String) },
  ]);
});

test('a step that raised is done, with its error inside, and the run is COMPLETED', async () => {
  const { detail, ends } = await over('regression_test/failing');
  expect(detail['status']).toBe('COMPLETED');
  expect(ends('call.done')[0]).toMatchObject({
    status: 'COMPLETED',
    result: { context: { result: { status: 'error', context: { stderr: expect.stringContaining('ValueError') } } } },
  });
  expect(ends('playbook.completed')[0]).toMatchObject({ result: { status: 'COMPLETED' } });
});

test('a large result stands behind a reference', async () => {
  const { ends, call } = await over('regression_test/large_last');
  const done = ends('call.done').at(-1) as { result: { context: { result: { context: { data: Members } } } } };
  const ref = String(done.result.context.result.context.data['_ref']);
  expect(ref).toMatch(/^noetl:\/\/execution\/\d+\/result\/end\/\d+$/);
  const stored = await call('GET', `/api/result/resolve?ref=${encodeURIComponent(ref)}`);
  expect(stored.body).toMatchObject({ data: { total: 2_000 }, status: 'success', exit_code: 0 });
  expect((await call('GET', '/api/result/resolve?ref=noetl://execution/1/result/a/2')).body).toEqual({
    error: 'result not found',
  });
});

test('secrets are taken out by the names of their members', async () => {
  const { detail } = await over('regression_test/secret');
  expect(JSON.stringify(detail)).not.toMatch(/hunter2|abc123secret/);
  expect(JSON.stringify(detail)).toContain('"user":"ada"');
});

test('the list takes limit and offset, and no page', async () => {
  const { call, start, clock } = await rust();
  for (const name of ['first', 'second', 'third']) {
    await start('regression_test/echo', { name });
    clock.advance(10);
  }
  const list = async (query: string) => (await call('GET', `/api/executions?${query}`)).body as Members[];
  const all = await list('page=2&page_size=1');
  expect(all).toHaveLength(3);
  expect(isRawNumber(all[0]?.['execution_id'])).toBe(true);
  expect(await list('limit=1&offset=1')).toEqual([all[1]]);
});

test('a route that is missing has no body', async () => {
  const { call, id } = await over('regression_test/echo');
  for (const path of ['/api/nope', `/api/executions/${id}/events`, '/api/executions/']) {
    const { status, text } = await call('GET', path);
    expect({ path, status, text }).toEqual({ path, status: 404, text: '' });
  }
});

test('cancel refuses what is over, and leaves its own event', async () => {
  const { call, start, clock } = await rust();
  const id = await start('regression_test/slow');
  clock.advance(1_000);
  expect((await call('POST', `/api/executions/${id}/cancel`, {})).status).toBe(200);
  expect(await call('GET', `/api/executions/${id}/status`)).toMatchObject({
    body: { status: 'CANCELLED', is_cancelled: true },
  });
  expect(await call('POST', `/api/executions/${id}/cancel`, {})).toMatchObject({ status: 422 });
});
