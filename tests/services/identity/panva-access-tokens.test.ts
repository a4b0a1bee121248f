import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { DevGateway } from '../../../dev/start-dev.ts';
import type { GatewayConfig } from '../../../gateway/config/gateway-config.ts';
import type { IssuerEntry } from '../../../gateway/config/issuers.ts';
import shipped from '../../../gateway.config.ts';
import { startDevGateway } from '../../support/dev-gateway.ts';
import { freePort } from '../../support/free-port.ts';
import { startPanvaProvider } from '../../support/panva-provider.ts';

type Provider = Awaited<ReturnType<typeof startPanvaProvider>>;

/** Minutes until the provider is asked about a session again. */
const refreshMinutes = 5;
const realNow = Date.now;
let aheadMs = 0;
let provider: Provider;
const gateways: DevGateway[] = [];

const common = {
  name: 'panva',
  audiences: ['app', 'app-with-signed-userinfo'],
  accept: ['opaque'],
  userinfo: true,
  roles: { claim: 'groups' },
  session: { refreshMinutes },
} as const;

async function gatewayWith(more: Partial<IssuerEntry>): Promise<DevGateway> {
  const entry = { ...common, ...more, issuer: provider.issuer };
  const started = await startDevGateway({
    config: { ...(shipped as unknown as GatewayConfig), auth: { login: { kind: 'local' }, issuers: [entry] } },
  });
  gateways.push(started);
  return started;
}

let byUserinfo: DevGateway;
let byIntrospection: DevGateway;
beforeAll(async () => {
  // Provider and gateway share this clock, so that minutes pass for both.
  vi.spyOn(Date, 'now').mockImplementation(() => realNow() + aheadMs);
  provider = await startPanvaProvider({ gateway: `http://127.0.0.1:${await freePort()}` });
  byUserinfo = await gatewayWith({});
  byIntrospection = await gatewayWith({ introspection: { clientId: 'gateway', clientSecret: 'gateway-secret' } });
});
afterEach(() => {
  provider.setGroups('ada', ['developer']);
});
afterAll(async () => {
  for (const gateway of gateways) await gateway.stop();
  await provider?.close();
  vi.restoreAllMocks();
});

async function post({ url }: DevGateway, path: string, body: unknown) {
  const answer = await fetch(`${url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
}

const domain = () => new URL(provider.issuer).host;
const logIn = (gateway: DevGateway, token: string) =>
  post(gateway, '/api/auth/login', { auth0_token: token, auth0_domain: domain() });
const sessionOf = async (gateway: DevGateway, token: string) =>
  String((await logIn(gateway, token)).body['session_token']);
const whoIs = async (gateway: DevGateway, session: string) => {
  const { body } = await post(gateway, '/api/auth/validate', { session_token: session });
  return { valid: body['valid'], roles: (body['user'] as { roles?: unknown } | undefined)?.roles };
};

describe.each([
  ['userinfo', () => byUserinfo],
  ['introspection, with e-mail and roles from userinfo', () => byIntrospection],
])('an opaque access token, by %s', (_name, gatewayOf) => {
  it('logs its user in', async () => {
    const { status, body } = await logIn(gatewayOf(), await provider.accessToken('ada'));
    expect({ status, body }).toMatchObject({
      status: 200,
      body: {
        user: {
          user_id: `${provider.issuer}#ada`,
          email: 'ada@example.com',
          display_name: 'User ada',
          roles: ['developer'],
        },
      },
    });
  });

  it('logs in by userinfo that is a signed JWT', async () => {
    const { status, body } = await logIn(gatewayOf(), await provider.accessToken('ada', 'signed'));
    expect({ status, body }).toMatchObject({ status: 200, body: { user: { email: 'ada@example.com' } } });
  });

  it('is refused when the provider does not know it, or has revoked it', async () => {
    const token = await provider.accessToken('ada');
    await provider.revoke(token);
    for (const refused of [token, 'made-up-access-token']) {
      expect(await logIn(gatewayOf(), refused)).toMatchObject({ status: 401, body: { reason: 'token_invalid' } });
    }
  });

  it('is asked about again: roles that have changed count', async () => {
    const session = await sessionOf(gatewayOf(), await provider.accessToken('ada'));
    provider.setGroups('ada', ['viewer', 'unknown-here']);
    expect(await whoIs(gatewayOf(), session)).toEqual({ valid: true, roles: ['developer'] });
    aheadMs += (refreshMinutes + 1) * 60_000;
    await expect.poll(() => whoIs(gatewayOf(), session)).toEqual({ valid: true, roles: ['viewer'] });
  });

  it('is asked about again: a token that was revoked ends the session', async () => {
    const token = await provider.accessToken('eve');
    const [session, other] = [
      await sessionOf(gatewayOf(), token),
      await sessionOf(gatewayOf(), await provider.accessToken('bob')),
    ];
    await provider.revoke(token);
    expect(await whoIs(gatewayOf(), session)).toMatchObject({ valid: true });
    aheadMs += (refreshMinutes + 1) * 60_000;
    await expect.poll(() => whoIs(gatewayOf(), session)).toMatchObject({ valid: false });
    expect(await whoIs(gatewayOf(), other)).toMatchObject({ valid: true, roles: ['developer'] });
  });
});

describe('introspection', () => {
  it('is for tokens of applications in audiences only', async () => {
    const strict = await gatewayWith({
      audiences: ['another-app'],
      introspection: { clientId: 'gateway', clientSecret: 'gateway-secret' },
    });
    expect(await logIn(strict, await provider.accessToken('ada'))).toMatchObject({
      status: 401,
      body: { reason: 'token_not_for_gateway' },
    });
  });

  it('with a wrong secret is an outage, and no verdict on the token', async () => {
    const wrong = await gatewayWith({ introspection: { clientId: 'gateway', clientSecret: 'wrong' } });
    expect(await logIn(wrong, await provider.accessToken('ada'))).toMatchObject({
      status: 503,
      body: { code: 'ERR_AUTH_UNAVAILABLE' },
    });
  });
});
