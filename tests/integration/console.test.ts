import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { DevGateway } from '../../dev/start-dev.ts';
import type { GatewayConfig } from '../../gateway/config/gateway-config.ts';
import shipped from '../../gateway.config.ts';
import { compileGrants } from '../../plugins/noetl-auth/access/decision.ts';
import { explainTable } from '../../plugins/noetl-auth/access/explain.ts';
import { accessText } from '../../plugins/noetl-auth/access/explain-text.ts';
import { listedId } from '../../plugins/noetl-auth/session/session-list.ts';
import { parseSessionToken, sessionKey } from '../../plugins/noetl-auth/session/session-token.ts';
import { graphql, startDevGateway } from '../support/dev-gateway.ts';

const fail = (): never => {
  throw new Error('not a token');
};

const auditTo = `${process.env['TMPDIR'] ?? '/tmp'}/console-audit-${process.pid}.log`;

describe('the console', () => {
  let dev: DevGateway;
  let publicToo: DevGateway;
  const tokens: Record<string, string> = {};

  beforeAll(async () => {
    const config = { ...shipped, observability: { auditTo } } as unknown as GatewayConfig;
    dev = await startDevGateway({ config });
    for (const user of ['admin', 'developer']) tokens[user] = (await dev.login(user)).sessionToken;
    const open = { ...shipped, console: { public: true, roles: ['developer'] } } as unknown as GatewayConfig;
    publicToo = await startDevGateway({ config: open });
  });
  afterAll(async () => {
    await dev?.stop();
    await publicToo?.stop();
  });

  const ask = async (user: string | undefined, name: string, input?: unknown, url = dev.internalUrl) => {
    const answer = await fetch(`${url}/console/api/${name}`, {
      method: input === undefined ? 'GET' : 'POST',
      headers: {
        'content-type': 'application/json',
        ...(user !== undefined && { authorization: `Bearer ${tokens[user] ?? user}` }),
      },
      ...(input !== undefined && { body: JSON.stringify(input) }),
    });
    return { status: answer.status, body: (await answer.json()) as Record<string, never> };
  };

  test('is on the internal listener, with a strict policy, and not on the public one', async () => {
    for (const path of ['/console', '/console/executions/1?tab=steps']) {
      const page = await fetch(dev.internalUrl + path);
      expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
      const policy = page.headers.get('content-security-policy') ?? '';
      expect(policy).toContain("default-src 'none'; script-src 'self'; connect-src 'self'");
      expect(policy).not.toMatch(/unsafe|https?:|\*/);
      expect((await fetch(dev.url + path)).status).toBe(404);
    }
    expect((await fetch(`${publicToo.url}/console`)).status).toBe(200);
  });

  test('answers nothing about the gateway without a session, or to other roles', async () => {
    for (const name of ['me', 'access', 'path', 'explain', 'health', 'audit', 'sessions'])
      expect((await ask(undefined, name)).status).toBe(401);
    expect((await ask('not-a-session', 'access')).status).toBe(401);
    expect((await ask('developer', 'me')).body).toMatchObject({ isOperator: false, user: { roles: ['developer'] } });
    for (const name of [
      'access',
      'path',
      'explain',
      'health',
      'audit',
      'draft',
      'try',
      'cases',
      'lint',
      'replay',
      'upstream',
      'sessions',
    ]) {
      expect(await ask('developer', name, { path: 'a' })).toMatchObject({
        status: 403,
        body: { code: 'ERR_ACCESS_DENIED' },
      });
    }
    const denied = readFileSync(auditTo, 'utf8')
      .split('\n')
      .filter((line) => line.includes('"denied"'));
    expect(denied.map((line) => JSON.parse(line) as unknown)).toContainEqual(
      expect.objectContaining({ audit: 'denied', field: 'console', roles: ['developer'] }),
    );
  });

  test('the roles of the config decide, on the public listener too', async () => {
    tokens['other'] = (await publicToo.login('developer')).sessionToken;
    tokens['boss'] = (await publicToo.login('admin')).sessionToken;
    expect((await ask('other', 'access', undefined, publicToo.url)).status).toBe(200);
    expect((await ask('boss', 'access', undefined, publicToo.url)).status).toBe(403);
  });

  test('the matrix is the table of explain, with the place of each grant', async () => {
    const { body } = await ask('admin', 'access');
    const { roles, operations, grants, reserved } = body as unknown as {
      roles: string[];
      operations: { field: string; cells: { text: string; grants: number[] }[] }[];
      grants: { source: string }[];
      reserved: string[];
    };
    const shownBy = new Map(operations.map(({ field, cells }) => [field, cells.map(({ text }) => text)]));
    const rows = Object.entries(shipped.operations).map(([field, { access }]) => ({
      field,
      root: 'query' as const,
      access,
    }));
    const wanted = explainTable(compileGrants(shipped.grants, []), shipped.roles, rows).rows;
    for (const { operation, byRole } of wanted) {
      expect(shownBy.get(operation.field)).toEqual(
        roles.map((role) => accessText(byRole.get(role) ?? { kind: 'none' })),
      );
    }
    expect(grants[0]?.source).toMatch(/^gateway\.config\.ts:\d+$/);
    expect(reserved).toContain('api_integration/auth0/auth0_login');
  });

  test('explains a path and an execution, in the words of explain', async () => {
    const question = { roles: ['analyst'], permission: 'execute' };
    const no = await ask('admin', 'explain', { ...question, path: "system/it's" });
    expect(no.body).toMatchObject({
      allowed: false,
      lines: expect.arrayContaining(["no: analyst may not execute system/it's"]),
      missing: "allow('analyst', ['execute'], 'system/it\\'s')",
    });
    const started = await fetch(`${dev.internalUrl}/console/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${tokens['admin']}` },
      body: '{"query": "mutation { executePlaybook(name: \\"regression_test/hello_world\\") { id } }"}',
    });
    const { data } = (await started.json()) as { data: { executePlaybook: { id: string } } };
    const execution = data.executePlaybook.id;
    const yes = await ask('admin', 'explain', { roles: ['viewer'], permission: 'view', execution });
    expect(yes.body).toMatchObject({ allowed: true, path: 'regression_test/hello_world' });
    const missing = await ask('admin', 'explain', { roles: ['viewer'], permission: 'view', execution: '1' });
    expect(missing.body).toMatchObject({ allowed: false, lines: [expect.stringContaining('no such execution')] });
  });

  test.each([
    [{ roles: ['nobody'], permission: 'view', path: 'a' }, /roles must be/],
    [{ roles: ['admin'], permission: 'own', path: 'a' }, /permission must be/],
    [{ roles: ['admin'], permission: 'view', path: '' }, /path must be/],
    [{ roles: ['admin'], permission: 'view', execution: '1; drop' }, /digits only/],
    [{ roles: 'admin', permission: 'view', path: 'a' }, /roles must be/],
    [{ user: 5, permission: 'view', path: 'a' }, /user must be/],
    [[], /JSON object/],
  ])('refuses the question %j', async (input, message) => {
    const { status, body } = await ask('admin', 'explain', input);
    expect([status, body['error']]).toEqual([400, expect.stringMatching(message)]);
  });

  test('passes on nothing but what the page needs', async () => {
    const post = (path: string) =>
      fetch(`${dev.internalUrl}/console${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: '{}',
      });
    expect((await post('/api/auth/login')).status).toBe(404);
    expect((await post('/api/internal/callback/x')).status).toBe(404);
    expect((await post('/graphql')).status).toBe(401);
    expect((await post('/executions')).status).toBe(405);
    expect((await fetch(`${dev.internalUrl}/graphql`)).status).toBe(404);
    expect((await fetch(`${dev.internalUrl}/console/api/constructor`)).status).toBe(404);
    expect((await fetch(`${dev.internalUrl}/console/assets/..%2findex.html`)).status).toBe(404);
  });

  test('names the fields of this config, with arguments and members', async () => {
    const { fields } = (await ask('developer', 'me')).body as unknown as { fields: Record<string, object> };
    expect(Object.keys(fields).sort()).toEqual(
      [
        ...['cancel', 'catalog', 'catalogEntry', 'endSessions', 'events'],
        ...['execute', 'execution', 'executions', 'rerun'],
        ...['executionUpdates', 'executionsUpdates', 'form'],
      ].sort(),
    );
    expect(fields).toMatchObject({
      catalog: { field: 'playbooks', key: 'path', returns: { entries: { path: null } } },
      execute: {
        field: 'executePlaybook',
        root: 'mutation',
        key: 'name',
        args: { name: 'String!', variables: 'JSON' },
      },
      events: { field: 'executionEvents', returns: null },
      form: { field: 'playbookForm', key: 'path', returns: { fields: { kind: null } } },
      executionUpdates: { root: 'subscription', args: { id: 'ID!' } },
    });
  });

  test('names providers to the addresses that the config has, and to no others', async () => {
    const providers = async (address: string) => {
      const query = new URLSearchParams({ return: address });
      const answer = await fetch(`${dev.internalUrl}/console/api/auth/providers?${query}`);
      return ((await answer.json()) as { providers: { name: string; start_url: string }[] }).providers;
    };
    const [dev1, other] = await providers(`${dev.internalUrl}/console`);
    expect([dev1?.name, other]).toEqual(['dev', undefined]);
    expect(dev1?.start_url).toContain(`${dev.url}/api/auth/start?issuer=dev&return=`);
    for (const address of [`${dev.internalUrl}/console/`, 'https://example.com/console', '']) {
      expect(await providers(address)).toEqual([]);
    }
  });

  test('operators see who has started what, others only what they have started themselves', async () => {
    for (const user of ['admin', 'developer']) {
      await graphql(dev.url, tokens[user], {
        query: 'mutation { executePlaybook(name: "regression_test/hello_world") { id } }',
      });
    }
    type Answer = { me: string; starts: { userId: string }[] };
    const usersOf = ({ starts }: Answer) => [...new Set(starts.map(({ userId }) => userId))].sort();
    const [admin, developer] = await Promise.all(
      ['admin', 'developer'].map(async (user) => (await ask(user, 'starts')).body as unknown as Answer),
    );
    if (admin === undefined || developer === undefined) throw new Error('no answer');
    expect(usersOf(developer)).toEqual([developer.me]);
    expect(usersOf(admin)).toEqual([admin.me, developer.me].sort());
    expect((await ask(undefined, 'starts')).status).toBe(401);
  });

  test('health has the checks of /ready, and the numbers of operations that ran', async () => {
    const { body } = await ask('admin', 'health');
    expect(body).toMatchObject({
      ready: true,
      checks: { upstream: 'ok', store: 'ok' },
      openBreakers: [],
      recent: { minutes: 15 },
      sessions: 'memory',
      // One process has the name of its host alone, in its answer and in its report.
      process: { replica: hostname() },
      replicas: [{ replica: hostname() }],
    });
    const { recent } = body as unknown as { recent: { fields: { field: string; calls: number }[] } };
    expect(recent.fields.find(({ field }) => field === 'executePlaybook')?.calls).toBeGreaterThan(0);
    expect(JSON.stringify(body)).not.toMatch(/redis:|token/);
  });

  test('the audit entries are those of the log, and can be searched', async () => {
    const found = await ask('admin', 'audit', { text: 'regression_test/hello_world', audit: 'mutation' });
    const { entries, kept } = found.body as unknown as { entries: Record<string, unknown>[]; kept: number };
    expect(entries[0]).toMatchObject({ audit: 'mutation', field: 'executePlaybook', outcome: 'started' });
    // The newest line may still be on its way to the file.
    await vi.waitFor(() => {
      const log = readFileSync(auditTo, 'utf8').split('\n').filter(Boolean);
      expect(log.map((line) => JSON.parse(line) as unknown)).toContainEqual(entries[0]);
    });
    expect(kept).toBeGreaterThan(1);
    const { status } = await ask('admin', 'audit', { text: 5 });
    expect(status).toBe(400);
  });

  test('lists the sessions of a user, and ends one of them with the rule of endSessions', async () => {
    const [doomed, kept] = [(await dev.login('viewer')).sessionToken, (await dev.login('viewer')).sessionToken];
    const { user } = (await ask(kept, 'me')).body as unknown as { user: { user_id: number } };
    const userId = String(user.user_id);
    const listed = async () => {
      const { body } = await ask('admin', 'sessions', { user: userId });
      return body as unknown as { isListed: boolean; sessions: { id: string; roles: string[]; isOwn: boolean }[] };
    };
    const { isListed, sessions } = await listed();
    expect(isListed).toBe(true);
    const id = listedId(sessionKey(parseSessionToken(doomed) ?? fail()));
    expect(sessions.find((one) => one.id === id)).toEqual({
      ...{ id, roles: ['viewer'], isOwn: false },
      ...{ since: expect.stringMatching(/Z$/), until: expect.stringMatching(/Z$/) },
      login: { issuer: expect.stringMatching(/^http/), isMachine: false },
    });
    for (const secret of [doomed, sessionKey(parseSessionToken(doomed) ?? fail())]) {
      expect(JSON.stringify(sessions)).not.toContain(secret);
    }
    const query = `mutation { endSessions(userId: "${userId}", session: "${id}") }`;
    const statusOf = async (token: string) => (await ask(token, 'me')).status;
    const refused = await graphql(dev.url, tokens['developer'], { query });
    expect(refused.body).toMatchObject({ errors: [{ extensions: { code: 'ERR_ACCESS_DENIED' } }] });
    expect([await statusOf(doomed), await statusOf(kept)]).toEqual([200, 200]);
    expect((await graphql(dev.url, tokens['admin'], { query })).body.data).toEqual({ endSessions: true });
    expect([await statusOf(doomed), await statusOf(kept)]).toEqual([401, 200]);
    expect((await listed()).sessions.map((one) => one.id)).not.toContain(id);
    const again = await graphql(dev.url, tokens['admin'], { query });
    expect(again.body).toMatchObject({ errors: [{ extensions: { code: 'ERR_NOT_FOUND' } }] });
    const { entries } = (await ask('admin', 'audit', { text: id })).body as unknown as { entries: object[] };
    const line = { by: 'operator', userId, session: id, operator: expect.any(String) };
    expect(entries).toContainEqual(expect.objectContaining({ ...line, audit: 'sessions_ended', outcome: 'ended' }));
    expect(entries).toContainEqual(
      expect.objectContaining({ ...line, audit: 'sessions_not_ended', reason: 'unknown_session' }),
    );
    expect((await ask('admin', 'sessions', { user: '' })).status).toBe(400);
  });

  test('marks the session of the operator', async () => {
    const { user } = (await ask('admin', 'me')).body as unknown as { user: { user_id: number } };
    const { body } = await ask('admin', 'sessions', { user: String(user.user_id) });
    const { sessions } = body as unknown as { sessions: { id: string; isOwn: boolean }[] };
    const own = listedId(sessionKey(parseSessionToken(tokens['admin'] ?? '') ?? fail()));
    expect(sessions.filter(({ isOwn }) => isOwn).map(({ id }) => id)).toEqual([own]);
  });

  test('without a pulled document there is nothing to compare', async () => {
    expect((await ask('admin', 'upstream')).body).toEqual({ state: 'none' });
  });
});
