import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listedId } from '../../plugins/noetl-auth/session/session-list.ts';
import { parseSessionToken, sessionKey } from '../../plugins/noetl-auth/session/session-token.ts';
import { cli } from '../support/cli-process.ts';
import { graphql } from '../support/dev-gateway.ts';
import { type ServeProcess, startServe } from '../support/serve-process.ts';

/** `noetl-gateway sessions end`, beside two processes with one Redis. */
const shared = {
  GATEWAY_SESSION_STORE: `redis://127.0.0.1:6379?prefix=end-${randomUUID()}`,
  GATEWAY_SESSION_KEY: Buffer.alloc(32, 3).toString('base64'),
};
let one: ServeProcess;
let two: ServeProcess;
let environment: Record<string, string>;

beforeAll(async () => {
  one = await startServe(shared);
  environment = {
    ...shared,
    GATEWAY_TRUSTED_ISSUERS: one.issuer.issuer,
    GATEWAY_AUDIENCES: 'test-app',
    NOETL_BASE_URL: one.noetl.url.href,
  };
  two = await startServe(environment);
}, 120_000);
afterAll(async () => {
  await two?.close();
  await one?.close();
});

async function logIn(user: string, client: string, sid?: string): Promise<string> {
  const answer = await fetch(`${one.url}/api/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ auth0_token: await one.issuer.token(`auth|${user}`, { claims: { azp: client, sid } }) }),
  });
  return String(((await answer.json()) as { session_token?: string }).session_token);
}

async function userIdOf(token: string): Promise<string> {
  const answer = await fetch(`${one.url}/api/auth/validate`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ session_token: token }),
  });
  return String(((await answer.json()) as { user: { user_id: unknown } }).user.user_id);
}

/** The statuses of each session at both processes. */
const statuses = (tokens: readonly string[]) =>
  Promise.all(
    tokens.flatMap((token) =>
      [one, two].map(async ({ url }) => (await graphql(url, token, { query: '{ __typename }' })).status),
    ),
  );
const end = (...args: string[]) => cli(['sessions', 'end', ...args], environment);

describe('sessions end', () => {
  it.each<[string, (token: string) => Promise<string[]>]>([
    ['of a user', async (token) => ['--user', await userIdOf(token)]],
    ['of a subject', async () => ['--issuer', one.issuer.issuer, '--subject', 'auth|developer']],
    ['of a client', async () => ['--issuer', one.issuer.issuer.replace(/\/$/, ''), '--client', 'kiosk']],
  ])('ends those %s at every process, and no others', async (_name, named) => {
    const [victim, other] = [await logIn('developer', 'kiosk'), await logIn('viewer', 'desk')];
    expect(await statuses([victim, other])).toEqual([200, 200, 200, 200]);
    const { code, out, err } = await end(...(await named(victim)));
    expect({ code, err }).toEqual({ code: 0, err: '' });
    const [line = '', text] = out.split('\n');
    expect(JSON.parse(line)).toMatchObject({
      ...{ category: 'audit', audit: 'sessions_ended', by: 'operator', outcome: 'ended' },
      operator: expect.stringMatching(/^os:./),
    });
    expect(text).toMatch(/^ended: every session of /);
    await expect.poll(() => statuses([victim, other]), { timeout: 5_000 }).toEqual([401, 401, 200, 200]);
    expect(await statuses([await logIn('developer', 'kiosk')])).toEqual([200, 200]);
  });

  it('ends one of a user that is listed, and leaves the others', async () => {
    const [victim, other] = [await logIn('developer', 'kiosk'), await logIn('developer', 'desk')];
    const userId = await userIdOf(victim);
    const list = async () => (await cli(['sessions', 'list', '--user', userId], environment)).out;
    const id = listedId(sessionKey(parseSessionToken(victim) ?? expect.fail('not a token')));
    const row = (await list()).split('\n').find((each) => each.startsWith(id));
    expect(row).toMatch(/^\w{12} {2}[-\dT:.]+Z {2}[-\dT:.]+Z {2}developer {2}http.* {2}kiosk$/);
    const { code, out, err } = await end('--user', userId, '--session', id);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(JSON.parse(out.split('\n')[0] ?? '')).toMatchObject({ audit: 'sessions_ended', userId, session: id });
    await expect.poll(() => statuses([victim, other]), { timeout: 5_000 }).toEqual([401, 401, 200, 200]);
    expect(await list()).not.toContain(id);
    const again = await end('--user', userId, '--session', id);
    expect([again.code, JSON.parse(again.out)]).toEqual([
      expect.any(Number),
      expect.objectContaining({ audit: 'sessions_not_ended' }),
    ]);
    expect(again.code).not.toBe(0);
    expect(await statuses([other])).toEqual([200, 200]);
  });

  it('the mutation ends one of them at every process, and not for a user without the role', async () => {
    const [victim, other] = [await logIn('developer', 'kiosk'), await logIn('developer', 'desk')];
    const id = listedId(sessionKey(parseSessionToken(victim) ?? expect.fail('not a token')));
    const query = `mutation { endSessions(userId: "${await userIdOf(victim)}", session: "${id}") }`;
    const refused = await graphql(one.url, await logIn('viewer', 'desk'), { query });
    expect(refused.body).toMatchObject({ errors: [{ extensions: { code: 'ERR_ACCESS_DENIED' } }] });
    expect(await statuses([victim, other])).toEqual([200, 200, 200, 200]);
    const ended = await graphql(one.url, await logIn('admin', 'desk'), { query });
    expect(ended.body.data).toEqual({ endSessions: true });
    await expect.poll(() => statuses([victim, other]), { timeout: 5_000 }).toEqual([401, 401, 200, 200]);
  });

  it('ends all of an issuer', async () => {
    const all = [await logIn('developer', 'kiosk'), await logIn('viewer', 'desk')];
    expect((await end('--issuer', one.issuer.issuer)).code).toBe(0);
    await expect.poll(() => statuses(all), { timeout: 5_000 }).toEqual([401, 401, 401, 401]);
  });

  it.each([
    ['nothing', []],
    ['a session without its user', ['--session', '0123456789ab']],
    ['a session and an issuer', ['--session', '0123456789ab', '--issuer', 'https://id.example.com']],
    ['a subject without its issuer', ['--subject', 'auth|developer']],
    ['a subject and a client', ['--issuer', 'https://id.example.com', '--subject', 'a', '--client', 'b']],
  ])('ends nothing when it is given %s', async (_name, args) => {
    const { code, err } = await end(...args);
    expect(code).toBe(2);
    expect(err).toContain('name a userId, or an issuer');
  });

  it('writes an audit line, too, when the store does not answer', async () => {
    const away = { ...environment, GATEWAY_SESSION_STORE: 'redis://127.0.0.1:1' };
    const { code, out } = await cli(['sessions', 'end', '--user', '7'], away);
    expect(code).not.toBe(0);
    expect(JSON.parse(out)).toMatchObject({ audit: 'sessions_not_ended', outcome: 'unavailable', userId: '7' });
  });

  it('cannot end what is in the memory of another process', async () => {
    const memory = { ...environment, GATEWAY_SESSION_STORE: 'memory:', GATEWAY_SESSION_ACCEPT_MEMORY: 'true' };
    const { code, err } = await cli(['sessions', 'end', '--user', '1'], memory);
    expect(code).toBe(2);
    expect(err).toContain('endSessions');
  });
});

describe('a logout token of the provider', () => {
  const post = (url: string, logout_token: string) =>
    fetch(`${url}/api/auth/backchannel-logout`, { method: 'POST', body: new URLSearchParams({ logout_token }) });
  const events = { 'http://schemas.openid.net/event/backchannel-logout': {} };
  const logoutToken = (sid: string, claims: Record<string, unknown> = {}) =>
    one.issuer.token('auth|developer', {
      claims: { sid, jti: randomUUID(), events, ...claims },
      header: { typ: 'logout+jwt' },
    });

  it('ends the session of its sid at every process, whichever receives it', async () => {
    const [victim, other] = [await logIn('developer', 'web', 's-1'), await logIn('developer', 'web', 's-2')];
    expect(await statuses([victim, other])).toEqual([200, 200, 200, 200]);
    expect((await post(two.url, await logoutToken('s-1'))).status).toBe(200);
    await expect.poll(() => statuses([victim, other]), { timeout: 5_000 }).toEqual([401, 401, 200, 200]);
  });

  it('for another client ends nothing', async () => {
    const session = await logIn('developer', 'web', 's-3');
    expect((await post(one.url, await logoutToken('s-3', { aud: 'another' }))).status).toBe(400);
    expect(await statuses([session])).toEqual([200, 200]);
  });
});
