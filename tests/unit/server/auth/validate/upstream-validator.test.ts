import { describe, expect, it } from 'vitest';
import { GatewayError } from '../../../../../core/errors.ts';
import type { Upstream, UpstreamCall } from '../../../../../core/ports.ts';
import type { SessionToken } from '../../../../../core/session/session-token.ts';
import {
  createHttpValidator,
  createPlaybookValidator,
} from '../../../../../server/auth/validate/upstream-validator.ts';
import { handClock, hourMs, tokenOf } from '../../../../support/session-fakes.ts';

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
  const validator = createHttpValidator({ upstream, credential: 'pg_auth', clock, maxSessionMs: hourMs, timeoutMs: 9 });
  return { calls, validate: (token = 'session-token') => validator.validate(token as SessionToken) };
}

describe('createHttpValidator', () => {
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

describe('createPlaybookValidator', () => {
  it('runs the playbook with token and credential', async () => {
    const runs: unknown[] = [];
    const driver = {
      async run(path: string, workload: Readonly<Record<string, unknown>>) {
        runs.push([path, workload]);
        return { status: 'success', data: { valid: true, user, expires_at: valid.expires_at } };
      },
    };
    const options = { driver, playbook: 'auth/validate', credential: 'pg_auth', clock, maxSessionMs: hourMs };
    const { validate } = createPlaybookValidator(options);
    expect(await validate(tokenOf('session-token'))).toMatchObject({ user: { userId: '1' } });
    expect(await validate('{{x}}' as SessionToken)).toBeUndefined();
    expect(runs).toEqual([['auth/validate', { session_token: 'session-token', db_credential: 'pg_auth' }]]);
  });
});
