import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from 'graphql-sse';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { DevGateway } from '../../dev/start-dev.ts';
import { graphql, startDevGateway } from '../support/dev-gateway.ts';

let dev: DevGateway;
let token = '';
beforeAll(async () => {
  dev = await startDevGateway();
  token = (await dev.login('developer')).sessionToken;
});
afterAll(() => dev.stop());

const fields = 'id status currentStep result textOutput error progress finishedAt steps { name status }';

interface Seen {
  readonly data?: Record<string, Record<string, unknown> | null> | null;
  readonly errors?: readonly { readonly message: string; readonly extensions?: { readonly code?: string } }[];
}

/** Everything that a subscription gives until it completes. */
async function collect(query: string, variables: Record<string, unknown>, by = token, url = dev.url): Promise<Seen[]> {
  const client = createClient({
    url: `${url}/graphql`,
    headers: { authorization: `Bearer ${by}` },
    retryAttempts: 0,
  });
  const seen: Seen[] = [];
  for await (const event of client.iterate({ query, variables })) seen.push(event as Seen);
  return seen;
}

const updates = (id: string, by = token, wanted = fields) =>
  collect(`subscription Watch($id: ID!) { executionUpdates(id: $id) { ${wanted} } }`, { id }, by);

async function start(name: string, variables: unknown = {}, by = token): Promise<string> {
  const query = 'mutation($name: String!, $vars: JSON) { executePlaybook(name: $name, variables: $vars) { id } }';
  const { body } = await graphql(dev.url, by, { query, variables: { name, vars: variables } });
  const { executePlaybook } = body.data as { executePlaybook: { id: string } };
  return executePlaybook.id;
}

describe('executionUpdates', () => {
  test('each change of status or step once, then the result, then the end', async () => {
    const id = await start('regression_test/live', { seconds: 4 });
    const seen = await updates(id);
    const states = seen.map(({ data }) => data?.['executionUpdates']);
    expect(states.at(-1)).toMatchObject({ id, status: 'COMPLETED', progress: 100, error: null });
    expect(states.at(-1)?.['result']).not.toBeNull();
    expect(states.at(-1)?.['textOutput']).toBe('Your flight XX 101 is booked.');
    expect(states.slice(0, -1).every((state) => state?.['status'] === 'RUNNING')).toBe(true);
    const marks = states.map((state) => JSON.stringify([state?.['status'], state?.['steps']]));
    expect(new Set(marks).size).toBe(marks.length);
    const steps = states.map((state) => state?.['currentStep']);
    for (const step of ['start', 'compare', 'book', 'notify']) expect(steps).toContain(step);
  });

  test('a failed and a cancelled run end their streams', async () => {
    const failed = await updates(await start('regression_test/failing'));
    expect(failed.at(-1)?.data?.['executionUpdates']).toMatchObject({ status: 'FAILED', error: expect.any(String) });
    const id = await start('regression_test/slow', { seconds: 60 });
    const stream = updates(id);
    await new Promise((resolve) => setTimeout(resolve, 300));
    await graphql(dev.url, token, {
      query: 'mutation($id: ID!) { cancelExecution(id: $id) { status } }',
      variables: { id },
    });
    expect((await stream).at(-1)?.data?.['executionUpdates']).toMatchObject({ status: 'CANCELLED', result: null });
  });

  test('a finished run gives its result at once', async () => {
    const id = await start('regression_test/hello_world');
    await updates(id);
    const again = await updates(id);
    expect(again).toHaveLength(1);
    expect(again[0]?.data?.['executionUpdates']).toMatchObject({ id, status: 'COMPLETED' });
  });

  test('hidden and missing read the same, and nothing of them is shown', async () => {
    const analyst = (await dev.login('analyst')).sessionToken;
    const id = await start('regression_test/slow', { seconds: 30 });
    for (const wanted of [id, '768000000000000000']) {
      const seen = await updates(wanted, analyst);
      expect(seen.map(({ data }) => data?.['executionUpdates'] ?? null)).toEqual([null]);
      expect(seen[0]?.errors?.map(({ extensions }) => extensions?.code)).toEqual(['ERR_NOT_FOUND']);
    }
    expect((await updates('not-an-id'))[0]?.errors?.[0]?.extensions?.code).toBe('ERR_REQUEST_INVALID');
  });

  test('a session that ends, ends the stream with its code', async () => {
    const own = (await dev.login('developer')).sessionToken;
    const id = await start('regression_test/slow', { seconds: 60 });
    const stream = updates(id, own, 'status');
    await new Promise((resolve) => setTimeout(resolve, 300));
    await fetch(`${dev.url}/api/auth/logout`, { method: 'POST', headers: { authorization: `Bearer ${own}` } });
    const seen = await stream;
    expect(seen.at(-1)?.errors?.[0]?.extensions?.code).toBe('ERR_SESSION_INVALID');
  }, 20_000);

  test('without a session nothing begins', async () => {
    const answer = await fetch(`${dev.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
      body: JSON.stringify({ query: 'subscription { executionUpdates(id: "1") { id } }' }),
    });
    expect(answer.status).toBe(401);
  });

  test('many listeners of one execution share its looks, and when all have left none is taken', async () => {
    const id = await start('regression_test/slow', { seconds: 60 });
    const client = createClient({ url: `${dev.url}/graphql`, headers: { authorization: `Bearer ${token}` } });
    const query = 'subscription Watch($id: ID!) { executionUpdates(id: $id) { status } }';
    const streams = Array.from({ length: 50 }, () => client.iterate({ query, variables: { id } }));
    await Promise.all(streams.map((stream) => stream.next()));
    const callsOf = () => dev.noetl.requests.filter(({ path }) => path.startsWith(`/api/executions/${id}`)).length;
    const before = callsOf();
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    expect(callsOf() - before).toBeLessThanOrEqual(12);
    await Promise.all(streams.map((stream) => stream.return?.()));
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    const left = callsOf();
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    expect(callsOf()).toBe(left);
  }, 20_000);
});

test('executionsUpdates: what begins and ends on a path, and nothing that is hidden', async () => {
  const client = createClient({ url: `${dev.url}/graphql`, headers: { authorization: `Bearer ${token}` } });
  const query = 'subscription List($path: String) { executionsUpdates(path: $path) { id path status } }';
  const stream = client.iterate({ query, variables: { path: 'regression_test/hello*' } });
  const seen: unknown[] = [];
  const reading = (async () => {
    for await (const { data } of stream) seen.push(data?.['executionsUpdates']);
  })();
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  const admin = (await dev.login('admin')).sessionToken;
  await start('regression_test/slow', { seconds: 1 });
  const id = await start('regression_test/hello_world', {}, admin);
  for (let left = 100; left > 0 && !JSON.stringify(seen).includes('COMPLETED'); left -= 1) {
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  await stream.return?.();
  await reading;
  expect(seen).toContainEqual({ id, path: 'regression_test/hello_world', status: 'COMPLETED' });
  expect(seen.every((each) => (each as { id: string }).id === id)).toBe(true);
}, 20_000);

test('grants that change while a stream is open count for it, whether or not something happens', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'gateway-policy-'));
  const policyFile = join(folder, 'policy.yaml');
  const grantsOn = (patterns: string) =>
    writeFile(policyFile, `grants:\n  - { role: developer, allow: all, patterns: '${patterns}' }\n`);
  await grantsOn('*');
  const own = await startDevGateway({ policyFile });
  try {
    const by = (await own.login('developer')).sessionToken;
    const { body } = await graphql(own.url, by, {
      query: 'mutation { executePlaybook(name: "regression_test/slow", variables: { seconds: 120 }) { id } }',
    });
    const { executePlaybook } = body.data as { executePlaybook: { id: string } };
    const { id } = executePlaybook;
    const query = 'subscription Watch($id: ID!) { executionUpdates(id: $id) { status } }';
    const stream = collect(query, { id }, by, own.url);
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    await grantsOn('data/*');
    const seen = await stream;
    expect(seen[0]?.data?.['executionUpdates']).toEqual({ status: 'RUNNING' });
    expect(seen.at(-1)?.errors?.[0]?.extensions?.code).toBe('ERR_NOT_FOUND');
  } finally {
    await own.stop();
    await rm(folder, { recursive: true, force: true });
  }
}, 30_000);
