import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DevGateway } from '../../dev/start-dev.ts';
import { graphql, startDevGateway } from '../support/dev-gateway.ts';
import { noetlApi } from '../support/noetl-api.ts';

let dev: DevGateway;
const tokens = new Map<string, string>();

beforeAll(async () => {
  dev = await startDevGateway();
  for (const user of ['admin', 'developer', 'analyst']) tokens.set(user, (await dev.login(user)).sessionToken);
});
afterAll(async () => dev?.stop());

const as = (user: string) => noetlApi(dev.url, tokens.get(user));
const source = (path: string) =>
  `apiVersion: noetl.io/v2\nkind: Playbook\nmetadata:\n  name: made\n  path: ${path}\nworkload:\n  text: "{{ hello }}"\n`;
const base64 = (text: string) => Buffer.from(text).toString('base64');
const registrations = () => dev.noetl.requests.filter(({ path }) => path === '/api/catalog/register');

describe('POST /noetl/catalog/register', () => {
  it('registers under edit on the path that the source names, as text and in base64', async () => {
    const text = source('team/made');
    for (const [version, content] of [text, base64(text)].entries()) {
      const answer = await as('developer')('POST', '/noetl/catalog/register', { content, resource_type: 'Playbook' });
      expect(answer.body).toMatchObject({ status: 'success', path: 'team/made', version: version + 1 });
    }
    expect((await as('developer')('POST', '/noetl/catalog/resource', { path: 'team/made' })).body.content).toBe(text);
    expect((await as('developer')('POST', '/noetl/execute', { path: 'team/made' })).status).toBe(200);
  });

  it('denies other paths, and those who may not edit, without asking NoETL', async () => {
    const before = registrations().length;
    const denied: [string, string][] = [
      ['analyst', 'data/made'],
      ['developer', 'system/made'],
      ['developer', 'api_integration/auth0/made'],
      ['admin', 'api_integration/auth0/auth0_login'],
    ];
    for (const [user, path] of denied) {
      for (const content of [source(path), base64(source(path))]) {
        const answer = await as(user)('POST', '/noetl/catalog/register', { content });
        expect(answer).toMatchObject({ status: 403, body: { code: 'ERR_ACCESS_DENIED' } });
      }
    }
    expect(registrations()).toHaveLength(before);
  });

  it('sends what it has read, so that NoETL cannot read another text', async () => {
    // NoETL drops what is not base64 and decodes the rest: this text would become the other one.
    const hidden = base64(`metadata:\n  path: system/taken\n#${' '.repeat(2)}`);
    const content = `metadata:\n  path: team/shown\nx: >-\n  ${hidden}\n`;
    const answer = await as('developer')('POST', '/noetl/catalog/register', { content });
    expect(answer.body).toMatchObject({ path: 'team/shown' });
    expect(registrations().at(-1)?.body).toEqual({ content: base64(content) });
  });

  it('refuses a source that names no path, and other runs that NoETL cannot mask', async () => {
    const before = registrations().length;
    const long = `${source('team/made')}note: ${'x'.repeat(5_000)}\n`;
    for (const content of ['kind: Playbook\n', 'metadata: [', long, base64(long), undefined]) {
      const answer = await as('developer')('POST', '/noetl/catalog/register', { content });
      expect(answer.status, String(content).slice(0, 40)).toBe(400);
    }
    expect(registrations()).toHaveLength(before);
  });

  it('has the same rule in GraphQL', async () => {
    const query = 'mutation ($content: String!) { registerPlaybook(content: $content) { path version } }';
    const run = (user: string, path: string) =>
      graphql(dev.url, tokens.get(user), { query, variables: { content: source(path) } });
    expect((await run('developer', 'team/other')).body.data).toEqual({
      registerPlaybook: { path: 'team/other', version: 1 },
    });
    expect((await run('developer', 'system/other')).body.errors?.[0]?.extensions.code).toBe('ERR_ACCESS_DENIED');
  });
});

describe('/noetl/credentials', () => {
  it('is for admins', async () => {
    for (const [method, path] of [
      ['GET', '/noetl/credentials'],
      ['GET', '/noetl/credentials/pg_auth'],
      ['POST', '/noetl/credentials'],
      ['DELETE', '/noetl/credentials/pg_auth'],
    ] as const) {
      const answer = await as('developer')(method, path, method === 'POST' ? { name: 'x', data: {} } : undefined);
      expect(answer).toMatchObject({ status: 403, body: { code: 'ERR_ACCESS_DENIED' } });
    }
  });

  it('never asks for secrets, and never passes them on', async () => {
    const answer = await as('admin')('GET', '/noetl/credentials/pg_auth?include_data=true&include_data=1');
    expect(answer).toMatchObject({ status: 200, body: { name: 'pg_auth', type: 'postgres' } });
    expect(dev.noetl.requests.at(-1)?.query.getAll('include_data')).toEqual(['false']);
    dev.noetl.intercept = () => ({ status: 200, body: { id: '1', name: 'pg_auth', data: { password: 'pg-s3cr3t' } } });
    const leaked = await as('admin')('GET', '/noetl/credentials/pg_auth');
    dev.noetl.intercept = () => ({
      status: 200,
      body: { items: [{ name: 'pg_auth', data: { password: 'pg-s3cr3t' } }] },
    });
    const listed = await as('admin')('GET', '/noetl/credentials');
    dev.noetl.intercept = undefined;
    expect(leaked.text + listed.text).not.toContain('pg-s3cr3t');
    expect(listed.body.items).toEqual([{ name: 'pg_auth' }]);
  });

  it('takes the type under both of its names, and sends both', async () => {
    const given = { name: 'made', credential_type: 'http', description: 'a test', data: { token: 't0ken' } };
    const saved = await as('admin')('POST', '/noetl/credentials', given);
    expect(saved).toMatchObject({ status: 200, body: { name: 'made', type: 'http' } });
    expect(saved.text).not.toContain('t0ken');
    await as('admin')('POST', '/noetl/credentials', { name: 'made', type: 'api', data: {} });
    expect(dev.noetl.requests.at(-1)?.body).toMatchObject({ credential_type: 'api', type: 'api' });
    const { items } = (await as('admin')('GET', '/noetl/credentials')).body;
    expect(items.map(({ name, type }: Record<string, string>) => [name, type])).toContainEqual(['made', 'api']);
    expect((await as('admin')('DELETE', '/noetl/credentials/made')).status).toBe(200);
    expect((await as('admin')('GET', '/noetl/credentials/made')).status).toBe(404);
    const query = '{ credentials { items { name credentialType } } }';
    expect((await graphql(dev.url, tokens.get('admin'), { query })).body.data).toEqual({
      credentials: { items: [{ name: 'pg_auth', credentialType: 'postgres' }] },
    });
  });
});

describe('what editors and forms read', () => {
  it('has the form of a playbook whose path holds slashes, raw or escaped, for those who may view it', async () => {
    for (const path of ['regression_test/hello_world', 'regression_test%2Fhello_world']) {
      const answer = await as('developer')('GET', `/noetl/catalog/${path}/ui_schema`);
      expect(answer.body).toMatchObject({ path: 'regression_test/hello_world', fields: [{ name: 'name' }] });
    }
    expect((await as('analyst')('GET', '/noetl/catalog/system/cleanup/ui_schema')).status).toBe(403);
    expect((await as('analyst')('GET', '/noetl/catalog/data/..%2Fsystem/cleanup/ui_schema')).status).toBe(400);
    expect((await as('developer')('POST', '/noetl/catalog/agents/list', { capabilities: null })).body).toEqual({
      entries: [],
    });
  });
});
