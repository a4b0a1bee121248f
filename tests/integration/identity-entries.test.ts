import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDevIssuer, type DevIssuer } from '../../dev/issuer.ts';
import type { DevGateway } from '../../dev/start-dev.ts';
import type { GatewayConfig } from '../../gateway/config/gateway-config.ts';
import shipped from '../../gateway.config.ts';
import { graphql, startDevGateway } from '../support/dev-gateway.ts';

let partner: DevIssuer;
let gateway: DevGateway;

const admin = { sub: 'p-1', email: 'admin@example.com', email_verified: undefined };
const developer = { sub: 'p-2', email: 'developer@partner.example', name: 'Dee' };

/** A second issuer beside the gateway's own, where NoETL logs in: it may vouch for one domain. */
beforeAll(async () => {
  partner = await createDevIssuer({ clock: Date.now, users: [admin, developer], audience: 'partner-app' });
  const entry = {
    issuer: partner.issuer,
    audiences: ['partner-app'],
    accept: ['id_token', 'access_token', 'opaque'],
    userinfo: true,
    email: { trust: 'domains', domains: ['partner.example'] },
  } as const;
  const config = { ...(shipped as unknown as GatewayConfig), auth: { issuers: [entry] } };
  gateway = await startDevGateway({ config });
});
afterAll(async () => {
  await gateway?.stop();
  await partner?.close();
});

async function logIn(token: string, domain?: string) {
  const answer = await fetch(`${gateway.url}/api/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ auth0_token: token, ...(domain !== undefined && { auth0_domain: domain }) }),
  });
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
}

describe('where NoETL logs in, a second issuer', () => {
  it('logs its own users in, although it does not say that e-mails are verified', async () => {
    const claims = { email_verified: undefined };
    const { status, body } = await logIn(await partner.token('p-2', { claims }));
    expect({ status, body }).toMatchObject({ status: 200, body: { user: { email: developer.email } } });
    const token = String(body['session_token']);
    expect((await graphql(gateway.url, token, { query: '{ executions { items { id } } }' })).status).toBe(200);
  });

  it('logs them in by an opaque access token, whose e-mail is read from userinfo', async () => {
    const domain = new URL(partner.issuer).host;
    const { status, body } = await logIn(partner.opaqueToken('p-2'), domain);
    expect({ status, body }).toMatchObject({ status: 200, body: { user: { email: developer.email } } });
  });

  it("cannot name a user of the first one's domain", async () => {
    const refused = await logIn(await partner.token('p-1'));
    expect(refused).toMatchObject({
      status: 401,
      body: { code: 'ERR_LOGIN_REJECTED', reason: 'email_not_usable' },
    });
  });

  it('has no user of the first one by a subject of the same name', async () => {
    const own = await gateway.login('developer');
    const subject = JSON.parse(Buffer.from(own.identityToken.split('.')[1] ?? '', 'base64url').toString()).sub;
    const { body } = await logIn(await partner.token({ ...developer, sub: subject }));
    const { body: first } = await logIn(own.identityToken);
    expect((body['user'] as { user_id: unknown }).user_id).not.toBe((first['user'] as { user_id: unknown }).user_id);
  });
});

describe('an operator', () => {
  const end = (token: string, args: string) =>
    graphql(gateway.url, token, { query: `mutation { endSessions(${args}) }` });

  it('ends the sessions of a subject; others go on', async () => {
    const operator = (await gateway.login('admin')).sessionToken;
    const victim = String((await logIn(await partner.token('p-2'))).body['session_token']);
    const other = (await gateway.login('viewer')).sessionToken;
    const done = await end(operator, `issuer: "${partner.issuer}", subject: "p-2"`);
    expect(done.body.data).toEqual({ endSessions: true });
    expect([await statusOf(victim), await statusOf(other), await statusOf(operator)]).toEqual([401, 200, 200]);
  });

  const statusOf = async (token: string) => (await graphql(gateway.url, token, { query: '{ __typename }' })).status;
  const userIdOf = async (token: string) => {
    const answer = await fetch(`${gateway.url}/api/auth/validate`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ session_token: token }),
    });
    return ((await answer.json()) as { user: { user_id: string } }).user.user_id;
  };
  const partnerLogin = async (claims: Record<string, unknown> = {}) =>
    String((await logIn(await partner.token('p-2', { claims }))).body['session_token']);

  it('ends the sessions of a user, by the id that the audit log has', async () => {
    const operator = (await gateway.login('admin')).sessionToken;
    const [victim, other] = [await partnerLogin(), (await gateway.login('viewer')).sessionToken];
    await end(operator, `userId: "${await userIdOf(victim)}"`);
    expect([await statusOf(victim), await statusOf(other)]).toEqual([401, 200]);
  });

  it('ends what one client of an issuer logged in, and not what another one did', async () => {
    const operator = (await gateway.login('admin')).sessionToken;
    const [victim, other] = [await partnerLogin({ azp: 'kiosk' }), await partnerLogin({ azp: 'desk' })];
    await end(operator, `issuer: "${partner.issuer}", client: "kiosk"`);
    expect([await statusOf(victim), await statusOf(other)]).toEqual([401, 200]);
  });

  it('ends all of an issuer, also when its last slash is left out; the other issuer notices nothing', async () => {
    const operator = (await gateway.login('admin')).sessionToken;
    const victims = [await partnerLogin(), await partnerLogin({ azp: 'kiosk' })];
    await end(operator, `issuer: "${partner.issuer.replace(/\/$/, '')}"`);
    expect(await Promise.all([...victims, operator].map(statusOf))).toEqual([401, 401, 200]);
    expect(await statusOf(await partnerLogin())).toBe(200);
  });

  it('must name what to end; and a user without the role ends nothing', async () => {
    const operator = (await gateway.login('admin')).sessionToken;
    expect((await end(operator, 'subject: "x"')).body.errors?.[0]?.extensions.code).toBe('ERR_REQUEST_INVALID');
    const viewer = (await gateway.login('viewer')).sessionToken;
    expect((await end(viewer, 'userId: "1"')).body.errors?.[0]?.extensions.code).toBe('ERR_ACCESS_DENIED');
  });
});
