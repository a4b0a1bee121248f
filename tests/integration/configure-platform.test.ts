import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import config from '../../docs/examples/platform.config.ts';
import { type ExampleGateway, startExample } from '../support/example-gateway.ts';

let gateway: ExampleGateway;
const tokens: Record<string, string> = {};

/** A user with these groups logs in. */
async function login(name: string, groups: unknown): Promise<string> {
  const token = await gateway.dev.issuer.token({ sub: `dev|${name}`, email: `${name}@example.com`, name, groups });
  const { body } = await gateway.post('/api/auth/login', { auth0_token: token });
  return String(body['session_token']);
}

beforeAll(async () => {
  gateway = await startExample(config, { LOGINS_PER_MINUTE: '3', UPSTREAM_SECONDS: '1' });
  tokens['operator'] = await login('olga', ['platform-admins', 'chess-club']);
  tokens['data-team'] = await login('dan', ['data-engineers']);
  tokens['auditor'] = await login('ann', 'nothing-known');
});
afterAll(() => gateway?.stop());

const as = (who: string, text: string, variables?: unknown) => gateway.run(tokens[who] ?? '', text, variables);
const execute = (who: string, path: string) =>
  as(who, 'mutation($path: String!) { executePlaybook(name: $path) { id } }', { path });

describe('login of the gateway’s own', () => {
  it('runs no playbook', () => {
    expect(gateway.dev.noetl.requests.some(({ path }) => path === '/api/execute')).toBe(false);
  });

  it('roles come from the claim by the map, or are the default ones', async () => {
    const pools = '{ workerPools { count } }';
    expect((await as('operator', pools)).codes).toEqual([]);
    expect((await as('auditor', pools)).codes).toEqual([]);
    expect((await as('data-team', pools)).codes).toEqual(['ERR_ACCESS_DENIED']);
  });
});

describe('custom roles and grants', () => {
  it.each([
    ['operator', 'system/cleanup', []],
    ['data-team', 'data/report', []],
    ['data-team', 'system/cleanup', ['ERR_ACCESS_DENIED']],
    ['data-team', 'data/payroll/march', ['ERR_ACCESS_DENIED']],
    ['auditor', 'data/report', ['ERR_ACCESS_DENIED']],
    ['operator', 'api_integration/auth0/auth0_login', ['ERR_ACCESS_DENIED']],
  ])('%s, execute %s', async (who, path, codes) => {
    expect((await execute(who, path)).codes).toEqual(codes);
  });

  it('check-access decides by the same grants', async () => {
    const ask = { session_token: tokens['data-team'], playbook_path: 'reports/q1', permission_type: 'execute' };
    expect((await gateway.post('/api/auth/check-access', ask)).body['allowed']).toBe(true);
  });
});

describe('limits', () => {
  it('root fields', async () => {
    const four =
      '{ a: dashboardStats { status } b: dashboardStats { status } c: dashboardStats { status } d: dashboardStats { status } }';
    expect((await as('operator', four)).codes).toContain('ERR_QUERY_REFUSED');
    expect((await as('operator', four.replace(' d: dashboardStats { status }', ''))).codes).toEqual([]);
  });

  it('the size of a body', async () => {
    const answer = await as('operator', '{ dashboardStats { status } }', { padding: 'ab '.repeat(30_000) });
    expect(answer).toMatchObject({ status: 413, codes: ['ERR_BODY_TOO_LARGE'] });
  });

  it('logins a minute, by the environment', async () => {
    const statuses = [];
    for (let n = 0; n < 4; n += 1) statuses.push((await gateway.post('/api/auth/login', { auth0_token: 'x' })).status);
    expect(statuses).toEqual([401, 401, 401, 429]);
  });
});

describe('the environment', () => {
  it('NoETL has as long as UPSTREAM_SECONDS says', async () => {
    gateway.dev.noetl.intercept = ({ path }) => (path === '/api/dashboard/stats' ? 'hang' : undefined);
    // The default is longer than a test may take.
    expect((await as('operator', '{ dashboardStats { status } }')).codes).toEqual(['ERR_UPSTREAM_TIMEOUT']);
    gateway.dev.noetl.intercept = undefined;
  });

  it('every value that does not parse is a line of its own, with the name of the variable', async () => {
    const wrong = { LOGINS_PER_MINUTE: 'many', UPSTREAM_SECONDS: '0', PLATFORM_SESSION_STORE: 'mongodb://x' };
    const problems: string[] = await startExample(config, wrong).then(
      (started) => started.stop().then(() => []),
      (error) => error.problems,
    );
    expect(problems.map((line) => line.slice(0, line.indexOf(':'))).sort()).toEqual(Object.keys(wrong).sort());
  });
});

it('a custom Envelop plugin runs, and its errors reach the caller', async () => {
  const fragments =
    'query { ...a } fragment a on Query { dashboardStats { ...b } } fragment b on DashboardStats { status }';
  const type = /dashboardStats: (\w+)/.exec(gateway.sdl)?.[1] ?? '';
  const answer = await as('operator', fragments.replace('DashboardStats {', `${type} {`));
  expect(answer.text).toContain('One operation and one fragment at most.');
});
