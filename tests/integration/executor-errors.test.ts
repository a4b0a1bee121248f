import { afterEach, describe, expect, test } from 'vitest';
import { setUp, tearDown } from '../support/executor-and-stand-in.ts';
import { codeIn } from '../support/executor-caller.ts';

afterEach(tearDown);

/** What a broken database makes of any request: SQL and row values in the answer. */
const sqlDetail =
  'duplicate key value violates unique constraint "sessions_token_key"\nDETAIL:  Key (session_token)=(s3cr3t) already exists.';

describe('errors', () => {
  test('invalid variables and ids: a clean error and no call', async () => {
    const { ask, poll, cancel, noetl } = await setUp();
    for (const variables of [[1], 'text', 7]) {
      const result = await ask('mutation { executePlaybook(name: "x") { id } }', { args: { name: 'a/b', variables } });
      expect(codeIn(result)).toBe('ERR_REQUEST_INVALID');
    }
    for (const id of ['exec-12345', '', '../1', '99999999999999999999999', '9223372036854775808']) {
      expect(codeIn(await poll(id))).toBe('ERR_REQUEST_INVALID');
      expect(codeIn(await cancel(id))).toBe('ERR_REQUEST_INVALID');
    }
    expect(noetl.requests).toEqual([]);
  });

  test('variables that are null or absent become an empty workload', async () => {
    const { ask, noetl } = await setUp();
    for (const args of [{ name: 'data/report', variables: null }, { name: 'data/report' }]) {
      await ask('mutation { executePlaybook(name: "x") { id } }', { args });
      expect(noetl.requests.at(-1)?.body).toEqual({ path: 'data/report', workload: {} });
    }
  });

  test.each([
    ['500 with SQL', { status: 500, body: { detail: sqlDetail } }, 'ERR_UPSTREAM'],
    ['500 as text', { status: 500, body: 'Detail: SELECT s3cr3t' }, 'ERR_UPSTREAM'],
    ['422 echo', { status: 422, body: { detail: [{ input: 's3cr3t' }] } }, 'ERR_REQUEST_INVALID'],
    ['401', { status: 401, body: { detail: 's3cr3t' } }, 'ERR_UPSTREAM'],
    ['503', { status: 503, body: { detail: 's3cr3t' } }, 'ERR_UPSTREAM'],
    ['redirect', { status: 307, body: '', headers: { location: 'http://127.0.0.1:1/s3cr3t' } }, 'ERR_UPSTREAM'],
    ['200 as text', { status: 200, body: 's3cr3t' }, 'ERR_UPSTREAM'],
    ['200 without a body', { status: 204, body: '' }, 'ERR_UPSTREAM'],
    ['reset', 'reset' as const, 'ERR_UPSTREAM'],
  ])('%s says nothing of the upstream', async (_name, reply, code) => {
    const { noetl, ask, poll } = await setUp();
    noetl.intercept = () => reply;
    for (const result of [
      await poll('7'),
      await ask('mutation { executePlaybook(name: "x") { id } }', { args: { name: 'a/b' } }),
    ]) {
      expect(codeIn(result)).toBe(code);
      expect(JSON.stringify(result)).not.toMatch(/s3cr3t|SELECT|127\.0\.0\.1|\/api\//);
    }
  });

  test('an answer about another execution is an error', async () => {
    const { noetl, poll } = await setUp();
    noetl.intercept = () => ({ status: 200, body: { execution_id: '5', path: 'data/a', status: 'COMPLETED' } });
    expect(codeIn(await poll('7'))).toBe('ERR_UPSTREAM');
  });

  test('execute is sent once, whatever breaks; a read is sent twice', async () => {
    const { noetl, ask, poll, asked } = await setUp();
    noetl.intercept = () => 'reset';
    await ask('mutation { executePlaybook(name: "x") { id } }', { args: { name: 'a/b' } });
    expect(asked()).toEqual(['POST /api/execute']);
    await poll('7');
    expect(asked()).toEqual(['POST /api/execute', 'GET /api/executions/7', 'GET /api/executions/7']);
  });
});

describe('who may see an execution', () => {
  test('hidden reads as missing, and the decision is reported', async () => {
    const { start, ask, clock, events, noetl } = await setUp();
    const id = await start('system/cleanup');
    clock.advance(5_000);
    noetl.requests.length = 0;
    const look = (of: string) =>
      ask('{ execution(id: "x") { id status result } }', {
        decision: { outcome: 'onAnswer' },
        args: { id: of },
        mayOnExecution: (_permission, path) => !path.startsWith('system/'),
      });
    const [hidden, missing] = [await look(id), await look('999999999999999999')];
    expect(JSON.stringify(hidden)).toBe(JSON.stringify(missing));
    expect(codeIn(hidden)).toBe('ERR_NOT_FOUND');
    // The finished one is judged with its events; asked again, both cost the same.
    expect(noetl.requests).toHaveLength(3);
    noetl.requests.length = 0;
    await look(id);
    await look('999999999999999999');
    expect(noetl.requests).toHaveLength(2);
    const denied = { outcome: 'denied', path: 'system/cleanup', permission: 'view', root: 'query' };
    expect(events.filter(({ type }) => type === 'decision')).toMatchObject([denied, denied]);
  });

  test('no role sees an execution without a path, or with an unusual one', async () => {
    const { noetl, poll } = await setUp();
    for (const path of [undefined, '', '../x', 'a//b', '{{ x }}']) {
      noetl.intercept = () => ({ status: 200, body: { execution_id: '7', path, status: 'RUNNING', start_time: 'x' } });
      expect(codeIn(await poll('7'))).toBe('ERR_NOT_FOUND');
    }
  });

  test('pathOfExecution', async () => {
    const { start, pathOfExecution } = await setUp();
    const id = await start('data/report');
    expect(await pathOfExecution(id)).toBe('data/report');
    expect(await pathOfExecution('999999999999999999')).toBeUndefined();
    expect(await pathOfExecution('exec-1')).toBeUndefined();
  });
});

test('no role has the auth playbooks, whatever rule a field has', async () => {
  const reserved = 'api_integration/auth0/auth0_login';
  const { noetl, ask, cancel, events } = await setUp({}, { reservedPaths: [reserved] });
  expect(codeIn(await ask('mutation { executePlaybook(name: "x") { id } }', { args: { name: reserved } }))).toBe(
    'ERR_ACCESS_DENIED',
  );
  expect(noetl.requests).toEqual([]);
  noetl.intercept = () => ({
    status: 200,
    body: { execution_id: '7', path: reserved, status: 'RUNNING', start_time: 'x' },
  });
  expect(codeIn(await ask('{ execution(id: "x") { id } }', { args: { id: '7' } }))).toBe('ERR_NOT_FOUND');
  expect(codeIn(await ask('{ executionEvents(id: "x") }', { args: { id: '7' } }))).toBe('ERR_NOT_FOUND');
  expect(codeIn(await cancel('7'))).toBe('ERR_NOT_FOUND');
  const denials = ['execution', 'executionEvents', 'cancelExecution'];
  const decisions = events.filter(({ type }) => type === 'decision');
  expect(decisions).toMatchObject(denials.map((field) => ({ outcome: 'denied', field, path: reserved })));
  expect(noetl.requests.every(({ method }) => method === 'GET')).toBe(true);
});
