import { once } from 'node:events';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ServeProcess, startServe } from '../support/serve-process.ts';

let serve: ServeProcess;
beforeAll(async () => {
  serve = await startServe({ GATEWAY_TRUSTED_PROXIES: '1' });
});
afterAll(() => serve.close());

type Line = Readonly<Record<string, unknown>>;

/** Lines are written after the answer. */
async function auditLine(matches: Line): Promise<Line> {
  for (let left = 100; left > 0; left -= 1) {
    const lines = serve
      .output()
      .split('\n')
      .filter((line) => line.startsWith('{') && line.endsWith('}'))
      .map((line) => JSON.parse(line) as Line);
    const found = lines.find((line) => Object.entries(matches).every(([key, value]) => line[key] === value));
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`no line like ${JSON.stringify(matches)} in:\n${serve.output()}`);
}

async function send(path: string, token: string | undefined, body: unknown, callerRequestId: string) {
  const answer = await fetch(serve.url + path, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'x-request-id': callerRequestId,
      'x-forwarded-for': '198.51.100.9, 203.0.113.7',
      ...(token && { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify(body),
  });
  // biome-ignore lint/suspicious/noExplicitAny: what a test reads of an answer is its own affair
  return (await answer.json()) as any;
}

const start = (name: string) => ({ query: `mutation { executePlaybook(name: "${name}") { id } }` });

it('who started what, with which grant, and which execution it became', async () => {
  const token = await serve.login('developer@example.com');
  const { data } = await send('/graphql', token, start('regression_test/hello_world'), 'app-1');
  const line = await auditLine({ audit: 'mutation', callerRequestId: 'app-1' });
  expect(line).toMatchObject({
    category: 'audit',
    outcome: 'started',
    executionId: data.executePlaybook.id,
    field: 'executePlaybook',
    permission: 'execute',
    path: 'regression_test/hello_world',
    grant: expect.stringMatching(/^gateway\.config\.ts:\d+$/),
    roles: ['developer'],
    clientIp: '203.0.113.7',
    requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
    userId: expect.any(String),
  });
  // The line comes after NoETL has answered, and only one of them.
  expect(
    serve
      .output()
      .split('app-1')
      .filter((part) => part.includes('"audit":"mutation"')),
  ).toHaveLength(1);
});

it('a start over REST has the same line', async () => {
  const token = await serve.login('developer@example.com');
  const started = await send('/noetl/execute', token, { path: 'regression_test/hello_world', payload: {} }, 'app-rest');
  expect(await auditLine({ audit: 'mutation', callerRequestId: 'app-rest' })).toMatchObject({
    outcome: 'started',
    executionId: started.execution_id,
    path: 'regression_test/hello_world',
    clientIp: '203.0.113.7',
  });
});

it('two requests with the same id of a caller have different ids of ours', async () => {
  const token = await serve.login('developer@example.com');
  await send('/graphql', token, start('data/no_such'), 'same');
  await send('/graphql', token, start('regression_test/fail_then_work'), 'same');
  const failed = await auditLine({ callerRequestId: 'same', outcome: 'failed' });
  const started = await auditLine({ callerRequestId: 'same', outcome: 'started' });
  expect(failed).toMatchObject({ code: 'ERR_NOT_FOUND', path: 'data/no_such' });
  expect(failed['executionId']).toBeUndefined();
  expect(failed['requestId']).not.toBe(started['requestId']);
});

it('a denial has its reason, and a path that looks like a token is whole', async () => {
  const token = await serve.login('viewer@example.com');
  const path = 'data/ab12cd34ef56ab12cd34ef56';
  await send('/graphql', token, start(path), 'app-2');
  expect(await auditLine({ audit: 'denied', callerRequestId: 'app-2' })).toMatchObject({
    category: 'audit',
    outcome: 'denied',
    reason: 'no-grant',
    path,
    clientIp: '203.0.113.7',
  });
});

it('a read that its answer decides has the address as well', async () => {
  const admin = await serve.login('admin@example.com');
  const { data } = await send('/graphql', admin, start('system/cleanup'), 'app-3');
  const viewer = await serve.login('viewer@example.com');
  await send('/graphql', viewer, { query: `{ execution(id: "${data.executePlaybook.id}") { id } }` }, 'app-4');
  expect(await auditLine({ audit: 'denied', callerRequestId: 'app-4' })).toMatchObject({
    path: 'system/cleanup',
    reason: 'no-grant',
    clientIp: '203.0.113.7',
  });
});

it('a refused login has its reason and its address', async () => {
  await send('/api/auth/login', undefined, { auth0_token: 'a.b.c' }, 'app-5');
  expect(await auditLine({ audit: 'login_refused', callerRequestId: 'app-5' })).toMatchObject({
    category: 'audit',
    outcome: 'rejected',
    reason: expect.stringMatching(/^[a-z_]+$/),
    clientIp: '203.0.113.7',
  });
});

it('lines of the log are of another category', async () => {
  expect(await auditLine({ msg: 'request', callerRequestId: 'app-5' })).toMatchObject({ category: 'log' });
});

it('a start that NoETL did not answer is written with its code', async () => {
  const token = await serve.login('developer@example.com');
  await serve.noetl.close();
  await send('/graphql', token, start('regression_test/hello_world'), 'app-6');
  const line = await auditLine({ audit: 'mutation', callerRequestId: 'app-6' });
  expect(line).toMatchObject({ outcome: 'failed', code: 'ERR_UPSTREAM' });
  const exit = once(serve.child, 'exit');
  serve.child.kill('SIGTERM');
  await exit;
});
