import { afterAll, beforeAll, expect, it } from 'vitest';
import type { GatewayConfig } from '../../core/config/gateway-config.ts';
import type { DevGateway } from '../../dev/start-dev.ts';
import shipped from '../../gateway.config.ts';
import { startDevGateway } from '../support/dev-gateway.ts';

let dev: DevGateway;
beforeAll(async () => {
  dev = await startDevGateway({
    config: { ...(shipped as unknown as GatewayConfig), limits: { loginsPerMinute: 3, checksPerMinute: 3 } },
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

it.each([
  ['login', { auth0_token: 'x' }, 401],
  ['validate', { session_token: 'x' }, 200],
  ['check-access', { session_token: 'x', playbook_path: 'data/x', permission_type: 'view' }, 200],
])('counts %s by the address that the trusted proxy saw', async (path, body, usual) => {
  const from = (address: string) => post(path, body, address);
  for (let n = 0; n < 3; n += 1) expect((await from('spoofed, 203.0.113.7')).status).toBe(usual);
  const refused = await from('another, 203.0.113.7');
  expect(refused.status).toBe(429);
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
  expect(((await refused.json()) as { code: string }).code).toBe('ERR_RATE_LIMITED');
  expect((await from('203.0.113.8')).status).toBe(usual);
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
  for (let n = 0; n < 4; n += 1) {
    statuses.push((await post(path, { session_token, ...body }, `198.51.100.${100 + n}`)).status);
  }
  expect(statuses).toEqual([200, 200, 200, 429]);
});
