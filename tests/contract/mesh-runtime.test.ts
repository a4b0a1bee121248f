import { processDirectives } from '@graphql-mesh/transport-rest';
import { buildSchema, graphql } from 'graphql';
import { expect, test } from 'vitest';
import { callFor } from '../../gateway/calls/call-plan.ts';
import { isGatewayRow } from '../../gateway/config/gateway-config.ts';
import { executorCaller, generatedSdl } from '../support/executor-caller.ts';
import { scriptedUpstream } from '../support/scripted-upstream.ts';

interface Sent {
  readonly method: string;
  readonly path: string;
  readonly query: readonly string[];
  readonly body: unknown;
}

/** What Mesh's own runtime sends for an operation on the schema that it has made. */
async function sentByMesh(source: string): Promise<readonly Sent[]> {
  const sent: Sent[] = [];
  const schema = processDirectives(buildSchema(generatedSdl, { assumeValidSDL: true }), {
    endpoint: 'http://noetl.example.com',
    globalFetch: async (address: string, init: { method?: string; body?: unknown } = {}) => {
      const { pathname, searchParams } = new URL(address);
      const body: unknown = typeof init.body === 'string' ? JSON.parse(init.body) : undefined;
      sent.push({ method: init.method ?? 'GET', path: pathname, query: queryOf([...searchParams]), body });
      return new Response('{}', { headers: { 'content-type': 'application/json' } });
    },
  } as Parameters<typeof processDirectives>[1]);
  await graphql({ schema, source, contextValue: {} });
  return sent;
}

const queryOf = (pairs: readonly (readonly [string, string])[]) => pairs.map((pair) => pair.join('=')).toSorted();

const harmless: readonly (readonly [source: string, args: Record<string, unknown>])[] = [
  ['{ execution(id: "767008253774397449") { status } }', { id: '767008253774397449' }],
  ['{ executions(page: 2, pageSize: 20) { id } }', { page: 2, pageSize: 20 }],
  [
    '{ executionEvents(id: "7", eventType: "call.done", page: 1, pageSize: 10) }',
    { id: '7', eventType: 'call.done', page: 1, pageSize: 10 },
  ],
  [
    '{ playbooks(resourceType: "Playbook", agentOnly: false) { entries { path } } }',
    { resourceType: 'Playbook', agentOnly: false },
  ],
  ['{ playbook(path: "data/report", version: 2) { path } }', { path: 'data/report', version: 2 }],
  ['{ dashboardStats { status } }', {}],
  ['{ upstreamHealth { status } }', {}],
  ['{ workerPools(runtime: "python") { count } }', { runtime: 'python' }],
  ['mutation { cancelExecution(id: "7", reason: "enough") { status } }', { id: '7', reason: 'enough' }],
  [
    'mutation { executePlaybook(name: "data/report", variables: {period: "day", list: [1, "a", null]}) { status } }',
    { name: 'data/report', variables: { period: 'day', list: [1, 'a', null] } },
  ],
  [
    'mutation { rerunExecution(id: "7", variables: {period: "day"}) { id } }',
    { id: '7', variables: { period: 'day' } },
  ],
  ['{ executionStatus(id: "7", full: true) }', { id: '7', full: true }],
  ['{ agents(capability: "search") { entries { path } } }', { capability: 'search' }],
  ['{ playbookForm(path: "report", version: 2) { path } }', { path: 'report', version: 2 }],
  [
    'mutation { registerPlaybook(content: "kind: Playbook", resourceType: "Playbook") { path } }',
    { content: 'kind: Playbook', resourceType: 'Playbook' },
  ],
  ['{ credentials(type: "postgres") { items { name } } }', { type: 'postgres' }],
  ['{ credential(identifier: "pg_main") { name } }', { identifier: 'pg_main' }],
  [
    'mutation { saveCredential(name: "pg", credentialType: "postgres", data: {user: "u"}) { name } }',
    { name: 'pg', credentialType: 'postgres', data: { user: 'u' } },
  ],
  ['mutation { deleteCredential(identifier: "pg_main") }', { identifier: 'pg_main' }],
];

test.each(harmless)('for harmless input a call plan sends what Mesh sends: %s', async (source, args) => {
  const { rootFields } = executorCaller(scriptedUpstream({}).upstream);
  const field = /\{\s*(\w+)/.exec(source)?.[1] ?? '';
  const plan = rootFields.get(field)?.plan;
  if (plan === undefined) throw new Error(`no plan for ${field}`);
  const { method, path, query = [], body } = callFor(plan, args);
  expect([{ method, path, query: queryOf(query), body }]).toEqual(await sentByMesh(source));
});

test('every field that calls NoETL is compared', () => {
  const { rootFields } = executorCaller(scriptedUpstream({}).upstream);
  const compared = harmless.map(([source]) => /\{\s*(\w+)/.exec(source)?.[1]);
  const calling = [...rootFields].filter(([, { row }]) => !isGatewayRow(row)).map(([name]) => name);
  expect(compared.toSorted()).toEqual(calling.toSorted());
});

test('where they differ: Mesh lets a path argument leave its segment', async () => {
  const [sent] = await sentByMesh('{ execution(id: "../internal?x=1") { status } }');
  expect(sent).toMatchObject({ path: '/api/internal', query: ['x=1'] });
});
