import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DevGateway } from '../../dev/start-dev.ts';
import { startDevGateway } from '../support/dev-gateway.ts';
import { noetlApi } from '../support/noetl-api.ts';
import { temporaryFolder } from '../support/project.ts';

type Call = ReturnType<typeof noetlApi>;

const folder = temporaryFolder();
const auditFile = `${folder.path}/audit.log`;
let dev: DevGateway;
let admin: Call;
let analyst: Call;
let token: string;

beforeAll(async () => {
  const { default: shipped } = await import('../../gateway.config.ts');
  dev = await startDevGateway({ config: { ...shipped, observability: { auditTo: auditFile } } as never });
  token = (await dev.login('admin')).sessionToken;
  admin = noetlApi(dev.url, token);
  analyst = noetlApi(dev.url, (await dev.login('analyst')).sessionToken);
});
afterAll(async () => {
  await dev?.stop();
  folder.remove();
});

/** What NoETL was asked since a moment. */
function asked(since: number): readonly string[] {
  return dev.noetl.requests.slice(since).map(({ method, path }) => `${method} ${path}`);
}
const moment = () => dev.noetl.requests.length;

async function started(path: string, workload: unknown = {}): Promise<string> {
  const { status, body } = await admin('POST', '/noetl/execute', { path, workload });
  expect(status).toBe(200);
  return body.execution_id;
}

async function over(id: string): Promise<void> {
  await expect
    .poll(async () => (await admin('GET', `/noetl/executions/${id}`)).body.status, { timeout: 20_000 })
    .not.toBe('RUNNING');
}

describe('NoETL’s own API below /noetl', () => {
  it('answers in NoETL’s form, digit for digit', async () => {
    const id = await started('regression_test/hello_world', { name: 'Ada' });
    await over(id);
    const detail = await admin('GET', `/noetl/executions/${id}?page=1&page_size=100`);
    expect(detail.body).toMatchObject({ execution_id: id, path: 'regression_test/hello_world', status: 'COMPLETED' });
    expect(detail.body.pagination).toMatchObject({ page: 1, page_size: 100 });
    const real = await fetch(new URL(`/api/executions/${id}?page=1&page_size=100`, dev.noetl.url));
    const ids = [...(await real.text()).matchAll(/"event_id":(\d+)/g)].map(([, digits]) => digits);
    expect(ids.length).toBeGreaterThan(3);
    expect([...detail.text.matchAll(/"event_id":(\d+)/g)].map(([, digits]) => digits)).toEqual(ids);
  });

  it('keeps the query string of a read', async () => {
    const id = await started('regression_test/hello_world');
    await over(id);
    const some = await admin('GET', `/noetl/executions/${id}?page_size=10&event_type=playbook.completed`);
    expect(some.body.events.map((event: { event_type: string }) => event.event_type)).toEqual(['playbook.completed']);
    const none = await admin('GET', `/noetl/executions/${id}?include_events=false`);
    expect(none.body).toMatchObject({ events: [], events_included: false });
    expect((await admin('GET', '/noetl/executions?limit=1')).body).toHaveLength(1);
    for (const odd of ['page=abc', 'page=1.5', 'page_size=', 'limit=1&limit=x']) {
      expect((await admin('GET', `/noetl/executions?${odd}`)).status, odd).toBe(422);
    }
    for (const wrong of ['status=DONE', 'to=yesterday', 'offset=5&limit=2'])
      expect([400, 422], wrong).toContain((await admin('GET', `/noetl/executions?${wrong}`)).status);
    const found = await admin('GET', '/noetl/executions?path=hello&status=COMPLETED&limit=1&offset=0');
    expect(found.body).toMatchObject([{ path: 'regression_test/hello_world', status: 'COMPLETED' }]);
    expect(found.headers.get('x-noetl-has-more')).toBe('true');
    expect((await admin('GET', '/noetl/executions?path=no/such')).headers.get('x-noetl-has-more')).toBe('false');
    const asked = dev.noetl.requests.length;
    const few = await admin('GET', `/noetl/executions/${id}/events?page_size=2`);
    expect([few.status, few.body.error]).toEqual([422, 'page_size must be between 10 and 500']);
    const many = await admin('GET', '/noetl/executions?limit=100000');
    expect([many.status, many.body.error]).toEqual([422, 'page_size must be between 1 and 1000']);
    expect(dev.noetl.requests.length).toBe(asked);
  });

  it('has the booleans of /status, and the state that GraphQL shows', async () => {
    const id = await started('regression_test/one_step');
    // NoETL announces the end of this one before it is certain.
    await expect
      .poll(async () => (await (await fetch(new URL(`/api/executions/${id}/status`, dev.noetl.url))).json()) as object)
      .toMatchObject({ completed: true });
    expect((await admin('GET', `/noetl/executions/${id}/status`)).body).toMatchObject({
      completed: false,
      failed: false,
    });
    expect((await admin('GET', `/noetl/executions/${id}`)).body.status).toBe('RUNNING');
    await over(id);
    expect((await admin('GET', `/noetl/executions/${id}/status`)).body).toMatchObject({
      completed: true,
      failed: false,
    });
  });

  it('keeps NoETL’s status of a refusal, and not its text', async () => {
    const missing = await admin('POST', '/noetl/execute', { path: 'no/such' });
    expect(missing).toMatchObject({ status: 404, body: { code: 'ERR_NOT_FOUND', error: 'playbook not found' } });
    const invalid = await admin('POST', '/noetl/catalog/resource', { path: 'data/report', version: ['odd'] });
    expect(invalid.text).not.toContain('loc');
    for (const body of [
      {},
      { path: 'data/report', workload: 'text' },
      { path: 'data/report', version: 'newest' },
      [],
    ]) {
      expect((await admin('POST', '/noetl/execute', body)).status).toBe(422);
    }
    const gone = await admin('GET', '/noetl/executions/123456789');
    expect(gone).toMatchObject({ status: 404, body: { error: 'execution not found', detail: 'execution not found' } });
  });
});

describe('what is not open', () => {
  it.each([
    ['POST', '/noetl/postgres/execute'],
    ['GET', '/noetl/db/validate'],
    ['GET', '/noetl/internal/outbox/pending-count'],
    ['GET', '/noetl/keychain/catalog/1'],
    ['POST', '/noetl/executions/cleanup'],
    ['POST', '/noetl/executions/1/finalize'],
    ['GET', '/noetl/vars/1'],
    ['GET', '/noetl/../api/vars/1'],
    ['GET', '/noetl/executions/..%2F..%2Fvars%2F1'],
    ['GET', '/noetl/%65xecutions'],
    ['GET', '/noetl/executions/'],
    ['GET', '/noetl//executions'],
    ['GET', '/noetl/'],
  ])('%s %s does not reach NoETL', async (method, path) => {
    const since = moment();
    const answer = await admin(method, path, method === 'GET' ? undefined : {});
    expect([400, 404]).toContain(answer.status);
    expect(answer.body.code).toMatch(/^ERR_(?:NOT_FOUND|REQUEST_INVALID)$/);
    expect(asked(since)).toEqual([]);
  });

  it('names the methods of a path that has others', async () => {
    const answer = await admin('DELETE', '/noetl/executions');
    expect(answer.status).toBe(405);
    expect(answer.headers.get('allow')).toBe('GET, OPTIONS');
    expect(answer.body).toMatchObject({ code: 'ERR_METHOD', message: answer.body.error, detail: answer.body.error });
  });

  it('sends no header, no unknown query parameter and no unknown member on', async () => {
    const since = moment();
    await fetch(`${dev.url}/noetl/execute?include_data=true`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'x-session-token': token,
        'x-user-id': '1',
        authorization: `Bearer ${token}`,
      },
      body: JSON.stringify({ path: 'regression_test/echo', workload: {}, execution_pool: 'x', trace: {} }),
    });
    const [seen] = dev.noetl.requests.slice(since);
    expect(seen?.body).toEqual({ path: 'regression_test/echo', workload: {} });
    expect(seen?.query.size).toBe(0);
    expect(JSON.stringify(seen?.headers)).not.toContain(token);
    expect(seen?.headers['x-user-id']).toBeUndefined();
  });
});

describe('who may', () => {
  it('needs a session, before anything of the request is read', async () => {
    const since = moment();
    for (const [method, path] of [
      ['GET', '/noetl/executions'],
      ['POST', '/noetl/execute'],
    ] as const) {
      const none = await noetlApi(dev.url, undefined)(method, path, method === 'GET' ? undefined : '{"broken');
      expect(none).toMatchObject({ status: 401, body: { code: 'ERR_TOKEN_MISSING' } });
    }
    expect(asked(since)).toEqual([]);
    expect(await noetlApi(dev.url, 'f'.repeat(32))('GET', '/noetl/executions')).toMatchObject({
      status: 401,
      body: { code: 'ERR_SESSION_INVALID' },
    });
  });

  it('takes a session from each of the protocol’s places, and no cookie from another site', async () => {
    const as = (headers: Record<string, string>) => fetch(`${dev.url}/noetl/health`, { headers });
    expect((await as({ 'x-session-token': token })).status).toBe(200);
    expect((await as({ cookie: `session_token=${token}` })).status).toBe(200);
    expect((await as({ cookie: `session_token=${token}`, origin: 'https://other.example.com' })).status).toBe(403);
  });

  it('decides a start on its path: 403 with a code, and NoETL is not asked', async () => {
    const since = moment();
    const denied = await analyst('POST', '/noetl/execute', { path: 'system/cleanup', workload: {} });
    expect(denied).toMatchObject({ status: 403, body: { code: 'ERR_ACCESS_DENIED', error: expect.any(String) } });
    const odd = await analyst('POST', '/noetl/execute', { path: 'data/../system/cleanup' });
    expect(odd).toMatchObject({ status: 400, body: { code: 'ERR_REQUEST_INVALID' } });
    expect(asked(since)).toEqual([]);
    expect((await analyst('POST', '/noetl/execute', { path: 'data/report', payload: {} })).status).toBe(200);
  });

  it('resolves catalog_id to its path first, and starts that entry', async () => {
    const idOf = async (path: string) => (await admin('POST', '/noetl/catalog/resource', { path })).body.catalog_id;
    const forbidden = await idOf('system/cleanup');
    const allowed = await idOf('data/report');
    const since = moment();
    expect((await analyst('POST', '/noetl/execute', { catalog_id: forbidden })).status).toBe(403);
    // NoETL follows the id where both are there.
    expect((await analyst('POST', '/noetl/execute', { catalog_id: forbidden, path: 'data/report' })).status).toBe(422);
    expect((await analyst('POST', '/noetl/catalog/resource', { catalog_id: forbidden })).status).toBe(403);
    expect(asked(since).filter((call) => call.endsWith('/execute'))).toEqual([]);
    expect((await analyst('POST', '/noetl/execute', { catalog_id: allowed, workload: {} })).status).toBe(200);
    expect(dev.noetl.requests.at(-1)?.text).toBe(`{"catalog_id":${allowed},"workload":{}}`);
    expect((await analyst('POST', '/noetl/execute', { catalog_id: '1 OR 1' })).status).toBe(422);
    expect((await analyst('POST', '/noetl/execute', { catalog_id: '12' })).body.error).toBe('playbook not found');
  });

  it('refuses texts that NoETL would evaluate, under either name of the workload', async () => {
    const since = moment();
    for (const name of ['workload', 'payload']) {
      const answer = await admin('POST', '/noetl/execute', {
        path: 'data/report',
        [name]: { a: [{ b: '{{ 7*7 }}' }] },
      });
      expect(answer).toMatchObject({ status: 400, body: { error: expect.stringContaining('workload.a[0].b') } });
    }
    const run = await admin('POST', '/noetl/execute', { path: 'data/report', payload: { a: 'x'.repeat(5_000) } });
    expect(run.status).toBe(400);
    expect(asked(since)).toEqual([]);
  });

  it('shows an execution to those who may see it; others are answered as for one that does not exist', async () => {
    const id = await started('system/cleanup');
    for (const path of [
      `/noetl/executions/${id}`,
      `/noetl/executions/${id}/status`,
      `/noetl/executions/${id}/events`,
    ]) {
      expect((await admin('GET', path)).status).toBe(200);
      const hidden = await analyst('GET', path);
      const missing = await analyst('GET', path.replace(id, '123456789012345678'));
      expect(hidden.status).toBe(404);
      expect(hidden.body).toEqual(missing.body);
    }
    expect((await analyst('POST', `/noetl/executions/${id}/cancel`, {})).status).toBe(404);
    expect((await analyst('POST', `/noetl/executions/${id}/rerun`, {})).status).toBe(404);
    const list = (await analyst('GET', '/noetl/executions?page_size=200')).body as { path: string }[];
    expect(list.length).toBeGreaterThan(0);
    expect(list.every(({ path }) => path.startsWith('data/'))).toBe(true);
    const { entries } = (await analyst('POST', '/noetl/catalog/list', { resource_type: 'Playbook' })).body;
    expect(entries.map(({ path }: { path: string }) => path)).toEqual(['data/report']);
  });

  it('hides the auth playbooks and their runs from everyone', async () => {
    const login = 'api_integration/auth0/auth0_login';
    const rows = (await (await fetch(new URL('/api/executions', dev.noetl.url))).json()) as Record<string, string>[];
    const id = rows.find(({ path }) => path === login)?.['execution_id'] ?? '';
    expect(id).toMatch(/^\d+$/);
    for (const rest of ['', '/status', '/events']) {
      expect((await admin('GET', `/noetl/executions/${id}${rest}`)).status).toBe(404);
    }
    expect((await admin('POST', `/noetl/executions/${id}/cancel`, {})).status).toBe(404);
    expect((await admin('POST', `/noetl/executions/${id}/rerun`, {})).status).toBe(404);
    expect((await admin('POST', '/noetl/execute', { path: login })).status).toBe(403);
    expect((await admin('POST', '/noetl/catalog/resource', { path: login })).status).toBe(403);
    expect((await admin('GET', '/noetl/executions?page_size=200')).text).not.toContain('auth0');
    expect((await admin('POST', '/noetl/catalog/list', {})).text).not.toContain('auth0');
  });
});

describe('what becomes of it', () => {
  it('masks secrets in details, events and statuses, as GraphQL does', async () => {
    const id = await started('regression_test/secret');
    await over(id);
    const real = await (await fetch(new URL(`/api/executions/${id}/status`, dev.noetl.url))).text();
    const secret = /"password":"([^"]+)"/.exec(real)?.[1] ?? '';
    expect(secret).not.toBe('');
    for (const rest of ['', '/status', '/events']) {
      const { text } = await admin('GET', `/noetl/executions/${id}${rest}`);
      expect(text).toContain('[hidden]');
      expect(text).not.toContain(secret);
    }
  });

  it('lists that an execution has failed, and not what NoETL says of it', async () => {
    const error = 'duplicate key value violates unique constraint DETAIL: Key (token)=(s3cr3t) already exists';
    const row = { execution_id: '123', path: 'data/report', status: 'FAILED', start_time: null, end_time: null, error };
    dev.noetl.intercept = ({ path }) => (path === '/api/executions' ? { status: 200, body: [row] } : undefined);
    const { body, text } = await admin('GET', '/noetl/executions');
    dev.noetl.intercept = undefined;
    expect(body).toMatchObject([{ execution_id: '123', status: 'FAILED', error: 'the execution failed' }]);
    expect(text).not.toContain('s3cr3t');
  });

  it('looks before it cancels: a finished run stays what it is', async () => {
    const id = await started('regression_test/hello_world');
    await over(id);
    const since = moment();
    const answer = await admin('POST', `/noetl/executions/${id}/cancel`, { reason: 'test', cascade: true });
    expect(answer.body).toMatchObject({ status: 'already_completed', execution_id: id, message: expect.any(String) });
    expect(asked(since).filter((call) => call.endsWith('/cancel'))).toEqual([]);
    const slow = await started('regression_test/slow');
    expect((await admin('POST', `/noetl/executions/${slow}/cancel`)).body).toMatchObject({
      status: 'cancelled',
      cancelled_executions: [slow],
    });
    expect((await admin('GET', `/noetl/executions/${slow}`)).body.status).toBe('CANCELLED');
  });

  it('starts an execution again by NoETL’s route, which no server has', async () => {
    const id = await started('regression_test/echo', { a: 1 });
    const again = await admin('POST', `/noetl/executions/${id}/rerun`, {
      workload: { b: 2 },
      resource_kind: 'playbook',
    });
    expect(again.body).toMatchObject({ execution_id: expect.stringMatching(/^\d+$/), status: 'started' });
    expect(dev.noetl.requests.at(-1)?.body).toMatchObject({ path: 'regression_test/echo', workload: { a: 1, b: 2 } });
  });

  it('is in the audit log as a root field is', async () => {
    const id = await started('data/report');
    await analyst('POST', '/noetl/execute', { path: 'system/cleanup' });
    const lines = () =>
      readFileSync(auditFile, 'utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Record<string, unknown>);
    await expect.poll(lines).toContainEqual(
      expect.objectContaining({
        audit: 'denied',
        field: 'executePlaybook',
        path: 'system/cleanup',
        permission: 'execute',
      }),
    );
    await expect.poll(lines).toContainEqual(expect.objectContaining({ field: 'executePlaybook', executionId: id }));
  });
});
