import { decodeJwt } from 'jose';
import { describe, expect, it } from 'vitest';
import type { IssuerEntry } from '../../../../gateway/config/issuers.ts';
import type { Identity, LoginRequest } from '../../../../gateway/config/login-ports.ts';
import {
  createNoetlChecker,
  createNoetlLogin,
  createNoetlValidator,
  signInByPlaybooks,
  signInByRoutes,
  tokenForNoetl,
} from '../../../../gateway/identity/noetl-sign-in.ts';
import { GatewayError } from '../../../../plugins/errors.ts';
import type { PlaybookPath } from '../../../../plugins/noetl-auth/access/playbook-path.ts';
import type { SessionToken } from '../../../../plugins/noetl-auth/session/session-token.ts';
import type { AccessQuestion, Upstream, UpstreamCall } from '../../../../plugins/ports.ts';
import { playbookPath } from '../../../support/allowed-decision.ts';
import { identityWith, tokenWith } from '../../../support/identity-of.ts';
import { rulesOf } from '../../../support/issuer-rules.ts';
import { answeringUpstream } from '../../../support/scripted-upstream.ts';
import { handClock, hourMs, sessionOf, tokenOf } from '../../../support/session-fakes.ts';

const playbooks = {
  login: 'auth/login',
  validateSession: 'auth/validate',
  checkAccess: 'auth/check',
  sessionDbCredential: 'pg_auth',
};

describe('a login at NoETL', () => {
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
    const backend = createNoetlLogin(signInByPlaybooks(driver, playbooks), { clock, maxSessionMs: 24 * hourMs });
    return {
      workloads,
      logIn: (change: Partial<LoginRequest> = {}, who = identity) =>
        backend.login({ ...request, ...change }, who, rules),
    };
  }

  describe('by its playbook', () => {
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

  describe('by its route', () => {
    function overHttp(status: number, body: unknown) {
      const { upstream, calls } = answeringUpstream(status, body);
      const backend = createNoetlLogin(signInByRoutes(upstream, 'pg_auth', 9), { clock, maxSessionMs: 24 * hourMs });
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
});

describe('the token that NoETL reads', () => {
  const now = Date.UTC(2026, 10, 25);
  const email = 'ada@example.com';

  function forNoetl(token: string, change: Partial<Identity> = {}, entry: Partial<IssuerEntry> = {}) {
    const who = identityWith({ issuer: 'https://tenant.example.com/', subject: 'auth0|1', email, ...change });
    const rules = { ...rulesOf({ issuer: who.issuer, ...entry }) };
    return tokenForNoetl(token, who, rules, now);
  }

  it("is the provider's, when it has what NoETL looks for", () => {
    const token = tokenWith({ email });
    expect(forNoetl(token)).toEqual({ token, domain: 'tenant.example.com' });
  });

  it('is the one that came, in shadow mode, whatever it is', () => {
    const token = tokenWith({ sub: 'x' });
    expect(forNoetl(token, { unverified: true }, { subjects: 'qualified' })).toEqual({
      token,
      domain: 'tenant.example.com',
    });
  });

  it.each<[string, string, Partial<Identity>, Partial<IssuerEntry>]>([
    ['without an e-mail', tokenWith({}), {}, {}],
    ['with another e-mail', tokenWith({ email: 'eve@example.com' }), {}, {}],
    ['with an e-mail that may not be used', tokenWith({ email: 'eve@example.com' }), { email: undefined }, {}],
    ['of an issuer with a path', tokenWith({ email }), { issuer: 'https://sso.example.com/realms/a' }, {}],
    ['of an issuer without its slash', tokenWith({ email }), { issuer: 'https://tenant.example.com' }, {}],
    ['of another issuer than the first', tokenWith({ email }), {}, { subjects: 'qualified' }],
    ['that is long', tokenWith({ email, groups: 'x'.repeat(4_000) }), {}, {}],
    ['that is opaque', 'opaque', { kind: 'opaque' }, {}],
  ])('is made here for one %s', (_name, token, change, entry) => {
    const made = forNoetl(token, change, entry);
    expect(made.token).not.toBe(token);
    expect(decodeJwt(made.token)).toMatchObject({ iss: `https://${made.domain}/`, exp: now / 1000 + 300 });
    expect(decodeJwt(made.token)['email']).toBe('email' in change ? change.email : email);
  });

  it('names the realm, and a user of another issuer by both', () => {
    const change = { issuer: 'https://sso.example.com/realms/a', subject: 'auth0|1', name: 'Ada' };
    const { token, domain } = forNoetl(tokenWith({ email }), change, { subjects: 'qualified' });
    expect(domain).toBe('sso.example.com/realms/a');
    expect(decodeJwt(token)).toMatchObject({ sub: 'https://sso.example.com/realms/a#auth0|1', name: 'Ada' });
  });

  it('has a subject that fits into NoETL’s table', () => {
    const { token } = forNoetl('x', { kind: 'opaque', subject: 's'.repeat(250) }, { subjects: 'qualified' });
    expect(decodeJwt(token).sub).toMatch(/^sha256#[0-9a-f]{64}$/);
  });
});

describe('a validation at NoETL', () => {
  const clock = handClock(Date.UTC(2026, 10, 25));
  const user = { user_id: 1, email: 'ada@example.com', display_name: 'Ada Lovelace', roles: ['admin', 'developer'] };
  const valid = { status: 'ok', valid: true, user, expires_at: '2026-11-25 06:37:08.708322', error: null };

  function overHttp(status: number, body: unknown) {
    const calls: UpstreamCall[] = [];
    const upstream: Upstream = {
      async request(call) {
        calls.push(call);
        if (body instanceof Error) throw body;
        return { status, body, date: undefined };
      },
    };
    const validator = createNoetlValidator(signInByRoutes(upstream, 'pg_auth', 9), { clock, maxSessionMs: hourMs });
    return { calls, validate: (token = 'session-token') => validator.validate(token as SessionToken) };
  }

  describe('by its route', () => {
    it('reads a session', async () => {
      const { calls, validate } = overHttp(200, valid);
      expect(await validate()).toEqual({
        user: { userId: '1', email: 'ada@example.com', displayName: 'Ada Lovelace', roles: ['admin', 'developer'] },
        issuedAt: new Date(clock()),
        expiresAt: new Date('2026-11-25T06:37:08.708Z'),
      });
      expect(calls).toMatchObject([
        { path: '/api/auth/session/validate', body: { session_token: 'session-token', credential: 'pg_auth' } },
      ]);
    });

    it.each([
      ['unknown, expired, inactive', { status: 'ok', valid: false, user: null, expires_at: null, error: null }],
      ['valid, but over', { ...valid, expires_at: '2026-11-24 23:59:59' }],
    ])('says undefined for no session: %s', async (_name, body) => {
      expect(await overHttp(200, body).validate()).toBeUndefined();
    });

    it('gives a session without an end the longest life', async () => {
      const session = await overHttp(200, { ...valid, expires_at: null }).validate();
      expect(session?.expiresAt).toEqual(new Date(clock() + hourMs));
    });

    it.each([
      [
        'the auth schema is missing',
        200,
        { status: 'error', valid: false, user: null, error: 'relation "auth.sessions"' },
      ],
      ['the credential is unknown', 404, { detail: 'Credential not found' }],
      ['the token was refused as a value', 422, { detail: [{ type: 'string_too_short', input: 'session-token' }] }],
      ['the server failed', 500, 'Detail: secret'],
      ['a proxy answers for it', 200, '<html>'],
      ['no answer', 0, new GatewayError('ERR_UPSTREAM_TIMEOUT', 'late')],
    ])('throws when %s', async (_name, status, body) => {
      const error = await overHttp(status, body)
        .validate()
        .catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code: 'ERR_AUTH_UNAVAILABLE' });
      expect(String(error)).not.toMatch(/secret|session-token|relation/);
    });

    it('refuses a token with a template without asking', async () => {
      const { calls, validate } = overHttp(200, valid);
      for (const token of ['{{7*7}}', 'x{%y', '{#', '["{""{7*7}}"]']) expect(await validate(token)).toBeUndefined();
      expect(calls).toEqual([]);
    });
  });

  describe('by its playbook', () => {
    it('runs the playbook with token and credential', async () => {
      const runs: unknown[] = [];
      const driver = {
        async run(path: string, workload: Readonly<Record<string, unknown>>) {
          runs.push([path, workload]);
          return { status: 'success', data: { valid: true, user, expires_at: valid.expires_at } };
        },
      };
      const { validate } = createNoetlValidator(signInByPlaybooks(driver, playbooks), { clock, maxSessionMs: hourMs });
      expect(await validate(tokenOf('session-token'))).toMatchObject({ user: { userId: '1' } });
      expect(await validate('{{x}}' as SessionToken)).toBeUndefined();
      expect(runs).toEqual([['auth/validate', { session_token: 'session-token', db_credential: 'pg_auth' }]]);
    });
  });
});

describe('an access check at NoETL', () => {
  const question: AccessQuestion = {
    user: sessionOf(0).user,
    permission: 'execute',
    path: playbookPath('data/report'),
    token: tokenOf('session-token-of-ada'),
  };

  function setUp(answer: (workload: Record<string, unknown>) => unknown, reserved: string[] = []) {
    const clock = handClock();
    const asked: Record<string, unknown>[] = [];
    const driver = {
      async run(path: string, workload: Readonly<Record<string, unknown>>) {
        asked.push({ path, ...workload });
        const data = await answer(workload);
        if (data instanceof Error) throw data;
        return { status: 'success', data };
      },
    };
    const checker = createNoetlChecker(signInByPlaybooks(driver, playbooks), {
      cacheTtlMs: 5_000,
      clock,
      reserved: new Set(reserved),
    });
    return { clock, asked, checker };
  }

  const yes = (workload: Record<string, unknown>) => ({
    allowed: true,
    user: { user_id: 7 },
    playbook_path: workload['playbook_path'],
    permission_type: workload['action'],
  });
  const no = (workload: Record<string, unknown>) => ({ ...yes(workload), allowed: false });
  const down = () => new GatewayError('ERR_AUTH_UNAVAILABLE', 'down');

  describe('by its playbook', () => {
    it("asks in NoETL's words", async () => {
      const { checker, asked } = setUp(yes);
      expect(await checker.check({ ...question, permission: 'edit' })).toEqual({ allowed: true, grant: undefined });
      const workload = { session_token: 'session-token-of-ada', playbook_path: 'data/report', action: 'modify' };
      expect(asked).toEqual([{ path: 'auth/check', ...workload }]);
    });

    it('says no when NoETL does', async () => {
      const decision = await setUp(no).checker.check(question);
      expect(decision).toEqual({ allowed: false, why: 'upstream', grant: undefined });
    });

    it.each([
      ['delete, which NoETL does not know', { permission: 'delete' as const }, 'upstream'],
      ['a reserved path', { path: playbookPath('auth/login') }, 'reserved'],
      ['a path with a template', { path: '{{ 7*7 }}' as PlaybookPath }, 'upstream'],
      ['a token with a template', { token: '{{x}}' as SessionToken }, 'upstream'],
    ])('denies without asking: %s', async (_name, change, why) => {
      const { checker, asked } = setUp(yes, ['auth/login']);
      expect(await checker.check({ ...question, ...change })).toMatchObject({ allowed: false, why });
      expect(asked).toEqual([]);
    });

    it.each([
      ['no answer', down],
      ['another path is answered', (w: Record<string, unknown>) => ({ ...yes(w), playbook_path: '49' })],
      ['the question is not repeated', (w: Record<string, unknown>) => ({ ...yes(w), playbook_path: undefined })],
      ['another permission is answered', (w: Record<string, unknown>) => ({ ...yes(w), permission_type: 'view' })],
      ['another user is answered', (w: Record<string, unknown>) => ({ ...yes(w), user: { user_id: 8 } })],
      ['the answer is no boolean', (w: Record<string, unknown>) => ({ ...yes(w), allowed: 1 })],
    ])('throws and remembers nothing when %s', async (_name, answer) => {
      const { checker, asked } = setUp(answer);
      for (let i = 0; i < 2; i += 1) {
        await expect(checker.check(question)).rejects.toMatchObject({ code: 'ERR_AUTH_UNAVAILABLE' });
      }
      expect(asked.length).toBe(2);
    });

    it('cannot ask without a token', async () => {
      await expect(setUp(yes).checker.check({ ...question, token: undefined })).rejects.toMatchObject({ status: 503 });
    });

    it('reuses an answer for a short time, for the same user, permission and path only', async () => {
      const { checker, asked, clock } = setUp(yes);
      await Promise.all(Array.from({ length: 20 }, () => checker.check(question)));
      clock.advance(4_999);
      await checker.check(question);
      expect(asked.length).toBe(1);
      const other = { ...question.user, userId: '8' };
      await expect(checker.check({ ...question, user: other })).rejects.toThrow();
      await checker.check({ ...question, permission: 'view' });
      await checker.check({ ...question, path: playbookPath('data/other') });
      expect(asked.length).toBe(4);
      clock.advance(1);
      await checker.check(question);
      expect(asked.length).toBe(5);
    });
  });

  describe('by its route', () => {
    function overHttp(status: number, body: unknown) {
      const { upstream, calls } = answeringUpstream(status, body);
      const options = { cacheTtlMs: 0, clock: handClock(), reserved: new Set<string>() };
      return { calls, checker: createNoetlChecker(signInByRoutes(upstream, 'pg_auth', 1_000), options) };
    }

    it('asks the route, which need not repeat the question', async () => {
      const { calls, checker } = overHttp(200, { status: 'success', data: { allowed: true, message: 'm' } });
      expect(await checker.check(question)).toMatchObject({ allowed: true });
      expect(calls).toMatchObject([
        {
          method: 'POST',
          path: '/api/auth/check-playbook-access',
          body: {
            session_token: 'session-token-of-ada',
            playbook_path: 'data/report',
            action: 'execute',
            credential: 'pg_auth',
          },
        },
      ]);
    });

    it.each([
      ['the route is missing', 404, { detail: 'Not Found' }],
      ['it failed', 200, { status: 'error', data: { allowed: true } }],
      ['it failed inside', 500, { error: 'x' }],
      ['it answers another path', 200, { status: 'success', data: { allowed: true, playbook_path: 'x' } }],
    ])('throws when %s', async (_name, status, body) => {
      await expect(overHttp(status, body).checker.check(question)).rejects.toMatchObject({ status: 503 });
    });
  });
});
