import { readFileSync } from 'node:fs';
import { devNull } from 'node:os';
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

type Run = { readonly path: string; readonly status: string };

const config = {
  ...shipped,
  observability: { auditTo: devNull },
  roles: [...shipped.roles, 'auditor', 'night watch'],
  operations: {
    ...shipped.operations,
    playbookOverview: {
      gateway: 'query',
      sdl: 'playbookOverview(path: String!): PlaybookOverview',
      typeDefs: 'type PlaybookOverview { path: String! kind: String runs: Int! }',
      access: onPlaybook('view', 'path'),
      async resolve({ args, noetl }: GatewayFieldCall) {
        const [entry, runs] = await Promise.all([
          noetl('playbook', { path: args['path'] }),
          noetl('executions', { pageSize: 100 }),
        ]);
        const own = (runs as readonly Run[]).filter(({ path }) => path === args['path']);
        return { ...(entry as object), runs: own.length };
      },
    },
    peek: {
      gateway: 'query',
      sdl: 'peek(field: String!, path: String): JSON',
      access: authenticated(),
      resolve: ({ args, noetl }: GatewayFieldCall) => noetl(String(args['field']), { path: args['path'] }),
    },
  },
} as unknown as GatewayConfig;

let dev: DevGateway;

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
}, 60_000);
afterAll(() => dev.stop());

const ask = async (user: string, query: string) =>
  (await graphql(dev.url, (await dev.login(user)).sessionToken, { query })).body;

test('a field is made of several operations', async () => {
  const path = 'regression_test/hello_world';
  await ask('developer', `mutation { executePlaybook(name: "${path}") { id } }`);
  const { data, errors } = await ask('developer', `{ playbookOverview(path: "${path}") { path kind runs } }`);
  expect(errors).toBeUndefined();
  expect(data).toMatchObject({ playbookOverview: { path, kind: expect.any(String), runs: 1 } });
});

test('what it calls is decided by the rule of what it calls', async () => {
  const denied = await ask('analyst', '{ peek(field: "playbook", path: "system/cleanup") }');
  expect(denied.errors?.[0]?.extensions.code).toBe('ERR_ACCESS_DENIED');
  const pools = await ask('analyst', '{ peek(field: "workerPools") }');
  expect(pools.errors).toHaveLength(1);
});

test.each(['executePlaybook', 'peek', 'nothing'])('a query does not call %s', async (field) => {
  const { errors } = await ask('admin', `{ peek(field: "${field}", path: "data/x") }`);
  expect(errors?.[0]?.extensions.code).toBe('ERR_INTERNAL');
});

test('a role of the project’s own has a user in dev', async () => {
  expect(dev.roles).toHaveProperty('auditor');
  for (const role of ['auditor', 'night watch']) {
    expect((await ask(role, '{ upstreamHealth { status } }')).errors).toBeUndefined();
  }
});
