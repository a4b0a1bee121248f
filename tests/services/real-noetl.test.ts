import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { withDerivedRows } from '../../gateway/config/actions.ts';
import type { GatewayConfig } from '../../gateway/config/gateway-config.ts';
import { createUpstream } from '../../gateway/upstream/upstream.ts';
import shipped from '../../gateway.config.ts';
import { buildSchema } from '../../generator/build-schema.ts';
import { printSorted } from '../../generator/emit/schema-files.ts';
import { pullPlaybooks } from '../../generator/pull/pull-playbooks.ts';
import { readDocument } from '../../generator/pull/pulled-files.ts';
import { pulledForm, readPlaybooks } from '../../generator/pull/pulled-playbooks.ts';
import { action } from '../../index.ts';
import { graphql } from '../support/dev-gateway.ts';
import { codeIn, executorCaller } from '../support/executor-caller.ts';
import { type NoetlRelease, pythonRelease } from '../support/noetl-release.ts';
import { temporaryFolder } from '../support/project.ts';
import { type RealNoetl, startRealNoetl } from '../support/real-noetl.ts';
import { type ServeProcess, startServe } from '../support/serve-process.ts';
import { playbooks } from './noetl/playbooks.ts';

const release = await pythonRelease();

describe.skipIf(release === undefined)('in front of a real NoETL server and worker', () => {
  let noetl: RealNoetl;
  let serve: ServeProcess;
  let token: string;

  beforeAll(async () => {
    noetl = await startRealNoetl(release as NoetlRelease);
    await noetl.credential('pg_local');
    for (const playbook of playbooks) await noetl.register(playbook);
    serve = await startServe({ NOETL_BASE_URL: noetl.url });
    token = await serve.login('developer@example.com');
  }, 180_000);
  afterAll(async () => {
    await serve?.close();
    await noetl?.stop();
  });

  const ask = (query: string, variables: Record<string, unknown> = {}) =>
    graphql(serve.url, token, { query, variables });

  async function execute(
    name: string,
    variables: Record<string, unknown> = { name: 'Ada', seconds: 20 },
  ): Promise<string> {
    const { body } = await ask(
      'mutation ($name: String!, $vars: JSON) { executePlaybook(name: $name, variables: $vars) { id name status } }',
      { name, vars: variables },
    );
    const started = body.data?.['executePlaybook'] as { id: string } | undefined;
    expect(started).toMatchObject({ id: expect.stringMatching(/^\d{18,19}$/), status: 'running' });
    return started?.id ?? '';
  }

  const look = async (id: string) => {
    const { body } = await ask('query ($id: ID!) { execution(id: $id) { id status result textOutput path } }', { id });
    return body.data?.['execution'] as Record<string, unknown>;
  };

  async function whenOver(id: string): Promise<Record<string, unknown>> {
    for (let left = 150; left > 0; left -= 1) {
      const execution = await look(id);
      if (execution['status'] !== 'RUNNING') return execution;
      await delay(200);
    }
    throw new Error('the execution did not end');
  }

  it('is ready, and logs in through a playbook that calls back', async () => {
    expect((await fetch(`${serve.internalUrl}/ready`)).status).toBe(200);
    expect(token).toMatch(/^[0-9a-f]{32}$/);
  });

  it('a process that has never seen the session asks the playbook, which finds it in PostgreSQL', async () => {
    const other = await startServe({ NOETL_BASE_URL: noetl.url });
    try {
      const validate = async (session_token: string) => {
        const answer = await fetch(`${other.url}/api/auth/validate`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ session_token }),
        });
        return (await answer.json()) as { valid: boolean; user?: { email: string } };
      };
      expect(await validate(token)).toMatchObject({ valid: true, user: { email: 'developer@example.com' } });
      expect(await validate('0123456789abcdef0123456789abcdef')).toMatchObject({ valid: false });
    } finally {
      await other.close();
    }
  });

  it('executes, watches and reads the whole result, digit for digit', async () => {
    const id = await execute('regression_test/hello_world', { name: 'Ada' });
    const answer = await fetch(`${serve.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify({
        query: `{ execution(id: "${(await whenOver(id))['id']}") { status result textOutput } }`,
      }),
    });
    const text = await answer.text();
    expect(JSON.parse(text).data.execution).toMatchObject({
      status: 'COMPLETED',
      textOutput: 'done',
      result: { list: [1, 2] },
    });
    expect(text).toContain('"big":"9007199254740993"');
  });

  it('runs an action: typed input and output, in the version that it pins', async () => {
    const config: GatewayConfig = {
      ...(shipped as unknown as GatewayConfig),
      actions: {
        hello: action('regression_test/one_step', {
          input: { name: 'String!' },
          output: { greeting: 'String!' },
          version: 1,
        }),
        helloNext: action('regression_test/one_step', { input: { name: 'String!' }, version: 2 }),
        wrong: action('regression_test/one_step', { input: { name: 'String!' }, output: { greeting: 'Int!' } }),
      },
    };
    const built = await buildSchema(await readDocument('.'), config);
    const upstream = createUpstream({ baseUrl: new URL(noetl.url), timeoutMs: 30_000, maxResponseBytes: 16_000_000 });
    const { operations } = withDerivedRows(config);
    const { ask: call } = executorCaller(upstream, {
      sdl: printSorted(built.sdl),
      operations: operations as never,
      clock: Object.assign(() => Date.now(), { advance: () => {} }) as never,
      pause: (ms) => delay(ms),
    });
    const start = async (field: string, selected: string) => {
      const args = { input: { name: 'Ada' }, waitSeconds: 30 };
      return call(`mutation { ${field}(input: { name: "Ada" }) { ${selected} } }`, { args });
    };
    expect((await start('hello', 'status version output { greeting }')).data).toEqual({
      hello: { status: 'COMPLETED', version: 1, output: { greeting: 'Hi, Ada' } },
    });
    expect((await start('helloNext', 'status')).data).toEqual({ helloNext: null });
    const wrong = await start('wrong', 'status output { greeting }');
    expect([wrong.data, codeIn(wrong)]).toEqual([{ wrong: { status: 'COMPLETED', output: null } }, 'ERR_OUTPUT_SHAPE']);
    await upstream.close();
  });

  it('pulls what actions need of a playbook', async () => {
    await noetl.register(`apiVersion: noetl.io/v2
kind: Playbook
metadata: {name: flights, path: forms/flights, description: Finds flights.}
workload:
  day: "" # ui:required # ui:format=date
  sort: price # ui:enum=[price,stops] # ui:description=The order.
  limit: 5
  api_key: sk-live-1
  near: null
workflow:
  - step: start
    tool: {kind: python, code: 'result = {}'}
`);
    const project = temporaryFolder();
    try {
      const actions = { flights: action('forms/flights', { version: 1 }) };
      const options = { projectDir: project.path, actions, patterns: ['regression_test/*'] };
      const { changed } = await pullPlaybooks(`${noetl.url}/openapi.json`, options);
      expect(changed).toEqual(
        expect.arrayContaining([
          'openapi/playbooks/forms/flights@1.json',
          'openapi/playbooks/regression_test/slow.json',
        ]),
      );
      expect(pulledForm(await readPlaybooks(project.path), 'forms/flights')).toEqual({
        ...{ path: 'forms/flights', version: 1, description: 'Finds flights.', steps: ['start'] },
        fields: [
          { name: 'day', kind: 'string', default: '', required: true, format: 'date' },
          { name: 'sort', kind: 'enum', default: 'price', description: 'The order.', options: ['price', 'stops'] },
          { name: 'limit', kind: 'integer', default: 5 },
          { name: 'api_key', kind: 'string', secret: true },
          { name: 'near', kind: 'null' },
        ],
      });
    } finally {
      project.remove();
    }
  });

  it('knows the end of a run that never writes one', async () => {
    const over = await whenOver(await execute('regression_test/one_step', { name: 'Ada' }));
    expect(over).toMatchObject({ status: 'COMPLETED', result: { greeting: 'Hi, Ada' } });
  });

  it('says FAILED, and nothing of why', async () => {
    const over = await whenOver(await execute('regression_test/failing', { why: 'a secret reason' }));
    expect(over['status']).toBe('FAILED');
    expect(JSON.stringify(over)).not.toContain('a secret reason');
  });

  it('leaves a finished run alone, and cancels one that runs', async () => {
    const done = await execute('regression_test/hello_world');
    await whenOver(done);
    const cancel = (id: string) =>
      ask('mutation ($id: ID!) { cancelExecution(id: $id) { status executionId } }', { id });
    expect((await cancel(done)).body.data?.['cancelExecution']).toMatchObject({ status: 'already_completed' });
    expect((await noetl.read(`/api/executions/${done}`))['status']).toBe('COMPLETED');
    const running = await execute('regression_test/slow');
    expect((await cancel(running)).body.data?.['cancelExecution']).toMatchObject({ status: 'cancelled' });
    expect(await whenOver(running)).toMatchObject({ status: 'CANCELLED' });
  });

  it('lists what may be seen, and no run of an auth playbook', async () => {
    const { body } = await ask('{ executions(pageSize: 100) { path } playbooks { entries { path } } }');
    const data: Record<string, unknown> = body.data ?? {};
    const paths = (data['executions'] as { path: string }[]).map(({ path }) => path);
    const { entries } = data['playbooks'] as { entries: { path: string }[] };
    expect(paths).toContain('regression_test/hello_world');
    expect(entries.map(({ path }) => path)).toContain('regression_test/slow');
    for (const seen of [...paths, ...entries.map(({ path }) => path)]) expect(seen).not.toMatch(/^(system|api_int)/);
    const all = (await noetl.read('/api/executions?page_size=100')) as unknown as {
      path: string;
      execution_id: string;
    }[];
    const login = all.find(({ path }) => path === 'api_integration/auth0/auth0_login');
    const hidden = await ask(`{ execution(id: "${login?.execution_id}") { id } }`);
    expect(hidden.body.errors?.[0]?.extensions.code).toBe('ERR_NOT_FOUND');
  });

  it('lists to the end that NoETL has, by pages, filters and time', async () => {
    await noetl.past('regression_test/slow', 6_000);
    const list = async (args: string) => {
      const { body } = await ask(`{ executions(${args}) { id path status startTime } }`);
      const rows = body.data?.['executions'] as { id: string; path: string; startTime: string }[] | null;
      return { rows: rows ?? [], error: JSON.stringify(body.errors ?? []) };
    };
    expect((await list('page: 11, pageSize: 100')).rows).toHaveLength(100);
    const seen = new Set<string>();
    for (let page = 1; page <= 6; page += 1) {
      for (const { id } of (await list(`page: ${page}, pageSize: 1000`)).rows) seen.add(id);
    }
    // Those of the auth playbooks are not among them.
    expect(seen.size).toBeGreaterThan(5_150);
    expect(seen.size).toBeLessThanOrEqual(5_200);
    const past = await list('page: 7, pageSize: 1000');
    expect(past).toMatchObject({ rows: [], error: expect.stringContaining('NoETL lists no older ones') });
    const to = new Date(Date.now() - 4_000 * 60_000).toISOString();
    const { rows } = await list(`to: "${to}", pageSize: 5, path: "test/slow", status: "COMPLETED"`);
    expect(rows).toHaveLength(5);
    expect(Date.parse(to) - Date.parse(rows[0]?.startTime ?? '')).toBeLessThan(61_000);
    expect((await list('path: "no/such/playbook"')).error).toContain('nothing was found back to');
    const answer = await fetch(`${serve.url}/noetl/executions?limit=100&offset=1100`, {
      headers: { authorization: `Bearer ${token}` },
    });
    expect([answer.headers.get('x-noetl-has-more'), (await answer.json()) as unknown[]]).toMatchObject([
      'true',
      { length: 100 },
    ]);
  });

  it('gives events with exact ids', async () => {
    const id = await execute('regression_test/hello_world');
    await whenOver(id);
    const events = await fetch(`${serve.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify({ query: `{ executionEvents(id: "${id}") }` }),
    });
    const direct = await (await fetch(`${noetl.url}/api/executions/${id}/events`)).text();
    const [, eventId] = /"event_id":\s*(\d{18,19})/.exec(direct) ?? [];
    expect(await events.text()).toContain(`"event_id":"${eventId}"`);
  });

  it('refuses unknown playbooks, denied ones, templates and dead sessions', async () => {
    const start = async (name: string, vars = {}) =>
      (
        await ask('mutation ($n: String!, $v: JSON) { executePlaybook(name: $n, variables: $v) { id } }', {
          n: name,
          v: vars,
        })
      ).body.errors?.[0]?.extensions.code;
    expect(await start('regression_test/none')).toBe('ERR_NOT_FOUND');
    expect(await start('system/cleanup')).toBe('ERR_ACCESS_DENIED');
    expect(await start('api_integration/auth0/auth0_login')).toBe('ERR_ACCESS_DENIED');
    expect(await start('regression_test/hello_world', { name: '{{ 7*7 }}' })).toBe('ERR_REQUEST_INVALID');
    expect((await graphql(serve.url, 'no-such-session', { query: '{ __typename }' })).status).toBe(401);
  });
});
