import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createDevIssuer, type DevIssuer } from '../../dev/issuer.ts';
import type { DevGateway } from '../../dev/start-dev.ts';
import type { GatewayConfig } from '../../gateway/config/gateway-config.ts';
import shipped from '../../gateway.config.ts';
import { startDevGateway } from '../support/dev-gateway.ts';

let strict: DevIssuer;
let gateway: DevGateway;

/** An issuer whose ID tokens log in once. */
beforeAll(async () => {
  const users = [{ sub: 's-1', email: 'developer@partner.example', name: 'Dee' }];
  strict = await createDevIssuer({ clock: Date.now, users, audience: 'strict-app' });
  const email = { trust: 'domains', domains: ['partner.example'] } as const;
  const entry = { issuer: strict.issuer, audiences: ['strict-app'], replay: 'once', email } as const;
  gateway = await startDevGateway({ config: { ...(shipped as unknown as GatewayConfig), auth: { issuers: [entry] } } });
});
afterAll(async () => {
  await gateway?.stop();
  await strict?.close();
});

/** Tokens of one second would be the same text. */
const tokenOnce = () => strict.token('s-1', { claims: { jti: randomUUID() } });

async function logIn(token: string): Promise<{ status: number; reason: unknown }> {
  const answer = await fetch(`${gateway.url}/api/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ auth0_token: token }),
  });
  const body = (await answer.json()) as Record<string, unknown>;
  return { status: answer.status, reason: body['reason'] };
}

it('a token logs in once, and its signature written in another way is the same token', async () => {
  const token = await tokenOnce();
  expect(await logIn(token)).toEqual({ status: 200, reason: undefined });
  expect(await logIn(token)).toEqual({ status: 401, reason: 'not_accepted' });
  expect(await logIn(`${token}=`)).toMatchObject({ status: 401 });
  expect(await logIn(await tokenOnce())).toEqual({ status: 200, reason: undefined });
});

it('of two logins with one token at the same time, one succeeds', async () => {
  const token = await tokenOnce();
  const answers = await Promise.all([logIn(token), logIn(token), logIn(token)]);
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 401, 401]);
});

it('tokens of an issuer without that rule log in again', async () => {
  const { identityToken } = await gateway.login('developer');
  expect((await logIn(identityToken)).status).toBe(200);
});
