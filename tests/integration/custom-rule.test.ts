import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { DevGateway } from '../../dev/start-dev.ts';
import shipped from '../../gateway.config.ts';
import { type AccessRequest, type AccessVerdict, custom } from '../../index.ts';
import { graphql, startDevGateway } from '../support/dev-gateway.ts';

const requests: AccessRequest[] = [];
const rule = vi.fn((request: AccessRequest): AccessVerdict => {
  requests.push(request);
  return request.headers['x-ticket'] === 'OPS-7'
    ? { allow: true, reason: 'ticket OPS-7' }
    : { allow: false, reason: 'outside of office hours', show: true };
});
const shown = 'you may not do this: outside of office hours';
const query = '{ playbook(path: "data/report") { path } }';

let dev: DevGateway;
let folder: string;
let token: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'custom-rule-'));
  const [playbook, executePlaybook] = ['playbook', 'executePlaybook'].map((name) => ({
    ...shipped.operations[name],
    access: custom(rule),
  }));
  const config = {
    ...shipped,
    operations: { ...shipped.operations, playbook, executePlaybook },
    observability: { auditTo: join(folder, 'audit') },
  };
  dev = await startDevGateway({ config: config as never });
  token = (await dev.login('analyst')).sessionToken;
});
afterAll(async () => {
  await dev?.stop();
  await rm(folder, { recursive: true });
});

const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
  fetch(`${dev.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}`, ...headers },
    body: JSON.stringify(body),
  });

async function callTool(headers: Record<string, string>): Promise<string> {
  const client = new Client({ name: 'test', version: '1.0.0' });
  const requestInit = { headers: { authorization: `Bearer ${token}`, ...headers } };
  await client.connect(new StreamableHTTPClientTransport(new URL(`${dev.url}/mcp`), { requestInit }));
  const result = await client.callTool({ name: 'playbook', arguments: { path: 'data/report' } });
  await client.close();
  return JSON.stringify(result);
}

test('a denial has the reason of the rule, for GraphQL, REST and tools alike', async () => {
  expect(await graphql(dev.url, token, { query })).toMatchObject({
    body: { errors: [{ message: shown, extensions: { code: 'ERR_ACCESS_DENIED' } }] },
  });
  const rest = await post('/noetl/catalog/resource', { path: 'data/report' });
  expect([rest.status, await rest.json()]).toEqual([403, expect.objectContaining({ error: shown })]);
  expect(await callTool({})).toContain(shown);
});

test('the rule gets the headers of the request and the time, and no token', async () => {
  const ticket = { 'X-Ticket': 'OPS-7' };
  requests.length = 0;
  const before = Date.now();
  expect(await (await post('/graphql', { query }, ticket)).json()).toEqual({
    data: { playbook: { path: 'data/report' } },
  });
  expect((await post('/noetl/catalog/resource', { path: 'data/report' }, ticket)).status).toBe(200);
  expect(await callTool(ticket)).not.toContain(shown);
  expect(requests).toHaveLength(3);
  for (const { headers, time } of requests) {
    expect(headers['x-ticket']).toBe('OPS-7');
    expect(headers['authorization']).toBeUndefined();
    expect(JSON.stringify(headers)).not.toContain(token);
    expect(time.getTime()).toBeGreaterThanOrEqual(before);
    expect(time.getTime()).toBeLessThanOrEqual(Date.now());
  }
});

test('the audit log has both reasons', async () => {
  const start = { query: 'mutation { executePlaybook(name: "data/report") { status } }' };
  expect((await (await post('/graphql', start, { 'x-ticket': 'OPS-7' })).json()) as object).not.toHaveProperty(
    'errors',
  );
  await vi.waitFor(async () => {
    const lines = (await readFile(join(folder, 'audit'), 'utf8')).trim().split('\n');
    const reasons = lines.map((line) => JSON.parse(line) as Record<string, unknown>).map(({ reason }) => reason);
    expect(reasons).toEqual(expect.arrayContaining(['rule: outside of office hours', 'rule: ticket OPS-7']));
  });
});
