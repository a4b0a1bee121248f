import { afterAll, beforeAll, expect, it } from 'vitest';
import type { DevGateway } from '../../dev/start-dev.ts';
import type { GatewayConfig } from '../../gateway/config/gateway-config.ts';
import shipped from '../../gateway.config.ts';
import { startDevGateway } from '../support/dev-gateway.ts';
import { rawRequest } from '../support/raw-request.ts';

let dev: DevGateway;
beforeAll(async () => {
  dev = await startDevGateway({
    config: {
      ...(shipped as unknown as GatewayConfig),
      limits: { loginsPerMinute: 3, startsPerSecond: 1 },
    },
    environment: { GATEWAY_TRUSTED_PROXIES: '1' },
  });
});
afterAll(() => dev.stop());

const post = (path: string, body: unknown, forwardedFor: string) =>
  fetch(`${dev.url}/api/auth/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-forwarded-for': forwardedFor },
    body: JSON.stringify(body),
  });

it('counts refused logins by the address that the trusted proxy saw, and still accepts good ones', async () => {
  const from = (address: string, token: string) => post('login', { auth0_token: token }, address);
  for (let n = 0; n < 3; n += 1) expect((await from('spoofed, 203.0.113.7', 'e30.e30.AAAA')).status).toBe(401);
  const refused = await from('another, 203.0.113.7', 'e30.e30.AAAA');
  expect(refused.status).toBe(429);
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
  expect(refused.headers.get('ratelimit-policy')).toBe('"login";q=3;w=60');
  expect(refused.headers.get('ratelimit')).toMatch(/^"login";r=0;t=\d+$/);
  expect(((await refused.json()) as { code: string }).code).toBe('ERR_RATE_LIMITED');
  expect((await from('203.0.113.7', 'opaque')).status).toBe(429);
  expect((await from('203.0.113.7', await dev.identityToken('developer'))).status).toBe(200);
  expect((await from('203.0.113.8', 'opaque')).status).toBe(401);
});

it('counts guesses of session tokens over all entrances together', async () => {
  const address = '203.0.113.50';
  expect((await post('validate', { session_token: 'guess-a' }, address)).status).toBe(200);
  const access = { playbook_path: 'data/x', permission_type: 'view' };
  expect((await post('check-access', { session_token: 'guess-b', ...access }, address)).status).toBe(200);
  expect((await post('validate', { session_token: 'guess-c' }, address)).status).toBe(200);
  for (const path of ['validate', 'check-access']) {
    expect((await post(path, { session_token: 'guess-d', ...access }, address)).status).toBe(429);
  }
  const good = dev.noetl.openSession('analyst@example.com').token;
  expect((await post('validate', { session_token: good }, '203.0.113.51')).status).toBe(200);
});

it('counts tickets by user: each takes the room of a session in the store', async () => {
  const ticket = async (token: string) =>
    fetch(`${dev.url}/api/auth/ticket`, { method: 'POST', headers: { authorization: `Bearer ${token}` } });
  const [one, other] = ['viewer@example.com', 'analyst@example.com'].map((email) => dev.noetl.openSession(email).token);
  for (let n = 0; n < 30; n += 1) expect((await ticket(one ?? '')).status).toBe(200);
  const refused = await ticket(dev.noetl.openSession('viewer@example.com').token);
  expect(refused.status).toBe(429);
  expect(refused.headers.get('ratelimit-policy')).toBe('"ticket";q=30;w=60');
  expect((await ticket(other ?? '')).status).toBe(200);
});

it('counts refused logout tokens of a provider alone: none is refused unread, whatever else came from its address', async () => {
  const address = '203.0.113.60';
  const logout = (logout_token: string) =>
    fetch(`${dev.url}/api/auth/backchannel-logout`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', 'x-forwarded-for': address },
      body: new URLSearchParams({ logout_token }),
    });
  const { sessionToken } = await dev.login('developer');
  const events = { 'http://schemas.openid.net/event/backchannel-logout': {} };
  const claims = { events, jti: 'j-1', exp: undefined };
  const order = await dev.issuer.token('dev|developer', { claims, header: { typ: 'logout+jwt' } });
  for (const status of [400, 400, 400, 429, 429]) expect((await logout('e30.e30.AAAA')).status).toBe(status);
  expect((await logout(order)).status).toBe(200);
  expect(await (await post('validate', { session_token: sessionToken }, '203.0.113.61')).json()).toMatchObject({
    valid: false,
  });
});

it('lets in a valid ticket of a stream from an address that has guessed, and no other', async () => {
  const address = '203.0.113.70';
  const listen = (ticket: string) =>
    fetch(`${dev.url}/events?ticket=${ticket}`, { headers: { 'x-forwarded-for': address } });
  const { sessionToken } = await dev.login('developer');
  const issued = await fetch(`${dev.url}/api/auth/ticket`, {
    method: 'POST',
    headers: { authorization: `Bearer ${sessionToken}` },
  });
  const { ticket } = (await issued.json()) as { ticket: string };
  const guess = 'x'.repeat(43);
  for (const status of [200, 200, 200, 429]) {
    const answer = await listen(guess);
    expect(answer.status).toBe(status);
    expect(await answer.text()).toContain(status === 200 ? '-32001' : 'ERR_RATE_LIMITED');
  }
  const stream = await listen(ticket);
  const { value } = (await stream.body?.getReader().read()) ?? {};
  expect(new TextDecoder().decode(value)).toContain('clientId');
  await stream.body?.cancel().catch(() => undefined);
});

it('a user who starts too much gets 429 with the limit, and others notice nothing', async () => {
  const start = async (token: string) =>
    fetch(`${dev.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify({ query: 'mutation { executePlaybook(name: "data/report") { id } }' }),
    });
  const sessionOf = (user: string) => dev.noetl.openSession(`${user}@example.com`).token;
  const admin = sessionOf('admin');
  const before = dev.noetl.requests.filter(({ path }) => path === '/api/execute').length;
  const answers = await Promise.all(Array.from({ length: 12 }, () => start(admin)));
  const refused = answers.filter(({ status }) => status === 429);
  expect(refused.length).toBeGreaterThanOrEqual(6);
  expect(refused[0]?.headers.get('ratelimit-policy')).toBe('"starts";q=3;w=3');
  expect(Number(refused[0]?.headers.get('retry-after'))).toBeGreaterThan(0);
  expect(await refused[0]?.json()).toMatchObject({ errors: [{ extensions: { code: 'ERR_RATE_LIMITED' } }] });
  const started = answers.filter(({ status }) => status === 200).length;
  // The validation of the session is one execution, too.
  expect(dev.noetl.requests.filter(({ path }) => path === '/api/execute').length - before).toBe(started + 1);
  expect((await start(sessionOf('developer'))).status).toBe(200);
});

it('counts guessed session tokens by address, and not the good ones', async () => {
  const ask = (token: string, address: string) =>
    fetch(`${dev.url}/graphql`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'x-forwarded-for': address,
        authorization: `Bearer ${token}`,
      },
      body: '{"query": "{ __typename }"}',
    });
  const known = (await dev.login('admin')).sessionToken;
  const unknownToUs = () => dev.noetl.openSession('analyst@example.com').token;
  for (let n = 0; n < 5; n += 1) expect((await ask(unknownToUs(), '192.0.2.9')).status).toBe(200);
  for (let n = 0; n < 3; n += 1) expect((await ask(`guess-${n}`, '192.0.2.9')).status).toBe(401);
  const executions = dev.noetl.requests.filter(({ path }) => path === '/api/execute').length;
  const refused = await ask('guess-3', '192.0.2.9');
  expect(refused.status).toBe(429);
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
  expect(dev.noetl.requests.filter(({ path }) => path === '/api/execute')).toHaveLength(executions);
  expect((await ask(known, '192.0.2.9')).status).toBe(200);
  expect((await ask('guess-4', '192.0.2.10')).status).toBe(401);
});

it('counts logins by subject, from wherever they come', async () => {
  const token = await dev.identityToken('viewer');
  const statuses: number[] = [];
  for (let n = 0; n < 4; n += 1) statuses.push((await post('login', { auth0_token: token }, `198.51.100.${n}`)).status);
  expect(statuses).toEqual([200, 200, 200, 429]);
});

it.each([
  ['validate', {}],
  ['check-access', { playbook_path: 'data/x', permission_type: 'view' }],
])('counts %s by the user whose session it is, from wherever it comes', async (path, body) => {
  const session_token = (await dev.login(path === 'validate' ? 'admin' : 'analyst')).sessionToken;
  const statuses: number[] = [];
  for (let n = 0; n < 31; n += 1) {
    statuses.push((await post(path, { session_token, ...body }, `198.51.100.${100 + n}`)).status);
  }
  expect(statuses).toEqual([...Array(30).fill(200), 429]);
});

it.each(['login', 'validate', 'check-access'])('takes 16 KiB of a body for %s, and no more', async (path) => {
  const head = `POST /api/auth/${path} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n`;
  const announced = await rawRequest(dev.url, `${head}content-length: ${16 * 1024 + 1}\r\n\r\n`);
  expect(announced).toContain('413 ');
  expect((await post(path, { auth0_token: 'x'.repeat(16 * 1024) }, '203.0.113.99')).status).toBe(413);
  expect((await post(path, { filler: 'x'.repeat(16 * 1024 - 20) }, '203.0.113.99')).status).toBe(400);
});
