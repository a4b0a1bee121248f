import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createNoetlStandIn, type NoetlStandIn } from '../../dev/noetl/stand-in.ts';
import { resolveConfig } from '../../gateway/config/resolve-config.ts';
import { lookForDrift } from '../../gateway/gateway.ts';
import { createUpstream } from '../../gateway/upstream/upstream.ts';
import shipped from '../../gateway.config.ts';

/** The shipped config and schema before a Rust server, which publishes no document. */
const environment = { GATEWAY_TRUSTED_ISSUERS: 'https://tenant.example.com/', GATEWAY_AUDIENCES: 'app' };
const sdl = readFileSync('mesh/generated/schema.graphql', 'utf8');
let noetl: NoetlStandIn;

beforeAll(async () => {
  noetl = await createNoetlStandIn({ speak: 'rust' });
});
afterAll(() => noetl.close());

async function look(answers: Readonly<Record<string, { readonly status: number; readonly body: unknown }>> = {}) {
  noetl.requests.length = 0;
  noetl.intercept = ({ method, path }) => answers[`${method} ${path}`];
  const settings = { GATEWAY_SESSION_ACCEPT_MEMORY: 'true', NOETL_BASE_URL: noetl.url.href, NODE_ENV: 'development' };
  const { config } = resolveConfig(shipped, { ...environment, ...settings });
  const upstream = createUpstream(config.upstream);
  try {
    const drift = { lockedHash: 'pulled', hashOf: () => '', pulled: {}, report: () => Promise.reject(new Error()) };
    const found = await lookForDrift({ drift, sdl, config }, upstream);
    return { ...found, asked: noetl.requests.map(({ method, path, query }) => `${method} ${path}?${query}`) };
  } finally {
    await upstream.close();
  }
}

test('all that the shipped rows use is there, seen by reads alone', async () => {
  const { state, text, asked } = await look();
  expect(text).toBe(
    'NoETL publishes no document, and has the routes and members that open rows use; no read shows DELETE /api/credentials/{identifier}, POST /api/credentials',
  );
  expect(state).toBe('same');
  expect(asked.filter((one) => !one.startsWith('GET '))).toEqual([]);
  expect(asked).toContain('GET /api/execute?');
  expect(asked).toContain('GET /api/executions?page_size=1');
  // Secrets are never asked for, not even of a credential that is missing.
  expect(asked).toContain('GET /api/credentials/noetl-gateway-probe?include_data=false');
});

test('of an execution that is there, what the gateway reads is looked at', async () => {
  const headers = { 'content-type': 'application/json' };
  const catalog = await fetch(new URL('/api/catalog/list', noetl.url), { method: 'POST', headers, body: '{}' });
  const { entries } = (await catalog.json()) as { entries: readonly { readonly path: string }[] };
  const body = JSON.stringify({ path: entries[0]?.path, workload: {} });
  const started = await fetch(new URL('/api/execute', noetl.url), { method: 'POST', headers, body });
  const { execution_id: id } = (await started.json()) as { execution_id: string };
  const { state, asked } = await look();
  expect(state).toBe('same');
  expect(asked).toContain(`GET /api/executions/${id}?`);
  const renamed = await look({
    [`GET /api/executions/${id}`]: { status: 200, body: { execution_id: id, state: 'x' } },
  });
  expect(renamed.text).toContain('GET /api/executions/{execution_id} answers without status');
});

test.each([
  ['GET /api/dashboard/stats', 'GET /api/dashboard/stats is missing'],
  ['GET /api/catalog/list', 'POST /api/catalog/list is missing'],
  ['GET /api/executions', 'GET /api/executions is missing'],
])('without the route of %s it differs', async (route, words) => {
  const { state, text } = await look({ [route]: { status: 404, body: '' } });
  expect(state).toBe('differs');
  expect(text).toContain(words);
});

test('a member that the schema promises and NoETL no longer has is a difference', async () => {
  const { text } = await look({ 'GET /api/credentials': { status: 200, body: { items: [{ id: '1', name: 'pg' }] } } });
  expect(text).toContain('GET /api/credentials answers without items.created_at, items.credential_type');
});
