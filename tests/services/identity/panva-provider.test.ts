import { createHash, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DevGateway } from '../../../dev/start-dev.ts';
import type { GatewayConfig } from '../../../gateway/config/gateway-config.ts';
import type { IssuerEntry } from '../../../gateway/config/issuers.ts';
import shipped from '../../../gateway.config.ts';
import { graphql, startDevGateway } from '../../support/dev-gateway.ts';
import { freePort } from '../../support/free-port.ts';
import { api, createBrowser, logInByBrowser, signingKey, startPanvaProvider } from '../../support/panva-provider.ts';

type Provider = Awaited<ReturnType<typeof startPanvaProvider>>;

let provider: Provider;
let gateway: DevGateway;
let url: string;
const app = 'http://127.0.0.1:1/app';

const entry = (issuer: string): IssuerEntry => ({
  issuer,
  name: 'panva',
  audiences: [api, 'web'],
  roles: { claim: 'groups' },
  machines: { clients: ['robot'], roles: { robot: ['viewer'] } },
  browser: {
    clientId: 'web',
    clientSecret: 'web-secret',
    returnTo: [app],
    afterLogout: `${url}/bye`,
    parameters: { prompt: 'consent' },
  },
});

beforeAll(async () => {
  const port = await freePort();
  url = `http://127.0.0.1:${port}`;
  provider = await startPanvaProvider({ gateway: url });
  const config = { ...(shipped as unknown as GatewayConfig) };
  gateway = await startDevGateway({
    config: { ...config, auth: { login: { kind: 'local' }, issuers: [entry(provider.issuer)] } },
    environment: { ROUTER_PORT: String(port), GATEWAY_PUBLIC_URL: url },
  });
});
afterAll(async () => {
  await gateway?.stop();
  await provider?.close();
});

const post = async (path: string, body: unknown, headers: Record<string, string> = {}) => {
  const answer = await fetch(`${url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
};
const isValid = async (token: string) => (await post('/api/auth/validate', { session_token: token })).body['valid'];

async function logIn(user = 'ada') {
  const browser = createBrowser();
  const at = await logInByBrowser(browser, `${url}/api/auth/start?issuer=panva&return=${app}`, user, app);
  const token = browser.cookies(new URL(url).host)?.get('session_token') ?? '';
  return { browser, at, token };
}

describe('a browser that logs in by the authorization code with PKCE', () => {
  it('returns with the session as a cookie', async () => {
    const { at, token } = await logIn();
    expect(at.href).toBe(app);
    const { body } = await post('/api/auth/validate', { session_token: token });
    expect(body).toMatchObject({
      valid: true,
      user: {
        user_id: `${provider.issuer}#ada`,
        email: 'ada@example.com',
        display_name: 'User ada',
        roles: ['developer'],
      },
    });
    const answer = await graphql(url, token, { query: '{ executions { items { id } } }' });
    expect(answer.status).toBe(200);
  });

  it('returns with a code for an app, which counts once and only with the verifier', async () => {
    const verifier = randomBytes(32).toString('base64url');
    const challenge = createHash('sha256').update(verifier).digest('base64url');
    const start = `${url}/api/auth/start?issuer=panva&return=${app}&code_challenge=${challenge}`;
    const browser = createBrowser();
    const code = (await logInByBrowser(browser, start, 'bob', app)).searchParams.get('code');
    expect(browser.cookies(new URL(url).host)?.has('session_token')).toBe(false);
    const exchange = (code_verifier: string) => post('/api/auth/exchange', { code, code_verifier });
    expect((await exchange('x'.repeat(43))).status).toBe(401);
    const { status, body } = await exchange(verifier);
    expect({ status, body }).toMatchObject({ status: 200, body: { user: { display_name: 'User bob' } } });
    expect(await isValid(String(body['session_token']))).toBe(true);
    expect((await exchange(verifier)).status).toBe(401);
    expect(await isValid(String(code))).toBe(false);
  });

  it('cannot be sent to another address, nor end what another browser began', async () => {
    for (const wrong of [`${app}/`, `${app}?x`, 'https://evil.example.com/', 'javascript:alert(1)']) {
      const answer = await fetch(`${url}/api/auth/start?issuer=panva&return=${encodeURIComponent(wrong)}`, {
        redirect: 'manual',
      });
      expect(answer.status).toBe(400);
    }
    const start = await fetch(`${url}/api/auth/start?issuer=panva&return=${app}`, { redirect: 'manual' });
    const state = new URL(start.headers.get('location') ?? '').searchParams.get('state');
    const callback = await fetch(`${url}/api/auth/callback?code=x&state=${state}`, { redirect: 'manual' });
    expect(callback.status).toBe(400);
  });
});

describe('a logout', () => {
  it('here names the address that ends the session at the provider', async () => {
    const { token } = await logIn();
    const { body } = await post('/api/auth/logout', {}, { authorization: `Bearer ${token}` });
    expect(body).toMatchObject({ status: 'logged_out' });
    const end = new URL(String(body['logout_url']));
    expect(end.href).toMatch(`${provider.issuer}/session/end`);
    expect(end.searchParams.get('id_token_hint')).toMatch(/^eyJ/);
    expect(await isValid(token)).toBe(false);
  });

  it('at the provider ends the session here (back-channel), and no other one', async () => {
    const [ada, eve] = [await logIn('ada'), await logIn('eve')];
    const page = await (await ada.browser.send(new URL(`${provider.issuer}/session/end`))).text();
    const xsrf = /name="xsrf" value="([^"]+)"/.exec(page)?.[1] ?? '';
    await ada.browser.send(new URL(`${provider.issuer}/session/end/confirm`), { xsrf, logout: 'yes' });
    await expect.poll(() => isValid(ada.token), { timeout: 10_000 }).toBe(false);
    expect(await isValid(eve.token)).toBe(true);
  });

  it.each(['', 'x', 'eyJhbGciOiJub25lIn0.eyJpc3MiOiJ4In0.'])(
    'by a token that is not one (%j) is refused',
    async (token) => {
      const answer = await fetch(`${url}/api/auth/backchannel-logout`, {
        method: 'POST',
        body: new URLSearchParams({ logout_token: token }),
      });
      expect(answer.status).toBe(400);
    },
  );
});

describe('a client', () => {
  it('logs in for itself with the roles of the entry', async () => {
    const { status, body } = await post('/api/auth/login', { auth0_token: await provider.clientCredentials() });
    expect({ status, body }).toMatchObject({
      status: 200,
      body: { user: { user_id: `${provider.issuer}#robot`, email: null, roles: ['viewer'] } },
    });
  });
});

describe('keys', () => {
  it('are rotated by the provider without a restart here', async () => {
    const before = await provider.clientCredentials();
    await provider.close();
    provider = await startPanvaProvider({ gateway: url, port: provider.port, keys: [await signingKey('two')] });
    expect((await post('/api/auth/login', { auth0_token: await provider.clientCredentials() })).status).toBe(200);
    expect(await post('/api/auth/login', { auth0_token: before })).toMatchObject({
      status: 401,
      body: { code: 'ERR_LOGIN_REJECTED', reason: 'token_invalid' },
    });
  });
});
