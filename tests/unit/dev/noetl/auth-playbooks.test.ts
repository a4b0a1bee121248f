import { afterEach, expect, test } from 'vitest';
import { detailState } from '../../../../dev/noetl/python-state.ts';
import { callbackReceiver, closeStandIns, standIn } from '../../../support/stand-in-client.ts';

afterEach(closeStandIns);

const claims = { iss: 'https://tenant.example.com/', sub: 'auth0|1', email: 'analyst@example.com', exp: 4_000_000_000 };
const jwt = (payload: unknown) => `e30.${Buffer.from(JSON.stringify(payload)).toString('base64url')}.x`;
const login = { auth0_domain: 'tenant.example.com', client_ip: '203.0.113.7' };

async function run(path: string, workload: Record<string, unknown>, on?: Awaited<ReturnType<typeof standIn>>) {
  const at = on ?? (await standIn());
  const gateway = await callbackReceiver();
  await at.call('POST', '/api/execute', {
    path: `api_integration/auth0/${path}`,
    workload: { request_id: 'r-1', gateway_url: `${gateway.url}/cb/secret`, ...workload },
  });
  await gateway.next;
  const [callback] = gateway.seen;
  return { ...at, callback, body: JSON.parse(callback?.text ?? '') };
}

test('a login calls back as the worker does, and its session is one', async () => {
  const { callback, body, call } = await run('auth0_login', { ...login, auth0_token: jwt(claims) });
  expect(callback).toMatchObject({ url: '/cb/secret/api/internal/callback', agent: 'python-httpx/0.28.1' });
  expect(Object.keys(body)).toEqual(['data', 'status', 'request_id']);
  expect(body).toEqual({
    data: {
      user: { user_id: 3, email: 'analyst@example.com', display_name: 'Ann Analyst', roles: ['analyst'] },
      status: 'authenticated',
      expires_at: '2026-01-02 00:00:00.000000',
      session_token: expect.stringMatching(/^[0-9a-f]{32}$/),
    },
    status: 'success',
    request_id: 'r-1',
  });
  const validated = await call('POST', '/api/auth/session/validate', { session_token: body.data.session_token });
  expect(validated.body).toMatchObject({ status: 'ok', valid: true, user: { user_id: 3 } });
});

test.each([
  ['not a token', 'abc', {}, 'Token validation failed'],
  ['another issuer', jwt({ ...claims, iss: 'https://other.example.com/' }), {}, 'Token validation failed'],
  ['an expired token', jwt({ ...claims, exp: 1 }), {}, 'Token validation failed'],
  ['no e-mail', jwt({ ...claims, email: undefined }), {}, 'Failed to create session'],
  ['an invalid client_ip', jwt(claims), { client_ip: "1.2.3.4'::inet" }, 'Failed to create session'],
])('%s is an error', async (_name, auth0_token, change, message) => {
  const { body } = await run('auth0_login', { ...login, auth0_token, ...change });
  expect(body).toMatchObject({ status: 'error', data: { message } });
});

test('a new user has no roles', async () => {
  const { body } = await run('auth0_login', { ...login, auth0_token: jwt({ ...claims, email: 'new@example.com' }) });
  expect(body.data.user).toEqual({ user_id: 5, email: 'new@example.com', display_name: 'new@example.com', roles: [] });
});

test('validate and check-access', async () => {
  const at = await standIn();
  const { token } = at.noetl.openSession('analyst@example.com');
  const validate = async (session_token: string) =>
    (await run('auth0_validate_session', { session_token }, at)).body.data;
  expect(await validate(token)).toMatchObject({ valid: true, user: { roles: ['analyst'] } });
  expect(await validate('x')).toEqual({ valid: false, message: 'Session not found or expired' });
  const may = async (session_token: string, playbook_path: string, action: string) =>
    (await run('check_playbook_access', { session_token, playbook_path, action }, at)).body.data;
  expect(await may(token, 'data/report', 'execute')).toEqual({
    user: { user_id: 3, email: 'analyst@example.com', display_name: 'Ann Analyst' },
    allowed: true,
    message: 'Access granted to execute playbook',
    playbook_path: 'data/report',
    permission_type: 'execute',
  });
  expect(await may(token, 'data/report', 'modify')).toMatchObject({ allowed: false, message: 'Access denied' });
  expect(await may(token, 'system/cleanup', 'view')).toMatchObject({ allowed: false });
  expect(await may('x', 'data/report', 'execute')).toMatchObject({ allowed: false });
  at.clock.advance(25 * 3_600_000);
  expect(await validate(token)).toMatchObject({ valid: false });
});

test('an auth playbook can be started on both servers', async () => {
  for (const speak of ['python', 'rust'] as const) {
    const { call } = await standIn({ speak });
    const path = 'api_integration/auth0/auth0_login';
    expect((await call('POST', '/api/execute', { path, workload: {} })).status).toBe(200);
  }
});

test('a receiver that refuses makes the run fail; one that takes it completes it', async () => {
  for (const [status, state] of [
    [404, 'FAILED'],
    [200, 'COMPLETED'],
  ] as const) {
    const { call, noetl, clock } = await standIn();
    const gateway = await callbackReceiver(status);
    const execution = await call('POST', '/api/execute', {
      path: 'api_integration/auth0/auth0_validate_session',
      workload: { gateway_url: gateway.url, request_id: 'r' },
    });
    const stateOf = () => {
      const view = noetl.runs.view(execution.body['execution_id']);
      return view === undefined ? undefined : detailState(view).status;
    };
    expect(stateOf()).toBe('RUNNING');
    await gateway.next;
    await noetl.close();
    clock.advance(100);
    expect(stateOf()).toBe(state);
  }
});

test('the Rust server answers login and check-access itself', async () => {
  const { call } = await standIn({ speak: 'rust' });
  const session = await call('POST', '/api/auth/login', { ...login, auth0_token: jwt(claims) });
  const { status, data } = session.body as { status: string; data: { session_token: string } };
  expect(status).toBe('success');
  const check = await call('POST', '/api/auth/check-playbook-access', {
    session_token: data.session_token,
    playbook_path: 'data/report',
    action: 'execute',
  });
  expect(check.body).toMatchObject({ status: 'success', data: { allowed: true } });
});
