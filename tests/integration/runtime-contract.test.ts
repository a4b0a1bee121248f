import { validate } from '@readme/openapi-parser';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { DevGateway } from '../../dev/start-dev.ts';
import shipped from '../../gateway.config.ts';
import { startDevGateway } from '../support/dev-gateway.ts';
import { noetlApi } from '../support/noetl-api.ts';

let dev: DevGateway;
let token: string;

beforeAll(async () => {
  const contract = {
    domain: 'tenant.example.com',
    clientId: 'spa-client',
    redirectUri: 'http://localhost:8765/callback',
  };
  dev = await startDevGateway({ config: { ...shipped, auth: { contract } } as never });
  token = (await dev.login('admin')).sessionToken;
});
afterAll(async () => dev?.stop());

const document = async () =>
  parse(await (await noetlText('/api/openapi.yaml', token)).text()) as { paths: Record<string, object> };
const noetlText = (path: string, session?: string) =>
  fetch(dev.url + path, { headers: session === undefined ? {} : { authorization: `Bearer ${session}` } });

describe('GET /api/runtime/contract', () => {
  it('needs no session, and says how the command line logs in', async () => {
    const { status, body } = await noetlApi(dev.url, undefined)('GET', '/api/runtime/contract');
    expect(status).toBe(200);
    expect(body).toMatchObject({ gateway_version: '0.0.0-test', contract_version: '2026-04-26' });
    expect(body.auth0).toEqual({
      domain: 'tenant.example.com',
      client_id: 'spa-client',
      redirect_uri: 'http://localhost:8765/callback',
    });
    expect(body.cli_operation_mapping).toMatchObject({
      exec: 'POST /noetl/execute',
      catalog_list: 'POST /noetl/catalog/list',
      agent_catalog_list: 'POST /noetl/catalog/agents/list',
      catalog_register: 'POST /noetl/catalog/register',
    });
  });

  it('lists what is served, and nothing else', async () => {
    const { body } = await noetlApi(dev.url, undefined)('GET', '/api/runtime/contract');
    const listed = [...body.routes.public, ...body.routes.protected] as string[];
    for (const call of listed) {
      const [method = '', path = ''] = call.replaceAll(/\{\w+\}/g, '1').split(' ');
      const answer = await fetch(dev.url + path, { method, redirect: 'manual' });
      await answer.body?.cancel();
      expect([404, 405], call).not.toContain(answer.status);
      // A stream says in its first event that there is no session.
      if (path !== '/events') expect(answer.status === 401, call).toBe(body.routes.protected.includes(call));
    }
    expect(body.cli_operation_mapping.query).toBeUndefined();
    expect(JSON.stringify(body)).not.toContain('postgres');
  });

  it('has no auth0 block without a domain', async () => {
    const other = await startDevGateway();
    try {
      const { body } = await noetlApi(other.url, undefined)('GET', '/api/runtime/contract');
      expect(body.auth0).toBeUndefined();
    } finally {
      await other.stop();
    }
  });
});

describe('GET /api/openapi.yaml', () => {
  it('needs a session', async () => {
    expect((await noetlText('/api/openapi.yaml')).status).toBe(401);
    expect((await noetlText('/api/openapi.yaml', token)).headers.get('content-type')).toContain('yaml');
  });

  it('is a valid document of just the calls that are served', async () => {
    const api = await document();
    await expect(validate(structuredClone(api) as never)).resolves.toMatchObject({ valid: true });
    const calls = Object.entries(api.paths).flatMap(([path, item]) =>
      Object.keys(item).map((method) => `${method.toUpperCase()} ${path.replaceAll(/\{\w+\}/g, '{}')}`),
    );
    const { body } = await noetlApi(dev.url, undefined)('GET', '/api/runtime/contract');
    const served = [...body.routes.public, ...body.routes.protected].map((call: string) =>
      call.replaceAll(/\{\w+\}/g, '{}'),
    );
    expect(calls.sort()).toEqual(served.sort());
  });

  it('shows no parameter that callers cannot set', async () => {
    const text = JSON.stringify((await document()).paths);
    expect(text).toContain('"since_event_id"');
    for (const hidden of ['include_data', 'parent_execution_id', 'cascade']) expect(text).not.toContain(`"${hidden}"`);
  });
});
