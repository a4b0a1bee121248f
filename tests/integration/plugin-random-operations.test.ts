import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fieldRules } from '../../gateway/calls/root-fields.ts';
import { createExecutableSchema } from '../../gateway/operations/executable-schema.ts';
import { createLocalAccessChecker } from '../../plugins/noetl-auth/access/access-checkers.ts';
import { compileGrants } from '../../plugins/noetl-auth/access/decision.ts';
import type { AccessChecker, Upstream, UpstreamCall } from '../../plugins/ports.ts';
import { generatedSdl, shippedOperations } from '../support/executor-caller.ts';
import { requestOf } from '../support/operation-text.ts';
import {
  codes,
  executions,
  type PluginGatewayOptions,
  pluginGateway,
  post,
  reserved,
} from '../support/plugin-gateway.ts';
import { randomDocument, type UsableFields } from '../support/random-operation.ts';
import { runsOf } from '../support/random-runs.ts';
import { randomGrants, randomUser, reference } from '../support/reference-decision.ts';

/** The root fields of the small schema. */
const small: UsableFields = {
  playbook: {
    root: 'query',
    argument: { name: 'path', holds: 'path', fallback: 'data/default' },
    subfields: '{ path }',
    weight: 4,
  },
  workerPools: { root: 'query' },
  special: { root: 'query' },
  unruled: { root: 'query' },
  shut: { root: 'query' },
  executePlaybook: { root: 'mutation', argument: { name: 'name', holds: 'path' }, subfields: '{ id }', weight: 3 },
  cancelExecution: { root: 'mutation', argument: { name: 'id', holds: 'id' }, subfields: '{ id }' },
};

/** The root fields of the schema that is generated from the shipped config. */
const shipped: UsableFields = {
  playbook: {
    root: 'query',
    argument: { name: 'path', holds: 'path', nullable: true },
    subfields: '{ path }',
    weight: 4,
  },
  workerPools: { root: 'query', subfields: '{ status }' },
  dashboardStats: { root: 'query', subfields: '{ status }' },
  upstreamHealth: { root: 'query', subfields: '{ status }' },
  executePlaybook: { root: 'mutation', argument: { name: 'name', holds: 'path' }, subfields: '{ id }', weight: 3 },
  cancelExecution: { root: 'mutation', argument: { name: 'id', holds: 'id' }, subfields: '{ status }' },
};

/** Runs random operations, and holds what `touched` lists after each against the reference. */
async function runAll(
  numRuns: number,
  usable: UsableFields,
  touched: string[],
  options: PluginGatewayOptions,
): Promise<void> {
  let checker: AccessChecker;
  const gateway = pluginGateway({ ...options, checker: { check: (question) => checker.check(question) } });
  const seen = { refused: 0, wrong: 0, denied: 0, touching: 0 };
  await fc.assert(
    fc.asyncProperty(randomDocument(usable), randomUser, randomGrants, async (document, user, grants) => {
      checker = createLocalAccessChecker(compileGrants(grants, reserved));
      touched.length = 0;
      const answer = await post(gateway, requestOf(document), { token: `token-${user.join('+')}` });
      const want = codes(answer).includes('ERR_QUERY_REFUSED') ? [] : reference(document, user, grants);
      expect(touched.toSorted()).toEqual(want);
      count(answer, seen, want.length);
    }),
    { numRuns },
  );
  // The generator is worth something only when every kind of outcome is common.
  for (const [outcome, times] of Object.entries(seen)) expect(times, outcome).toBeGreaterThan(numRuns / 50);
  expect(seen.refused + seen.wrong).toBeLessThan(numRuns * 0.8);
}

const [onSmall, onShipped] = [runsOf(10_000), runsOf(2_000)];

test(`of ${onSmall} random operations exactly what the reference allows runs`, { timeout: 300_000 }, async () => {
  const touched: string[] = [];
  const answer: PluginGatewayOptions['answer'] = (field, args) => {
    touched.push(`${field} ${args['name'] ?? args['id'] ?? args['path'] ?? ''}`);
    return field === 'special' ? 'special' : { id: '1', path: 'x' };
  };
  await runAll(onSmall, small, touched, { answer });
});

test(`of ${onShipped} on the generated schema exactly what the reference allows reaches NoETL`, {
  timeout: 120_000,
}, async () => {
  const touched: string[] = [];
  const upstream: Upstream = {
    async request(call) {
      const effect = effectOf(call);
      if (effect !== undefined) touched.push(effect);
      return { status: 200, body: replyTo(call), date: undefined };
    },
  };
  const { schema, rootFields, pathOfExecution } = createExecutableSchema({
    sdl: generatedSdl,
    operations: shippedOperations,
    upstream,
    reservedPaths: reserved,
    pause: async () => {},
  });
  await runAll(onShipped, shipped, touched, { schema, rules: fieldRules(rootFields), executionPath: pathOfExecution });
});

/** What a call does or shows, in the words of the reference; nothing when it only looks where an execution belongs. */
function effectOf({ method, path, body }: UpstreamCall): string | undefined {
  const of = (name: string) => `${name} ${(body as { path?: string } | undefined)?.path ?? ''}`;
  if (path === '/api/execute') return of('executePlaybook');
  if (path === '/api/catalog/resource') return of('playbook');
  if (path === '/api/worker/pools') return 'workerPools ';
  if (path === '/api/dashboard/stats') return 'dashboardStats ';
  if (path === '/api/health') return 'upstreamHealth ';
  const id = executionIn(path);
  return method === 'POST' || id === undefined ? `cancelExecution ${id}` : undefined;
}

const executionIn = (path: string) => /^\/api\/executions\/(\w+)/.exec(path)?.[1];

function replyTo({ path, method }: UpstreamCall): unknown {
  const id = executionIn(path);
  if (id === undefined || method === 'POST') return { execution_id: id ?? '77', status: 'started', path: 'data/a' };
  const playbook = executions.get(id);
  return (
    playbook && { execution_id: id, path: playbook, status: 'RUNNING', start_time: '2026-01-01T00:00:00Z', events: [] }
  );
}

function count(
  answer: Parameters<typeof codes>[0] & { json: { data?: unknown } },
  seen: Record<'refused' | 'wrong' | 'denied' | 'touching', number>,
  touched: number,
): void {
  const found = codes(answer);
  if (found.includes('ERR_QUERY_REFUSED')) seen.refused += 1;
  else if (answer.json.data === undefined) seen.wrong += 1;
  else if (found.length > 0) seen.denied += 1;
  if (touched > 0) seen.touching += 1;
}
