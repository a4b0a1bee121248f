import { describe, expect, it } from 'vitest';
import type { LoginRequest } from '../../../../../core/ports.ts';
import { createHttpLogin, createPlaybookLogin } from '../../../../../server/auth/login/upstream-login.ts';
import { identityWith, tokenWith } from '../../../../support/identity-of.ts';
import { rulesOf } from '../../../../support/issuer-rules.ts';
import { answeringUpstream } from '../../../../support/scripted-upstream.ts';
import { handClock, hourMs } from '../../../../support/session-fakes.ts';

const clock = handClock(Date.UTC(2026, 10, 25, 0, 0, 0));
const token = '389b8a1ec0df0948aeca7be0b2c47c25';
const user = { user_id: 1, email: 'ada@example.com', display_name: 'Ada', roles: ['admin'] };
const good = { status: 'authenticated', session_token: token, user, expires_at: '2026-11-26 00:00:00.5' };
const identityToken = tokenWith({ email: 'Ada@example.com' });
const request: LoginRequest = {
  token: identityToken,
  domain: 'evil.example.com',
  sessionHours: 8,
  clientIp: '203.0.113.7',
};
const identity = identityWith({
  issuer: 'https://tenant.example.com:8443/',
  subject: 'ada',
  email: 'Ada@example.com',
  name: 'Ada',
});
const rules = rulesOf({ issuer: identity.issuer });

function byPlaybook(answer: { status: string; data: unknown }) {
  const workloads: Readonly<Record<string, unknown>>[] = [];
  const driver = {
    async run(_path: string, workload: Readonly<Record<string, unknown>>) {
      workloads.push(workload);
      return answer;
    },
  };
  const backend = createPlaybookLogin({ driver, playbook: 'auth/login', clock, maxSessionMs: 24 * hourMs });
  return {
    workloads,
    logIn: (change: Partial<LoginRequest> = {}, who = identity) => backend.login({ ...request, ...change }, who, rules),
  };
}

describe('createPlaybookLogin', () => {
  it.each([
    ['what was asked', 8, '2026-11-26 00:00:00', 8 * hourMs],
    ["NoETL's own", 8, '2026-11-25 03:00:00', 3 * hourMs],
    ['eight hours by default', undefined, undefined, 8 * hourMs],
    ["the gateway's cap", 1_000, '2036-11-26 00:00:00', 24 * hourMs],
  ])('ends the session at the earliest: %s', async (_name, sessionHours, expires_at, wantMs) => {
    const { logIn } = byPlaybook({ status: 'success', data: { ...good, expires_at } });
    expect(await logIn({ sessionHours })).toMatchObject({
      session: { expiresAt: new Date(clock() + wantMs), issuedAt: new Date(clock()) },
    });
  });

  it('takes no session that is over already', async () => {
    const { logIn } = byPlaybook({ status: 'success', data: { ...good, expires_at: '2026-11-25 00:00:00' } });
    await expect(logIn()).rejects.toMatchObject({ code: 'ERR_AUTH_UNAVAILABLE' });
  });

  it.each([
    ['an IPv4 address', '203.0.113.7', '203.0.113.7'],
    ['an IPv6 address', '2001:db8::7', '2001:db8::7'],
    ['an address with a zone', 'fe80::1%eth0', 'fe80::1'],
    ['SQL', "1.2.3.4'::inet & '255.255.0.0", '0.0.0.0'],
    ['nothing', '', '0.0.0.0'],
  ])('sends as client_ip only an address: %s', async (_name, clientIp, want) => {
    const { logIn, workloads } = byPlaybook({ status: 'success', data: good });
    await logIn({ clientIp });
    expect(workloads).toMatchObject([{ client_ip: want }]);
  });

  it("sends the trusted issuer's host, not the caller's text, and nothing of the caller's browser", async () => {
    const { logIn, workloads } = byPlaybook({ status: 'success', data: good });
    await logIn();
    expect(workloads).toEqual([
      {
        auth0_token: identityToken,
        auth0_refresh_token: '',
        auth0_domain: 'tenant.example.com:8443',
        session_duration_hours: 8,
        client_ip: '203.0.113.7',
        client_user_agent: '',
      },
    ]);
  });

  it('refuses the session of another user', async () => {
    const data = { ...good, user: { ...user, email: 'root@example.com' } };
    expect(await byPlaybook({ status: 'success', data }).logIn()).toMatchObject({ outcome: 'rejected' });
    expect(await byPlaybook({ status: 'success', data: good }).logIn()).toMatchObject({ outcome: 'authenticated' });
  });

  it('cannot compare where one names no e-mail', async () => {
    const { logIn } = byPlaybook({ status: 'success', data: good });
    expect(await logIn({}, { ...identity, email: undefined })).toMatchObject({ outcome: 'authenticated' });
    const nameless = byPlaybook({ status: 'success', data: { ...good, user: { ...user, email: null } } });
    expect(await nameless.logIn()).toMatchObject({ outcome: 'authenticated' });
  });

  it('sends no token with a template', async () => {
    const { logIn, workloads } = byPlaybook({ status: 'success', data: good });
    expect(await logIn({ token: '{{x}}.b.c' })).toMatchObject({ outcome: 'rejected' });
    expect(workloads).toEqual([]);
  });
});

describe('createHttpLogin', () => {
  function overHttp(status: number, body: unknown) {
    const { upstream, calls } = answeringUpstream(status, body);
    const backend = createHttpLogin({
      upstream,
      credential: 'pg_auth',
      clock,
      maxSessionMs: 24 * hourMs,
      timeoutMs: 9,
    });
    return { calls, result: backend.login(request, identity, rules) };
  }

  it('asks the route, once', async () => {
    const { calls, result } = overHttp(200, { status: 'success', data: good });
    expect(await result).toMatchObject({ outcome: 'authenticated', token });
    expect(calls).toMatchObject([
      {
        method: 'POST',
        path: '/api/auth/login',
        idempotent: false,
        timeoutMs: 9,
        body: {
          auth0_token: identityToken,
          auth0_domain: 'tenant.example.com:8443',
          client_ip: '203.0.113.7',
          credential: 'pg_auth',
        },
      },
    ]);
  });

  it('separates a refusal from an outage', async () => {
    const refused = { status: 'error', data: { error: 'x', message: 'Token validation failed' } };
    expect(await overHttp(200, refused).result).toMatchObject({ outcome: 'rejected' });
    for (const [status, body] of [
      [404, { detail: 'Not Found' }],
      [500, { error: 'x', status: 500 }],
      [401, { error: 'x', status: 401 }],
      [200, 'text'],
      [200, { data: good }],
      [200, { status: 'error', data: { error: 'Database error', message: 'Failed to create session' } }],
    ] as const) {
      await expect(overHttp(status, body).result).rejects.toMatchObject({ code: 'ERR_AUTH_UNAVAILABLE' });
    }
  });
});
