import { readFileSync } from 'node:fs';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type DevGateway, startDev } from '../../dev/start-dev.ts';
import type { GatewayConfig, GatewayFieldCall } from '../../gateway/config/gateway-config.ts';
import shipped from '../../gateway.config.ts';
import { buildSchema } from '../../generator/build-schema.ts';
import { printSorted } from '../../generator/emit/schema-files.ts';
import type { OpenApiDocument } from '../../generator/openapi/open-api.ts';
import { authenticated, onPlaybook } from '../../plugins/noetl-auth/access/access-rule.ts';
import { graphql } from '../support/dev-gateway.ts';
import { freePort } from '../support/free-port.ts';
import { noetlApi } from '../support/noetl-api.ts';

/** The shipped config with a custom row that starts a playbook by another call, and a field that starts one itself. */
const config = {
  ...shipped,
  mcp: { playbooks: ['data/*'] },
  operations: {
    ...shipped.operations,
    launch: { upstream: 'POST /api/mcp/{path}/lifecycle/{verb}', access: onPlaybook('execute', 'path') },
    nightly: {
      gateway: 'mutation',
      sdl: 'nightly(variables: JSON): JSON',
      access: authenticated(),
      resolve: ({ args, noetl }: GatewayFieldCall) =>
        noetl('executePlaybook', { name: 'data/report', variables: args['variables'] }),
    },
  },
} as unknown as GatewayConfig;

let dev: DevGateway;
let token: string;
let execution: string;

beforeAll(async () => {
  const document = JSON.parse(readFileSync('openapi/noetl.json', 'utf8')) as OpenApiDocument;
  const { sdl } = await buildSchema(document, config);
  const environment = {
    ROUTER_PORT: '0',
    GATEWAY_INTERNAL_PORT: String(await freePort()),
    LOG_LEVEL: 'silent',
    CI: '1',
  };
  dev = await startDev({ config, sdl: printSorted(sdl), version: 'test', environment });
  token = (await dev.login('admin')).sessionToken;
  execution = (await noetlApi(dev.url, token)('POST', '/noetl/execute', { path: 'data/report' })).body.execution_id;
}, 60_000);
afterAll(() => dev?.stop());

type Workload = Readonly<Record<string, unknown>>;

const field = async (text: string, variables: Workload, base = dev.url) => {
  const query = `mutation ($variables: JSON) { ${text} }`;
  const { body } = await graphql(base, token, { query, variables: { variables } });
  const [error] = (body.errors ?? []) as { message: string; extensions: { code: string } }[];
  return `${error?.extensions.code}: ${error?.message}`;
};
const api = async (path: string, body: unknown) => {
  const { body: answer } = await noetlApi(dev.url, token)('POST', path, body);
  return `${answer.code}: ${answer.error}`;
};
const tool = async (name: string, args: Workload) => {
  const client = new Client({ name: 'test', version: '1.0.0' });
  const headers = { authorization: `Bearer ${token}` };
  await client.connect(new StreamableHTTPClientTransport(new URL(`${dev.url}/mcp`), { requestInit: { headers } }));
  const { tools } = await client.listTools();
  const found = tools.find((one) => one.name === name || one.title === name);
  const result = await client.callTool({ name: found?.name ?? name, arguments: args });
  return (result.content as readonly { readonly text: string }[])[0]?.text ?? '';
};

const start = 'executePlaybook(name: "data/report", variables: $variables) { id }';
/** Every entrance through which a caller gives a workload to NoETL. */
const entrances: Readonly<Record<string, (workload: Workload) => Promise<string>>> = {
  executePlaybook: (workload) => field(start, workload),
  'executePlaybook with a client': (workload) => field(start.replace('name:', 'clientId: "c1", name:'), workload),
  rerunExecution: (workload) => field(`rerunExecution(id: "${execution}", variables: $variables) { id }`, workload),
  'the console': (workload) => field(start, workload, `${dev.internalUrl}/console`),
  'a custom row that starts playbooks': (workload) =>
    field('launch(path: "data/report", verb: "run", workloadOverrides: $variables) { __typename }', workload),
  'a composed field': (workload) => field('nightly(variables: $variables)', workload),
  'POST /noetl/execute': (workload) => api('/noetl/execute', { path: 'data/report', workload }),
  'POST /noetl/execute, payload': (payload) => api('/noetl/execute', { path: 'data/report', payload }),
  'POST /noetl/executions/{id}/rerun': (workload) => api(`/noetl/executions/${execution}/rerun`, { workload }),
  'the tool executePlaybook': (variables) => tool('executePlaybook', { name: 'data/report', variables }),
  'the tool rerunExecution': (variables) => tool('rerunExecution', { id: execution, variables }),
  'the tool of a playbook': (workload) => tool('data/report', workload),
};

const calls = () => dev.noetl.requests.filter(({ method, path }) => method === 'POST' && !path.includes('catalog'));
const reserved = /ERR_REQUEST_INVALID: .*reserved for the gateway/;

test.each(Object.keys(entrances))('%s refuses what the gateway itself sets', async (name) => {
  const before = calls().length;
  for (const workload of [
    { gateway_url: 'https://evil.example.com' },
    { region: 'eu', request_id: 'r1' },
    { callback_subject: 'noetl.callbacks.x' },
    // The Python server reads members of `ctx` as members of the workload.
    { ctx: { gateway_url: 'https://evil.example.com' } },
    { workload: { request_id: '' } },
  ]) {
    expect(await entrances[name]?.(workload), JSON.stringify(workload)).toMatch(reserved);
  }
  expect(calls().slice(before)).toEqual([]);
});

test('other names are a caller’s own, and so are these names deeper inside', async () => {
  const workload = { gatewayUrl: 'x', orders: [{ request_id: 'o1' }], order: { request_id: 'o1' } };
  const { status } = await noetlApi(dev.url, token)('POST', '/noetl/execute', { path: 'data/report', workload });
  expect(status).toBe(200);
});
