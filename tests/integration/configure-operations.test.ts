import { buildSchema, type GraphQLObjectType } from 'graphql';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import config from '../../docs/examples/operations.config.ts';
import { type ExampleGateway, startExample } from '../support/example-gateway.ts';

let gateway: ExampleGateway;
let query: GraphQLObjectType;

beforeAll(async () => {
  gateway = await startExample(config);
  query = buildSchema(gateway.sdl, { assumeValidSDL: true }).getQueryType() as GraphQLObjectType;
});
afterAll(() => gateway?.stop());
afterEach(() => {
  gateway.dev.noetl.intercept = undefined;
});

const refused = 'ERR_REQUEST_INVALID';
const field = (name: string) => query.getFields()[name];
const argumentsOf = (name: string) => field(name)?.args.map((arg) => arg.name);

/** What `generate` says of these operations. */
const problemsOf = async (operations: unknown): Promise<readonly string[]> =>
  startExample({ ...config, operations }).then(
    (started) => started.stop().then(() => []),
    (error) => error.problems,
  );

const start = async (path: string): Promise<string> =>
  (await gateway.as('admin', 'mutation($path: String!) { executePlaybook(name: $path) { id } }', { path })).data
    .executePlaybook.id;

describe('open, rename and describe', () => {
  it('a field has the name and the words of the row; rows that one may not view are left out', async () => {
    expect(field('runs')?.description).toBe('Executions that the caller may view, newest first.');
    await start('data/report');
    await start('system/cleanup');
    const paths = (answer: { data: { runs: { path: string }[] } }) => answer.data.runs.map(({ path }) => path);
    expect(paths(await gateway.as('admin', '{ runs { path } }'))).toContain('system/cleanup');
    expect(new Set(paths(await gateway.as('analyst', '{ runs { path } }')))).toEqual(new Set(['data/report']));
  });

  it('what has no row is missing', async () => {
    expect(field('catalog')).toBeUndefined();
    expect(field('executions')).toBeUndefined();
    expect(field('upstreamHealth')).toBeUndefined();
    expect(gateway.notes).toContain('operations.upstreamHealth: closed(); not in the schema');
    expect(await gateway.as('admin', '{ executions { path } }')).toMatchObject({ data: undefined, codes: [refused] });
  });

  it('a read that is a POST is a query when the row declares it', async () => {
    const text = 'query { playbook(path: "data/report") { path } }';
    expect((await gateway.as('analyst', text)).data).toEqual({ playbook: { path: 'data/report' } });
    const hidden = await gateway.as('analyst', text.replace('data/report', 'system/cleanup'));
    expect(hidden).toMatchObject({ data: { playbook: null }, codes: ['ERR_ACCESS_DENIED'] });
  });
});

describe('arguments', () => {
  it('renamed, described and hidden; the rule is on the new name', async () => {
    expect(argumentsOf('playbookForm')).toEqual(['playbook']);
    expect(field('playbookForm')?.args[0]?.description).toBe('Its path in the catalog.');
    const text = '{ playbookForm(playbook: "data/report") { path } }';
    expect((await gateway.as('analyst', text)).data).toEqual({ playbookForm: { path: 'data/report' } });
    expect((await gateway.as('viewer', text)).codes).toEqual(['ERR_ACCESS_DENIED']);
  });

  it('constants are always sent and never offered', async () => {
    // The filters of a list are the gateway's own.
    expect(argumentsOf('latestRuns')).toEqual(['from', 'path', 'status', 'to']);
    const answer = await gateway.as('admin', '{ latestRuns { path } }');
    expect(answer.codes).toEqual([]);
    // A page that is not full of what the caller may see is filled up by more calls.
    expect(gateway.asked()).toContainEqual(expect.stringContaining('GET /api/executions?page=1&page_size=3&'));
  });
});

describe('fields of the answer', () => {
  it('renamed, with two names, and hidden', async () => {
    const id = await start('data/report');
    const answer = await gateway.as('admin', '{ history { id executionId took status } }');
    expect(answer.data.history[0]).toMatchObject({ id, executionId: id });
    for (const name of ['catalogId', 'error', 'durationHuman']) {
      expect((await gateway.as('admin', `{ history { ${name} } }`)).codes, name).toEqual([refused]);
    }
  });

  it('belong to a type, which is the same wherever it is reached', async () => {
    expect((await gateway.as('admin', '{ runs { id took } }')).codes).toEqual([]);
    expect((await gateway.as('admin', '{ runs { catalogId } }')).codes).toEqual([refused]);
    const { history, runs } = config.operations;
    const problems = await problemsOf({ history, runs: { ...runs, fields: { catalog_id: 'catalog' } } });
    expect(problems).toEqual([
      expect.stringMatching(/^operations\.runs\.fields\.catalog_id: conflicts with operations\.history/),
    ]);
  });
});

describe('bounds of one operation', () => {
  const ask = () => gateway.as('analyst', '{ dashboardStats { totalExecutions } }');

  it('an answer is reused for cacheTtlMs', async () => {
    const before = gateway.asked().length;
    const [first, second] = [await ask(), await ask()];
    expect(first.codes).toEqual([]);
    expect(second.data).toEqual(first.data);
    expect(gateway.asked().slice(before)).toEqual(['GET /api/dashboard/stats']);
  });

  it.each([
    ['slower than timeoutMs', 'hang' as const, 'ERR_UPSTREAM_TIMEOUT'],
    ['larger than maxResponseBytes', { status: 200, body: { status: 'x'.repeat(70_000) } }, 'ERR_UPSTREAM'],
  ])('an answer that is %s is an error, and is not kept', async (_name, reply, code) => {
    const fresh = await startExample(config);
    try {
      await fresh.as('analyst', '{ me { id } }');
      fresh.dev.noetl.intercept = ({ path }) => (path === '/api/dashboard/stats' ? reply : undefined);
      expect((await fresh.as('analyst', '{ dashboardStats { status } }')).codes).toEqual([code]);
      fresh.dev.noetl.intercept = undefined;
      expect((await fresh.as('analyst', '{ dashboardStats { status } }')).codes).toEqual([]);
    } finally {
      await fresh.stop();
    }
  });
});

describe('a custom rule', () => {
  const ask = (user: string, path: string) =>
    gateway.as(user, 'query($path: String) { playbookSource(path: $path) { content } }', { path });

  it('asks the grants, and says no to everybody else', async () => {
    expect((await ask('admin', 'data/report')).data.playbookSource.content).toContain('kind: Playbook');
    expect((await ask('analyst', 'data/report')).codes).toEqual(['ERR_ACCESS_DENIED']);
    // An argument that is a catalog path is one in normal form, before any rule is asked.
    expect((await ask('admin', '../system')).codes).toEqual(['ERR_REQUEST_INVALID']);
  });
});

describe('a playbook under a name of its own, with templates', () => {
  const report = 'mutation($v: JSON) { dailyReport(variables: $v) { executionId status } }';

  it('starts that playbook and no other', async () => {
    expect(
      buildSchema(gateway.sdl, { assumeValidSDL: true }).getMutationType()?.getFields()['dailyReport']?.args,
    ).toMatchObject([{ name: 'variables' }]);
    const answer = await gateway.as('analyst', report, { v: { period: '{{ month }}' } });
    expect(answer.codes).toEqual([]);
    expect(answer.data.dailyReport.executionId).toMatch(/^\d+$/);
    expect(gateway.dev.noetl.requests.at(-1)?.body).toMatchObject({
      path: 'data/report',
      workload: { period: '{{ month }}' },
    });
    expect((await gateway.as('viewer', report)).codes).toEqual(['ERR_ACCESS_DENIED']);
  });

  it('templates pass there only', async () => {
    const text = 'mutation($v: JSON) { executePlaybook(name: "data/report", variables: $v) { id } }';
    expect((await gateway.as('admin', text, { v: { period: '{{ month }}' } })).codes).toEqual(['ERR_REQUEST_INVALID']);
  });
});

describe('risks', () => {
  it('what must not be public is open with a reason, which generate repeats', async () => {
    expect(gateway.notes.join('\n')).toContain(
      'operations.serverStatus: GET /api/status is open at a risk: The operators’',
    );
    gateway.dev.noetl.intercept = ({ path }) =>
      path === '/api/status' ? { status: 200, body: { process: { pid: 7 }, system: {} } } : undefined;
    expect((await gateway.as('admin', '{ serverStatus { process { pid } } }')).data).toEqual({
      serverStatus: { process: { pid: 7 } },
    });
    expect((await gateway.as('developer', '{ serverStatus { process { pid } } }')).codes).toEqual([
      'ERR_ACCESS_DENIED',
    ]);
  });

  it('without a reason generate stops', async () => {
    const { acceptRisk: _, ...silent } = config.operations['serverStatus'] as { acceptRisk?: string };
    const problems = await problemsOf({ serverStatus: silent });
    expect(problems).toEqual([expect.stringMatching(/^operations\.serverStatus: .* must not be public.*acceptRisk/)]);
  });
});

it('a field of the gateway’s own', async () => {
  const { data } = await gateway.as('analyst', '{ me { id name roles sessionEnds } }');
  expect(data.me).toMatchObject({ name: 'Ann Analyst', roles: ['analyst'] });
  expect(Date.parse(data.me.sessionEnds)).toBeGreaterThan(Date.now());
});

describe('a field made of several operations', () => {
  const overview = (alias: string, path: string) => `${alias}: playbookOverview(path: "${path}") { path runs failed }`;

  it('has what each of them answers', async () => {
    await start('data/report');
    const { data, codes } = await gateway.as('analyst', `{ ${overview('report', 'data/report')} }`);
    expect(codes).toEqual([]);
    expect(data.report).toEqual({ path: 'data/report', runs: expect.any(Number), failed: 0 });
    expect(data.report.runs).toBeGreaterThan(0);
  });

  it('equal reads of one request are one call', async () => {
    const before = gateway.asked().length;
    const both = `{ ${overview('a', 'data/report')} ${overview('b', 'system/cleanup')} again: ${overview('x', 'data/report').slice(3)} }`;
    expect((await gateway.as('admin', both)).codes).toEqual([]);
    const asked = gateway.asked().slice(before);
    const lists = asked.filter((call) => call.startsWith('GET /api/executions?'));
    expect(asked.filter((call) => call === 'POST /api/catalog/resource')).toHaveLength(2);
    expect(new Set(lists).size).toBe(lists.length);
    expect(lists.filter((call) => call.includes('page_size=100'))).toHaveLength(1);
  });

  it('shows nothing that its caller may not see', async () => {
    const { codes } = await gateway.as('analyst', `{ ${overview('hidden', 'system/cleanup')} }`);
    expect(codes).toEqual(['ERR_ACCESS_DENIED']);
  });
});
