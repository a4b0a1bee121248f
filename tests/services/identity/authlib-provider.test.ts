import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type { DevGateway } from '../../../dev/start-dev.ts';
import type { GatewayConfig } from '../../../gateway/config/gateway-config.ts';
import shipped from '../../../gateway.config.ts';
import { eventually } from '../../support/child-server.ts';
import { graphql, startDevGateway } from '../../support/dev-gateway.ts';
import { freePort } from '../../support/free-port.ts';
import { createBrowser } from '../../support/panva-provider.ts';

const app = 'http://127.0.0.1:1/app';
const user = { sub: 'lin', email: 'lin@partner.example', email_verified: true, name: 'Lin' };
let provider: ChildProcess;
let gateway: DevGateway;
let url: string;
let issuer: string;

const refreshMinutes = 5;
const realNow = Date.now;
let aheadMs = 0;

/** A provider made with Authlib: its ID tokens have no `kid`, its access tokens are opaque, the e-mail is in userinfo. */
beforeAll(async () => {
  vi.spyOn(Date, 'now').mockImplementation(() => realNow() + aheadMs);
  const folder = execFileSync('sh', ['tools/authlib/install.sh'], { encoding: 'utf8' }).trim();
  const [providerPort, port] = [await freePort(), await freePort()];
  issuer = `http://127.0.0.1:${providerPort}`;
  url = `http://127.0.0.1:${port}`;
  const options = ['--port', String(providerPort), '--user-claims', JSON.stringify(user)];
  provider = spawn(join(folder, 'bin', 'oidc-provider-mock'), options, { stdio: 'ignore' });
  const isUp = () =>
    fetch(`${issuer}/.well-known/openid-configuration`).then(
      ({ ok }) => ok,
      () => false,
    );
  await eventually(isUp, 50_000);
  const entry = {
    issuer,
    name: 'authlib',
    audiences: ['web'],
    accept: ['id_token', 'opaque'] as const,
    userinfo: true,
    email: { domains: ['partner.example'] },
    session: { refreshMinutes },
    browser: { clientId: 'web', clientSecret: 'secret', returnTo: [app] },
  };
  gateway = await startDevGateway({
    config: { ...(shipped as unknown as GatewayConfig), auth: { issuers: [entry] } },
    environment: { ROUTER_PORT: String(port), GATEWAY_PUBLIC_URL: url },
  });
}, 240_000);
afterAll(async () => {
  await gateway?.stop();
  provider?.kill();
  vi.restoreAllMocks();
});

async function logIn() {
  const browser = createBrowser();
  const isEnd = (at: URL) => at.href.startsWith(app);
  const page = await browser.follow(new URL(`${url}/api/auth/start?issuer=authlib`), isEnd);
  const end = await browser.follow(page.url, isEnd, { sub: user.sub });
  return { at: end.url.href, token: browser.cookies(new URL(url).host)?.get('session_token') };
}

it('logs in a browser where NoETL makes the sessions', async () => {
  const { at, token } = await logIn();
  expect(at).toBe(app);
  const { status } = await graphql(url, token, { query: '{ executions { items { id } } }' });
  expect(status).toBe(200);
  const answer = await fetch(`${url}/api/auth/validate`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ session_token: token }),
  });
  expect(await answer.json()).toMatchObject({ valid: true, user: { email: user.email } });
});

it('refuses an opaque token that is not one of the provider', async () => {
  const answer = await fetch(`${url}/api/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ auth0_token: 'not-a-token', auth0_domain: new URL(issuer).host }),
  });
  expect(answer.status).toBe(401);
  expect(await answer.json()).toMatchObject({ reason: 'token_invalid' });
});

it('is asked about a session again: when it has revoked the access token, the session ends', async () => {
  const { token } = await logIn();
  const statusOf = async () => (await graphql(url, token, { query: '{ __typename }' })).status;
  expect(await statusOf()).toBe(200);
  await fetch(`${issuer}/users/${user.sub}/revoke-tokens`, { method: 'POST' });
  expect(await statusOf()).toBe(200);
  aheadMs += (refreshMinutes + 1) * 60_000;
  await expect.poll(statusOf).toBe(401);
});
