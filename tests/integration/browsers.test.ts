import { serverAudits } from 'graphql-http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DevGateway } from '../../dev/start-dev.ts';
import type { GatewayConfig } from '../../gateway/config/gateway-config.ts';
import shipped from '../../gateway.config.ts';
import { startDevGateway } from '../support/dev-gateway.ts';

const app = 'https://app.example.com';
const json = { 'content-type': 'application/json' };

let dev: DevGateway;
let token: string;
beforeAll(async () => {
  dev = await startDevGateway({
    config: { ...(shipped as unknown as GatewayConfig), auth: { setCookie: true } },
    environment: { CORS_ALLOWED_ORIGINS: app },
  });
  token = (await dev.login('developer')).sessionToken;
});
afterAll(() => dev.stop());

const post = (path: string, headers: Record<string, string>, body = '{"query": "{ __typename }"}') =>
  fetch(dev.url + path, { method: 'POST', headers: { ...json, ...headers }, body });

it.each(['multipart/mixed', 'application/json'])('an answer of %s has one length', async (accept) => {
  const answer = await post('/graphql', { accept, authorization: `Bearer ${token}` });
  expect(answer.status).toBe(200);
  expect(await answer.text()).toContain('"__typename":"Query"');
  expect([answer.headers.has('content-length'), answer.headers.get('transfer-encoding')]).toEqual([true, null]);
});

it('an answer of text/event-stream is a stream, also of a query', async () => {
  const answer = await post('/graphql', { accept: 'text/event-stream', authorization: `Bearer ${token}` });
  expect(answer.headers.get('content-type')).toContain('text/event-stream');
  expect(await answer.text()).toMatch(/event: next\ndata: .*"__typename":"Query".*\n\nevent: complete/s);
});

describe('a session in a cookie', () => {
  const cookie = () => ({ cookie: `session_token=${token}` });

  it('is set at login when that is configured, out of reach of scripts and other sites', async () => {
    const answer = await post(
      '/api/auth/login',
      {},
      JSON.stringify({ auth0_token: await dev.identityToken('developer') }),
    );
    const { session_token } = (await answer.json()) as { session_token: string };
    const set = answer.headers.get('set-cookie') ?? '';
    expect(set).toContain(`session_token=${session_token};`);
    for (const part of ['HttpOnly', 'Secure', 'SameSite=Lax', 'Path=/']) expect(set).toContain(part);
  });

  it.each([
    ['the page itself', { 'sec-fetch-site': 'same-origin' }, 200],
    ['an allowed app', { 'sec-fetch-site': 'cross-site', origin: app }, 200],
    ['a program', {}, 200],
    ['another site', { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }, 403],
    ['a sibling site', { 'sec-fetch-site': 'same-site', origin: 'https://other.example.com' }, 403],
    ['another site in an old browser', { origin: 'https://evil.example' }, 403],
    ['a frame without origin', { origin: 'null' }, 403],
  ])('from %s', async (_name, headers: Record<string, string>, want) => {
    expect((await post('/graphql', { ...cookie(), ...headers })).status).toBe(want);
    const query = await fetch(`${dev.url}/graphql?query=%7B__typename%7D`, { headers: { ...cookie(), ...headers } });
    expect(query.status).toBe(want);
  });

  it('cannot be ended by another site', async () => {
    const answer = await post('/api/auth/logout', { ...cookie(), origin: 'https://evil.example' }, '{}');
    expect(answer.status).toBe(403);
    expect((await post('/graphql', cookie())).status).toBe(200);
  });

  it('does not ride on a form', async () => {
    const answer = await fetch(`${dev.url}/graphql`, {
      method: 'POST',
      headers: { ...cookie(), 'content-type': 'text/plain' },
      body: '{"query": "{ __typename }"}',
    });
    expect(answer.status).toBe(415);
  });

  it('needs no origin check when the token is in a header', async () => {
    const headers = { authorization: `Bearer ${token}`, origin: 'https://evil.example' };
    const answer = await post('/graphql', headers);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('access-control-allow-origin')).toBeNull();
  });
});

describe('CORS', () => {
  it.each([
    ['/health', 200, 'GET'],
    ['/nowhere', 404, 'GET'],
    ['/graphql', 401, 'POST'],
    ['/api/auth/login', 400, 'POST'],
    ['/api/auth/login', 405, 'GET'],
  ])('names the allowed origin on %s (%i)', async (path, status, method) => {
    const answer = await fetch(dev.url + path, {
      method,
      headers: { origin: app, ...json },
      ...(method === 'POST' ? { body: '{}' } : {}),
    });
    expect(answer.status).toBe(status);
    expect(answer.headers.get('access-control-allow-origin')).toBe(app);
    expect(answer.headers.get('access-control-allow-credentials')).toBe('true');
  });

  it('answers a preflight of the allowed origin, and refuses others', async () => {
    const ask = (origin: string) =>
      fetch(`${dev.url}/graphql`, {
        method: 'OPTIONS',
        headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization' },
      });
    const allowed = await ask(app);
    expect(allowed.status).toBe(204);
    expect(allowed.headers.get('access-control-allow-headers')).toContain('authorization');
    // A page that reads /events with fetch sends it when it connects again.
    expect(allowed.headers.get('access-control-allow-headers')).toContain('last-event-id');
    const refused = await ask('https://evil.example');
    expect(refused.status).toBe(403);
    expect(refused.headers.get('access-control-allow-origin')).toBeNull();
  });
});

describe('GraphQL over HTTP, the whole audit suite', () => {
  const audits = serverAudits({
    url: () => `${dev.url}/graphql`,
    fetchFn: (url: string, init: RequestInit = {}) =>
      fetch(url, {
        ...init,
        headers: { ...(init.headers as Record<string, string>), authorization: `Bearer ${token}` },
      }),
  });
  it.each(audits.map((audit) => [audit.name, audit] as const))('%s', async (_name, audit) => {
    const result = await audit.fn();
    expect(result.status, 'reason' in result ? result.reason : '').toBe('ok');
  });
});
