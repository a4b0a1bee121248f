import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { DevGateway } from '../../dev/start-dev.ts';
import type { GatewayConfig } from '../../gateway/config/gateway-config.ts';
import type { LoginBackend } from '../../gateway/config/login-ports.ts';
import shipped from '../../gateway.config.ts';
import { parseSessionToken } from '../../plugins/noetl-auth/session/session-token.ts';
import type { SessionValidator } from '../../plugins/ports.ts';
import { graphql, startDevGateway } from '../support/dev-gateway.ts';

const hourMs = 3_600_000;
const realNow = Date.now;
let aheadMs = 0;
beforeAll(() => {
  vi.spyOn(Date, 'now').mockImplementation(() => realNow() + aheadMs);
});
afterAll(() => {
  vi.restoreAllMocks();
});

const user = { userId: 'u-1', email: undefined, displayName: 'Ada', roles: ['viewer'] };
const gateways: DevGateway[] = [];
afterEach(async () => {
  for (const gateway of gateways.splice(0)) await gateway.stop();
});

/** A gateway whose login is an adapter, with what the adapter and the validator were asked. */
async function gatewayWith(login?: NonNullable<GatewayConfig['auth']>['login']) {
  const asked = { emails: [] as (string | undefined)[], validations: 0 };
  const backend: LoginBackend = {
    async login(_request, { email }) {
      asked.emails.push(email);
      const token = parseSessionToken(`own-session-${asked.emails.length}-${'x'.repeat(20)}`);
      if (token === undefined) return { outcome: 'rejected', reason: 'no token' };
      const now = Date.now();
      return {
        outcome: 'authenticated',
        token,
        session: { user, issuedAt: new Date(now), expiresAt: new Date(now + 8 * hourMs) },
      };
    },
  };
  const validator: SessionValidator = {
    async validate() {
      asked.validations += 1;
      return undefined;
    },
  };
  const adapters = { login: () => backend, validator: () => validator };
  const config = { ...(shipped as unknown as GatewayConfig), adapters, ...(login && { auth: { login } }) };
  const gateway = await startDevGateway({ config });
  gateways.push(gateway);
  return { gateway, asked };
}

async function logIn({ url, issuer }: DevGateway, claims: Readonly<Record<string, unknown>>) {
  const token = await issuer.token({ sub: 'ada', name: 'Ada', email: 'ada@example.com' }, { claims });
  const answer = await fetch(`${url}/api/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ auth0_token: token }),
  });
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
}

const unverified = { email_verified: false };

describe('a custom login sees', () => {
  it('everybody who is verified, without an address that may not be used', async () => {
    const { gateway, asked } = await gatewayWith();
    expect((await logIn(gateway, unverified)).status).toBe(200);
    expect((await logIn(gateway, {})).status).toBe(200);
    expect(asked.emails).toEqual([undefined, 'ada@example.com']);
  });

  it("with email: 'needed' only those whose address may be used", async () => {
    const { gateway, asked } = await gatewayWith({ kind: 'custom', email: 'needed' });
    expect(await logIn(gateway, unverified)).toMatchObject({ status: 401, body: { reason: 'email_not_usable' } });
    expect((await logIn(gateway, {})).status).toBe(200);
    expect(asked.emails).toEqual(['ada@example.com']);
  });
});

describe('sessions of a custom login', () => {
  const statusOf = async ({ url }: DevGateway, token: string) =>
    (await graphql(url, token, { query: '{ __typename }' })).status;

  it('are checked with the validator again, and end when it does not know them', async () => {
    const { gateway, asked } = await gatewayWith();
    const token = String((await logIn(gateway, {})).body['session_token']);
    expect([await statusOf(gateway, token), asked.validations]).toEqual([200, 0]);
    aheadMs += hourMs;
    expect(await statusOf(gateway, token)).toBe(401);
    expect(asked.validations).toBe(1);
  });

  it('are not with revalidate: false', async () => {
    const { gateway, asked } = await gatewayWith({ kind: 'custom', revalidate: false });
    const token = String((await logIn(gateway, {})).body['session_token']);
    aheadMs += hourMs;
    expect(await statusOf(gateway, token)).toBe(200);
    expect(asked.validations).toBe(0);
    aheadMs += 8 * hourMs;
    expect(await statusOf(gateway, token)).toBe(401);
  });
});
