import { afterEach, describe, expect, test } from 'vitest';
import { closeStandIns, standIn } from '../../../support/stand-in-client.ts';

afterEach(closeStandIns);

describe('executions', () => {
  test('move through their states in the time of the clock', async () => {
    const { clock, call, start } = await standIn();
    const id = await start('regression_test/hello_world', { name: 'Ada' });
    const read = async (rest = '') => (await call('GET', `/api/executions/${id}${rest}`)).body;
    expect(id).toMatch(/^\d{18}$/);
    expect(await read('?include_events=false')).toMatchObject({ status: 'RUNNING', end_time: null, events: [] });
    expect(await read('/status')).toMatchObject({ completed: false, failed: false, current_step: null });
    clock.advance(45);
    expect(await read('/status')).toMatchObject({ completed: true, completion_inferred: true, current_step: null });
    clock.advance(15);
    expect(await read('/status')).toMatchObject({
      completed: false,
      completion_inferred: false,
      current_step: 'start',
    });
    clock.advance(1_000);
    expect(await read('/status')).toMatchObject({
      completed: true,
      completion_inferred: false,
      current_step: 'end',
      variables: { name: 'Ada', end: { greeting: 'Hello, Ada!', context: { greeting: 'Hello, Ada!' } } },
    });
    expect(await read('/events?event_type=playbook.completed&page_size=10')).toMatchObject({
      status: 'COMPLETED',
      events: [{ event_type: 'playbook.completed', status: 'completed' }],
    });
    expect(await read('/cancellation-check')).toMatchObject({ status: 'RUNNING', completed: false });
  });

  test('a run without an end event is COMPLETED in its detail and RUNNING in the list, for ever', async () => {
    const { clock, call, start } = await standIn();
    const id = await start('regression_test/one_step');
    clock.advance(86_400_000);
    expect((await call('GET', `/api/executions/${id}`)).body).toMatchObject({ status: 'COMPLETED' });
    expect((await call('GET', `/api/executions/${id}/status`)).body).toMatchObject({
      completed: true,
      completion_inferred: true,
    });
    expect((await call('GET', '/api/executions')).body).toMatchObject([{ execution_id: id, status: 'RUNNING' }]);
  });

  test('cancel turns a finished run into a cancelled one, with its children', async () => {
    const { clock, call, start } = await standIn();
    const id = await start('data/report');
    const child = await call('POST', '/api/execute', { path: 'data/report', parent_execution_id: id });
    clock.advance(5_000);
    const cancelled = await call('POST', `/api/executions/${id}/cancel`, {});
    expect(cancelled.body).toMatchObject({
      status: 'cancelled',
      cancelled_executions: [id, child.body['execution_id']],
    });
    expect((await call('GET', `/api/executions/${id}`)).body).toMatchObject({ status: 'CANCELLED' });
    expect((await call('POST', `/api/executions/${id}/cancel`, {})).body).toMatchObject({
      status: 'already_completed',
    });
  });

  test('cancel does not interrupt a running step, and starts no other', async () => {
    const { clock, call, start } = await standIn();
    const id = await start('regression_test/slow', { seconds: 3 });
    clock.advance(1_000);
    await call('POST', `/api/executions/${id}/cancel`, { cascade: true });
    clock.advance(10_000);
    expect((await call('GET', `/api/executions/${id}/status`)).body).toMatchObject({
      completed: true,
      failed: false,
      completed_steps: ['start'],
      variables: { start: { slept: 3 } },
    });
  });
});

describe('refusals, as the real one makes them', () => {
  const framework = (part: Record<string, unknown>) => ({ detail: [expect.objectContaining(part)] });
  test.each([
    ['GET', '/api/nope', undefined, 404, { detail: 'Not Found' }],
    ['GET', '/api/catalog/list', undefined, 405, { detail: 'Method Not Allowed' }],
    ['GET', '/api/executions/', undefined, 307, ''],
    ['GET', '/api/executions/99', undefined, 404, { detail: 'Execution 99 not found' }],
    ['GET', '/api/executions/exec-1/status', undefined, 500, { detail: expect.stringContaining('exec-1') }],
    ['GET', '/api/executions/exec-1', undefined, 500, expect.stringContaining('invalid input syntax')],
    ['GET', '/api/executions?page=1000', undefined, 422, { detail: expect.stringContaining('too deep') }],
    ['POST', '/api/execute', { path: 'no' }, 404, { detail: 'Executable catalog entry not found: no' }],
    ['POST', '/api/execute', {}, 422, framework({ type: 'value_error' })],
    ['POST', '/api/execute', { path: 'data/report', workload: [1] }, 422, framework({ input: [1] })],
    ['POST', '/api/execute', '{"path": ', 422, framework({ type: 'json_invalid' })],
    ['POST', '/api/catalog/resource', { path: 'no' }, 404, { detail: 'Catalog entry not found' }],
    ['POST', '/api/catalog/resource', {}, 422, framework({ type: 'value_error' })],
    ['POST', '/api/auth/session/validate', { session_token: ' ' }, 422, framework({ type: 'string_too_short' })],
    [
      'POST',
      '/api/auth/session/validate',
      { session_token: 'x', credential: 'y' },
      404,
      { detail: 'Credential not found' },
    ],
    ['POST', '/api/auth/login', {}, 404, { detail: 'Not Found' }],
  ])('%s %s %j', async (method, path, body, status, want) => {
    const { call } = await standIn();
    const answer = await call(method, path, body);
    expect({ status: answer.status, body: answer.body }).toEqual({ status, body: want });
  });

  test('JSON that does not say so', async () => {
    const { call } = await standIn();
    const answer = await call('POST', '/api/execute', '{"path":"a"}', { 'content-type': 'text/plain' });
    expect(answer.body).toMatchObject({ detail: [{ type: 'model_attributes_type', input: '{"path":"a"}' }] });
  });

  test('any origin is let in, with credentials', async () => {
    const { call } = await standIn();
    const { headers } = await call('GET', '/health', undefined, { origin: 'http://evil.example.com' });
    expect(headers.get('access-control-allow-origin')).toBe('http://evil.example.com');
  });
});

test('requests are remembered, and answers can be taken over', async () => {
  const { noetl, call } = await standIn({ remember: 2 });
  noetl.intercept = ({ path }) => (path === '/health' ? { status: 503, body: { detail: 'down' } } : undefined);
  expect((await call('GET', '/health')).status).toBe(503);
  expect((await call('GET', '/api/health?a=1')).status).toBe(200);
  await call('POST', '/api/execute', { path: 'a' });
  expect(noetl.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
    'GET /api/health',
    'POST /api/execute',
  ]);
  expect(noetl.requests[1]?.body).toEqual({ path: 'a' });
});

test('it serves the document, and catalog forms', async () => {
  const { call } = await standIn({ openapiFile: new URL('../../../../openapi/noetl.json', import.meta.url) });
  expect((await call('GET', '/openapi.json')).body['openapi']).toMatch(/^3\./);
  const form = await call('GET', '/api/catalog/data/report/ui_schema');
  expect(form.body).toMatchObject({ path: 'data/report', fields: [{ name: 'period', kind: 'string' }] });
  expect((await call('GET', '/api/catalog/data%2Freport/ui_schema')).status).toBe(200);
});
