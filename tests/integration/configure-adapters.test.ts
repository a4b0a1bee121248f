import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import config from '../../docs/examples/adapters.config.ts';
import { type ExampleGateway, startExample } from '../support/example-gateway.ts';

let gateway: ExampleGateway;

beforeAll(async () => {
  gateway = await startExample(config);
});
afterAll(() => gateway?.stop());

const execute = (token: string, path: string) =>
  gateway.run(token, 'mutation($path: String!) { executePlaybook(name: $path) { id } }', { path });

describe('a custom validator', () => {
  it('knows sessions that NoETL never gave out', async () => {
    expect((await gateway.run('k3y-of-build-robot', '{ me }')).data).toEqual({ me: 'robot-7' });
    expect(gateway.dev.noetl.requests).toEqual([]);
  });

  it('no is no', async () => {
    expect(await gateway.run('k3y-of-nobody', '{ me }')).toMatchObject({ status: 401, codes: ['ERR_SESSION_INVALID'] });
  });
});

describe('a custom login', () => {
  it('turns a verified identity into a session', async () => {
    const token = await gateway.dev.identityToken('viewer');
    const { status, body } = await gateway.post('/api/auth/login', { auth0_token: token });
    expect({ status, body }).toMatchObject({ status: 200, body: { status: 'authenticated' } });
    expect((await gateway.run(String(body['session_token']), '{ me }')).data).toEqual({ me: 'dev|viewer' });
  });

  it('is not asked about an identity that is not verified, and may refuse one that is', async () => {
    const stranger = await gateway.dev.issuer.token({ sub: 'x', email: 'x@elsewhere.example' });
    expect((await gateway.post('/api/auth/login', { auth0_token: stranger })).body).toMatchObject({
      code: 'ERR_LOGIN_REJECTED',
    });
    expect((await gateway.post('/api/auth/login', { auth0_token: `${stranger.slice(0, -8)}AAAAAAAA` })).status).toBe(
      401,
    );
  });
});

describe('a custom access checker, with combine: both', () => {
  it.each([
    ['regression_test/hello_world', []],
    ['system/cleanup', ['ERR_ACCESS_DENIED']],
    ['api_integration/auth0/auth0_login', ['ERR_ACCESS_DENIED']],
  ])('%s', async (path, codes) => {
    expect((await execute('k3y-of-build-robot', path)).codes).toEqual(codes);
  });

  it('alone it decides everything, but the auth playbooks stay reserved', async () => {
    const alone = await startExample({ ...config, auth: {}, grants: [] });
    try {
      const ask = async (playbook_path: string) =>
        (
          await alone.post('/api/auth/check-access', {
            session_token: 'k3y-of-build-robot',
            permission_type: 'execute',
            playbook_path,
          })
        ).body['allowed'];
      expect(await ask('data/report')).toBe(true);
      expect(await ask('maintenance/wipe')).toBe(false);
      expect(await ask('api_integration/auth0/auth0_login')).toBe(false);
    } finally {
      await alone.stop();
    }
  });
});

describe('a custom session store', () => {
  it('a session that ended stays ended, although the validator knows it', async () => {
    const token = await gateway.dev.identityToken('analyst');
    const { body } = await gateway.post('/api/auth/login', { auth0_token: token });
    const session = String(body['session_token']);
    expect((await gateway.run(session, '{ me }')).status).toBe(200);
    const logout = await fetch(`${gateway.dev.url}/api/auth/logout`, {
      method: 'POST',
      headers: { authorization: `Bearer ${session}`, 'content-type': 'application/json' },
      body: '{}',
    });
    expect(logout.status).toBe(200);
    expect((await gateway.run(session, '{ me }')).status).toBe(401);
  });
});
