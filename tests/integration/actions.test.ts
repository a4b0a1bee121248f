import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import config from '../../docs/examples/actions.config.ts';
import { action } from '../../index.ts';
import { type ExampleGateway, startExample } from '../support/example-gateway.ts';

let gateway: ExampleGateway;

beforeAll(async () => {
  gateway = await startExample(config);
});
afterAll(() => gateway?.stop());

const problemsOf = async (actions: unknown, more: object = {}): Promise<readonly string[]> =>
  startExample({ ...config, actions, ...more }).then(
    (started) => started.stop().then(() => []),
    (error) => error.problems,
  );

const starts = () => gateway.asked().filter((path) => path === '/api/execute').length;
const greet =
  'mutation($input: GreetInput!) { greet(input: $input, waitSeconds: 10) { id status output { greeting } } }';

describe('a run', () => {
  it('has the part of the result that the action declares', async () => {
    const answer = await gateway.as(
      'admin',
      'mutation { searchFlights(input: { query: "SFO to JFK" }, waitSeconds: 10) { id status output { summary_text } failure { message } startedAt finishedAt steps(names: ["search"]) { name status } } }',
    );
    expect(answer.data.searchFlights).toMatchObject({
      status: 'COMPLETED',
      output: { summary_text: '3 flights found for: SFO to JFK' },
      failure: null,
      steps: [{ name: 'search', status: 'COMPLETED' }],
    });
  });

  it('is started without waiting, and read by its id until its end', async () => {
    const { data } = await gateway.as(
      'admin',
      'mutation { greet(input: {}) { id status output { greeting } startedAt } }',
    );
    expect(data.greet).toMatchObject({ status: 'RUNNING', output: null, startedAt: null });
    await expect
      .poll(
        async () =>
          (await gateway.as('admin', `{ greetRun(id: "${data.greet.id}") { status output { greeting } } }`)).data,
      )
      .toEqual({ greetRun: { status: 'COMPLETED', output: { greeting: 'Hello, you!' } } });
  });

  it('keeps long integers, lists of own types, and nothing that is not declared', async () => {
    const query =
      'mutation { report(input: { period: "week" }, waitSeconds: 5) { output { period rows { day } total } version } }';
    const answer = await gateway.as('analyst', query);
    expect(answer.data.report).toEqual({
      output: { period: 'week', rows: [{ day: 1 }], total: '320816801799737344' },
      version: 2,
    });
  });

  it('whose result does not fit is an error that names the place, and never the value', async () => {
    const answer = await gateway.as(
      'admin',
      'mutation { greetWrongly(waitSeconds: 10) { status output { greeting } } }',
    );
    expect(answer.data.greetWrongly).toEqual({ status: 'COMPLETED', output: null });
    expect(answer.codes).toEqual(['ERR_OUTPUT_SHAPE']);
    expect(answer.text).toContain('output.greeting is not a list');
    expect(answer.text).not.toContain('Hello');
  });

  it('of another playbook does not exist', async () => {
    const { data } = await gateway.as('admin', 'mutation { executePlaybook(name: "data/report") { id } }');
    const { id } = data.executePlaybook;
    const read = await gateway.as('admin', `{ greetRun(id: "${id}") { status } }`);
    expect([read.data, read.codes]).toEqual([{ greetRun: null }, ['ERR_NOT_FOUND']]);
    expect((await gateway.as('admin', `{ reportRun(id: "${id}") { id } }`)).data.reportRun).toEqual({ id });
  });

  it('is streamed to its end', async () => {
    const { data } = await gateway.as('admin', 'mutation { greet(input: { name: "Ada" }) { id } }');
    const token = (await gateway.dev.login('admin')).sessionToken;
    const query = `subscription { greetUpdates(id: "${data.greet.id}") { status output { greeting } } }`;
    const answer = await fetch(`${gateway.dev.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'text/event-stream', authorization: `Bearer ${token}` },
      body: JSON.stringify({ query }),
    });
    const text = await answer.text();
    expect(text).toContain('"greetUpdates":{"status":"COMPLETED","output":{"greeting":"Hello, Ada!"}}');
    expect(text.trimEnd()).toMatch(/event: complete/);
  });
});

describe('input', () => {
  it('that is not as declared starts nothing, and the answer lists every problem', async () => {
    const before = starts();
    const wrong = await gateway.as('admin', greet, { input: { nam: 'x', name: 7 } });
    expect(wrong.codes).toEqual(['ERR_REQUEST_INVALID', 'ERR_REQUEST_INVALID']);
    expect(wrong.text).toMatch(/nam\b.*not defined by type/);
    expect((await gateway.as('admin', 'mutation { searchFlights(input: {}) { id } }')).text).toContain('query');
    expect((await gateway.as('admin', greet, { input: { name: '{{ 7 * 7 }}' } })).codes).toEqual([
      'ERR_REQUEST_INVALID',
    ]);
    expect(starts()).toBe(before);
  });

  it('goes to NoETL as the variables, with the playbook and the version of the action', async () => {
    await gateway.as('admin', 'mutation { report(input: { period: "day" }) { id } }');
    const sent = gateway.dev.noetl.requests.findLast(({ path }) => path === '/api/execute');
    expect(sent?.body).toMatchObject({ path: 'data/report', version: 2, workload: { period: 'day' } });
  });
});

describe('access', () => {
  it('is that to the playbook', async () => {
    const before = starts();
    expect((await gateway.as('analyst', greet, { input: {} })).codes).toEqual(['ERR_ACCESS_DENIED']);
    expect((await gateway.as('viewer', 'mutation { report(input: {}) { id } }')).codes).toEqual(['ERR_ACCESS_DENIED']);
    expect(starts()).toBe(before);
    const { data } = await gateway.as('admin', greet, { input: {} });
    const hidden = await gateway.as('analyst', `{ greetRun(id: "${data.greet.id}") { status } }`);
    expect([hidden.data, hidden.codes]).toEqual([{ greetRun: null }, ['ERR_NOT_FOUND']]);
  });

  it('a config that names another playbook than the schema starts does not start', async () => {
    const { resolveConfig } = await import('../../gateway/config/resolve-config.ts');
    const { pairRootFields } = await import('../../gateway/calls/root-fields.ts');
    const { parse } = await import('graphql');
    const changed = { ...config, actions: { ...config.actions, greet: action('data/report', { input: {} }) } };
    const environment = {
      NODE_ENV: 'development',
      GATEWAY_TRUSTED_ISSUERS: 'https://issuer.example.com/',
      GATEWAY_AUDIENCES: 'app',
    };
    const { operations } = resolveConfig(changed as never, environment).config;
    expect(pairRootFields(parse(gateway.sdl), operations).problems).toEqual([
      'greet: the schema does not start data/report; run generate',
    ]);
  });
});

describe('POST /actions/…', () => {
  const ask = async (user: string, path: string, body?: unknown, headers: Record<string, string> = {}) => {
    const { sessionToken } = await gateway.dev.login(user);
    return fetch(`${gateway.dev.url}${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${sessionToken}`, ...headers },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  };

  it('answers with the output when it ends in time', async () => {
    const answer = await ask('admin', '/actions/search-flights', { query: 'SFO to JFK' }, { prefer: 'wait=10' });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('preference-applied')).toBe('wait=10');
    expect(await answer.json()).toEqual({ summary_text: '3 flights found for: SFO to JFK' });
  });

  it('answers 202 with the place of the run, which is read there', async () => {
    const answer = await ask('admin', '/actions/greet', { name: 'Ada' });
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([202, '1']);
    const place = answer.headers.get('location') ?? '';
    expect(place).toMatch(/^\/actions\/greet\/runs\/\d+$/);
    await expect
      .poll(async () => (await ask('admin', place)).json())
      .toMatchObject({ status: 'COMPLETED', output: { greeting: 'Hello, Ada!' } });
    expect((await ask('admin', place.replace('greet', 'report'))).status).toBe(404);
    expect((await ask('analyst', place)).status).toBe(404);
  });

  it('waits no longer than the action allows', async () => {
    const answer = await ask('admin', '/actions/report', {}, { prefer: 'respond-async, wait=3000' });
    expect(answer.headers.get('preference-applied')).toBe('wait=5');
  });

  it('refuses what GraphQL refuses, with the same words', async () => {
    const before = starts();
    const codes = async (answer: Promise<Response>) => {
      const { status } = await answer;
      return [status, ((await (await answer).json()) as { code: string }).code];
    };
    expect(await codes(ask('admin', '/actions/greet', { nam: 'x' }))).toEqual([400, 'ERR_REQUEST_INVALID']);
    expect(await codes(ask('admin', '/actions/greet', [1]))).toEqual([400, 'ERR_REQUEST_INVALID']);
    expect(await codes(ask('analyst', '/actions/greet', {}))).toEqual([403, 'ERR_ACCESS_DENIED']);
    expect(await codes(ask('admin', '/actions/no-such', {}))).toEqual([404, 'ERR_NOT_FOUND']);
    expect((await ask('admin', '/actions/greet')).status).toBe(405);
    const bare = await fetch(`${gateway.dev.url}/actions/greet`, { method: 'POST' });
    expect(bare.status).toBe(401);
    expect(starts()).toBe(before);
    expect(await codes(ask('admin', '/actions/greet-wrongly', {}, { prefer: 'wait=10' }))).toEqual([
      502,
      'ERR_OUTPUT_SHAPE',
    ]);
  });

  it('of a run that fails answers with its reason', async () => {
    const answer = await ask('admin', '/actions/fail', {}, { prefer: 'wait=10' });
    expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([502, 'ERR_RUN_FAILED']);
    expect(answer.headers.get('content-location')).toMatch(/^\/actions\/fail\/runs\/\d+$/);
  });
});

describe('as a tool', () => {
  const connected = async (mode: 'legacy' | { pin: string } = { pin: '2026-07-28' }) => {
    const { sessionToken } = await gateway.dev.login('admin');
    const client = new Client({ name: 'test', version: '1.0.0' }, { versionNegotiation: { mode } });
    const requestInit = { headers: { authorization: `Bearer ${sessionToken}` } };
    await client.connect(new StreamableHTTPClientTransport(new URL(`${gateway.dev.url}/mcp`), { requestInit }));
    return client;
  };

  it('it takes the input, and has the schema of its run', async () => {
    const client = await connected();
    const { tools } = await client.listTools();
    const tool = (name: string) => tools.find((one) => one.name === name);
    expect(tool('searchFlights')).toMatchObject({
      description: expect.stringContaining('for the tool searchFlightsRun'),
      inputSchema: {
        type: 'object',
        properties: { query: { type: 'string' } },
        required: ['query'],
        additionalProperties: false,
      },
      outputSchema: {
        type: 'object',
        required: expect.arrayContaining(['id', 'status', 'output']),
        properties: {
          id: { type: 'string' },
          output: {
            type: ['object', 'null'],
            properties: { summary_text: { type: 'string' } },
            required: ['summary_text'],
          },
        },
      },
    });
    expect(tool('greet')?.inputSchema).toMatchObject({ properties: { name: { type: 'string', default: 'you' } } });
    expect(tool('greet')?.inputSchema).not.toHaveProperty('required');
    expect(tool('fail')?.inputSchema).toEqual({ type: 'object', additionalProperties: true });
    expect(tool('searchFlightsRun')?.annotations?.readOnlyHint).toBe(true);
    await client.close();
  });

  // The SDK's client refuses a result that is not of the schema.
  it.each(['legacy', { pin: '2026-07-28' }] as const)(
    'its result is structured, digit for digit, by %j',
    async (mode) => {
      const client = await connected(mode);
      await client.listTools();
      const result = await client.callTool({ name: 'report', arguments: { period: 'week' } });
      expect(result.structuredContent).toMatchObject({
        status: 'COMPLETED',
        output: { period: 'week', rows: [{ day: 1 }], total: '320816801799737344' },
      });
      expect(JSON.parse((result.content[0] as { text: string }).text)).toEqual(result.structuredContent);
      const { id } = result.structuredContent as { id: string };
      const read = await client.callTool({ name: 'reportRun', arguments: { id } });
      expect(read.structuredContent).toEqual(result.structuredContent);
      await client.close();
    },
  );

  it('what fails is an error with its reason', async () => {
    const client = await connected();
    await client.listTools();
    const failed = await client.callTool({ name: 'fail', arguments: {} });
    expect(failed).toMatchObject({ isError: true });
    expect((failed.content[0] as { text: string }).text).toMatch(/^ERR_RUN_FAILED: the run FAILED: /);
    const misfit = await client.callTool({ name: 'greetWrongly', arguments: {} });
    expect(misfit).toMatchObject({ isError: true });
    expect(JSON.stringify(misfit)).toContain('ERR_OUTPUT_SHAPE: output.greeting is not a list');
    expect(JSON.stringify(await client.callTool({ name: 'greet', arguments: { nam: 'x' } }))).toContain('nam');
    await client.close();
  });
});

describe('the config', () => {
  it.each([
    [{ Bad: action('a/b') }, 'actions.Bad: must be a name in camelCase'],
    [{ greet: { playbook: 'a/b', inputs: {} } }, /^actions\.greet\.inputs: /],
    [{ greet: action('a/b', { input: { a: 'Strin' } }) }, /^actions\.greet\.input\.a: there is no type Strin;/],
    [
      { greet: action('a/b', { input: { a: 'String } type Query { x: Int' } }) },
      /^actions\.greet\.input\.a: must be a type/,
    ],
    [{ greet: action('a/b', { output: { a: 'String @x' } }) }, /^actions\.greet\.output\.a: must be a type/],
    [{ greet: action('a/b', { output: {} }) }, 'actions.greet.output: has no members; leave it out'],
    [
      { greet: action('a/b', { input: { a: 'T' }, output: { a: 'T' }, types: { T: { b: 'Int' } } }) },
      'actions.greet.types.T: is of the input and of the output; give each a type of its own',
    ],
    [
      {
        one: action('a/b', { output: { a: 'T' }, types: { T: { b: 'Int' } } }),
        two: action('a/b', { output: { a: 'T' }, types: { T: { b: 'String' } } }),
      },
      'actions.two.types.T: actions.one has a type of that name with other members',
    ],
    [{ one: null, two: action('a/b', { types: { T: { b: 'Int' } } }) }, /^actions\.one: /],
    [{ execution: action('a/b') }, 'actions.execution: operations.execution has that name; choose another one'],
    [{ greet: action('../b', {}) }, 'actions.greet.playbook: must be a catalog path in normal form'],
  ])('%j is refused', async (actions, problem) => {
    expect(await problemsOf(actions)).toEqual([typeof problem === 'string' ? problem : expect.stringMatching(problem)]);
  });

  it('a rule on a fixed playbook is of actions only', async () => {
    const execution = { ...config.operations['execution'], access: { kind: 'path', permission: 'view', path: 'a/b' } };
    expect(await problemsOf({}, { operations: { ...config.operations, execution } })).toContainEqual(
      'operations.execution.access: a rule on a fixed playbook is for actions only',
    );
  });
});
