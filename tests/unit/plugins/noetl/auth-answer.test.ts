import { describe, expect, it } from 'vitest';
import { parseJson } from '../../../../plugins/json/lossless-json.ts';
import {
  type AskedAccess,
  decodeAccess,
  decodeLogin,
  decodeValidation,
} from '../../../../plugins/noetl/auth-answer.ts';

const token = '389b8a1ec0df0948aeca7be0b2c47c25';
const ada = { email: 'ada@example.com', roles: ['admin', 'developer'], user_id: 1, display_name: 'Ada Lovelace' };
const loggedIn = { user: ada, status: 'authenticated', expires_at: '2026-11-25 06:37:08.708322', session_token: token };
const login = (change: object = {}, status = 'success') => ({ status, data: { ...loggedIn, ...change } });
const valid = (change: object = {}, status = 'success') => ({
  status,
  data: { valid: true, user: ada, message: 'Session is valid', expires_at: '2026-11-25 06:37:08.708322', ...change },
});
const unavailable = expect.objectContaining({ code: 'ERR_AUTH_UNAVAILABLE' });

function errorOf(call: () => unknown): unknown {
  try {
    return { returned: call() };
  } catch (error) {
    return error;
  }
}

describe('decodeLogin', () => {
  it('reads a session, and drops what it does not know', () => {
    expect(decodeLogin(login({ context: { ...loggedIn }, extra: 1 }))).toEqual({
      outcome: 'authenticated',
      token,
      user: { userId: '1', email: 'ada@example.com', displayName: 'Ada Lovelace', roles: ['admin', 'developer'] },
      expiresAt: new Date('2026-11-25T06:37:08.708Z'),
    });
  });

  it('reads data that was rendered as JSON text', () => {
    expect(decodeLogin({ status: 'success', data: JSON.stringify(loggedIn) })).toMatchObject({ token });
  });

  it.each([
    ['number', 1, '1'],
    ['text', '42', '42'],
    ['beyond 2^53', parseJson('320816801799737344'), '320816801799737344'],
  ])('reads a user id that is a %s', (_name, given, want) => {
    expect(decodeLogin(login({ user: { ...ada, user_id: given } }))).toMatchObject({ user: { userId: want } });
  });

  it.each([
    ['array', ['admin'], ['admin']],
    ['JSON text', '["admin","viewer"]', ['admin', 'viewer']],
    ['PostgreSQL literal', '{admin,"viewer"}', ['admin', 'viewer']],
    ['PostgreSQL literal with blanks', ' { admin , "viewer" } ', ['admin', 'viewer']],
    ['names with blanks around', [' admin '], ['admin']],
    ['empty text', '', []],
    ['empty PostgreSQL literal', '{}', []],
    ['one name', 'admin', ['admin']],
    ['null', null, []],
    ['empty list', [], []],
    ['twice the same', ['admin', 'admin'], ['admin']],
  ])('reads roles: %s', (_name, given, want) => {
    expect(decodeLogin(login({ user: { ...ada, roles: given } }))).toMatchObject({ user: { roles: want } });
  });

  it.each([
    ['zone-less, blank', '2026-11-25 06:37:08.708322', '2026-11-25T06:37:08.708Z'],
    ['five digits', '2026-11-25 06:54:17.74988', '2026-11-25T06:54:17.749Z'],
    ['zone-less, T', '2026-11-25T06:37:08', '2026-11-25T06:37:08.000Z'],
    ['+00', '2026-11-25 06:37:08.7+00', '2026-11-25T06:37:08.700Z'],
    ['+00:00', '2026-11-25T06:37:08+00:00', '2026-11-25T06:37:08.000Z'],
    ['another zone', '2026-11-25 06:37:08+05:30', '2026-11-25T01:07:08.000Z'],
    ['Z', '2026-11-25T06:37:08.708322Z', '2026-11-25T06:37:08.708Z'],
  ])('reads the end: %s', (_name, given, want) => {
    expect(decodeLogin(login({ expires_at: given }))).toMatchObject({ expiresAt: new Date(want) });
  });

  it('takes what an async callback calls success', () => {
    expect(decodeLogin(login({}, 'COMPLETED'))).toMatchObject({ outcome: 'authenticated' });
  });

  it('says in the log what an operator can do about a session that was not created', () => {
    const answer = { status: 'error', data: { error: 'Database error', message: 'Failed to create session' } };
    expect(errorOf(() => decodeLogin(answer))).toMatchObject({
      code: 'ERR_AUTH_UNAVAILABLE',
      cause: { message: expect.stringContaining('could not create a session') },
    });
  });

  it('leaves the end open when NoETL does not say', () => {
    expect(decodeLogin(login({ expires_at: null }))).toMatchObject({ expiresAt: undefined });
  });

  it('falls back to e-mail and id for the name', () => {
    expect(decodeLogin(login({ user: { user_id: 5, email: 'bob@example.com' } }))).toMatchObject({
      user: { displayName: 'bob@example.com', roles: [] },
    });
    expect(decodeLogin(login({ user: { user_id: 5, email: null } }))).toMatchObject({
      user: { displayName: '5', email: undefined },
    });
  });

  it.each([
    ['expired', { error: 'Token has expired', message: 'Token validation failed' }],
    ['issuer', { error: 'Invalid token issuer', message: 'Token validation failed' }],
    ['not a JWT', { error: 'Invalid JWT format', message: 'Token validation failed' }],
  ])('rejects what the playbook rejected, without its text: %s', (_name, data) => {
    const answer = decodeLogin({ status: 'error', data });
    expect(answer).toEqual({ outcome: 'rejected', reason: 'The identity token was not accepted.' });
  });

  it('rejects a success that is not authenticated', () => {
    expect(decodeLogin(login({ status: 'denied' }))).toMatchObject({ outcome: 'rejected' });
  });

  it.each([
    ['database trouble', { status: 'error', data: { error: 'Database error', message: 'Failed to create session' } }],
    ['an error that says nothing', { status: 'error', data: null }],
    ['a failed async callback', { status: 'FAILED', data: {} }],
    ['unrendered token', login({ session_token: '{{ prepare_session_cache.session_token }}' })],
    ['unrendered user', login({ user: '{{ user }}' })],
    ['unrendered name', login({ user: { ...ada, display_name: '{% x %}' } })],
    ['unrendered role', login({ user: { ...ada, roles: ['{# x #}'] } })],
    ['a template in what is dropped', login({ context: { deep: [{ '{{x}}': 1 }] } })],
    [
      'a template hidden in JSON text',
      { status: 'success', data: JSON.stringify(loggedIn).replace('Ada L', '{\\u007b L') },
    ],
    [
      'a template hidden in a user that is JSON text',
      login({ user: '{"user_id": 1, "display_name": "\\u007b{ x }}"}' }),
    ],
    ['a template hidden in roles that are JSON text', login({ user: { ...ada, roles: '["\\u007b{ x }}"]' } })],
    ['a status that is empty', login({ status: '' })],
    ['a user id without end', login({ user: { ...ada, user_id: '1'.repeat(1_025) } })],
    ['a blank role', login({ user: { ...ada, roles: ['admin', ' '] } })],
    ['a PostgreSQL literal without an end', login({ user: { ...ada, roles: '{admin' } })],
    ['a name without end', login({ user: { ...ada, display_name: 'x'.repeat(1_025) } })],
    ['no token', login({ session_token: undefined })],
    ['a token with a blank', login({ session_token: `${token} x` })],
    ['Python text for nothing', login({ session_token: 'None' })],
    ['a token that is no text', login({ session_token: 1234567890123456 })],
    ['no user', login({ user: null })],
    ['a user that is a list', login({ user: [ada] })],
    ['no user id', login({ user: { ...ada, user_id: null } })],
    ['a fractional user id', login({ user: { ...ada, user_id: 1.5 } })],
    ['a user id that is an object', login({ user: { ...ada, user_id: {} } })],
    ['roles that are no names', login({ user: { ...ada, roles: [1] } })],
    ['roles that are an object', login({ user: { ...ada, roles: { admin: true } } })],
    ['broken roles text', login({ user: { ...ada, roles: '["admin"' } })],
    ['e-mail that is no text', login({ user: { ...ada, email: ['x'] } })],
    ['an end that is no time', login({ expires_at: 'tomorrow' })],
    ['an end that is a number', login({ expires_at: 1 })],
    ['an empty object', { status: 'success', data: {} }],
    ['null', { status: 'success', data: null }],
    ['a list', { status: 'success', data: [loggedIn] }],
    ['text', { status: 'success', data: 'ok' }],
    ['an unknown status', login({}, 'maybe')],
    ['a template for a status', login({}, '{{ status }}')],
  ])('could not find out: %s', (_name, answer) => {
    expect(errorOf(() => decodeLogin(answer))).toEqual(unavailable);
  });

  it('keeps upstream text out of message and cause', () => {
    const error = errorOf(() => decodeLogin({ status: 'SELECT secret', data: { message: 'SELECT secret' } })) as Error;
    expect(`${error.message} ${String((error.cause as Error).message)}`).not.toContain('secret');
    expect(error.cause).toMatchObject({ message: 'login ended with status unknown' });
    const known = errorOf(() => decodeLogin({ status: 'FAILED', data: {} }));
    expect(known).toMatchObject({ cause: { message: 'login ended with status FAILED' } });
  });
});

describe('decodeValidation', () => {
  it('reads a valid session, from a playbook and from the route', () => {
    const want = { user: expect.objectContaining({ userId: '1' }), expiresAt: new Date('2026-11-25T06:37:08.708Z') };
    expect(decodeValidation(valid())).toEqual(want);
    expect(decodeValidation(valid({ error: null }, 'ok'))).toEqual(want);
  });

  it('says undefined for what is no session', () => {
    const data = { valid: false, message: 'Session not found or expired' };
    expect(decodeValidation({ status: 'success', data })).toBeUndefined();
  });

  it.each([
    ['text for a boolean', valid({ valid: 'true' })],
    ['a number for a boolean', valid({ valid: 1 })],
    ['unrendered boolean', valid({ valid: '{{ valid }}' })],
    ['nothing', { status: 'success', data: {} }],
    ['valid without a user', valid({ user: null })],
    ['an error of the server', { status: 'error', data: { valid: false, error: 'relation does not exist' } }],
  ])('could not find out: %s', (_name, answer) => {
    expect(errorOf(() => decodeValidation(answer))).toEqual(unavailable);
  });
});

describe('decodeAccess', () => {
  const asked: AskedAccess = { userId: '1', permission: 'execute', path: 'demo/hello', mustRepeat: true };
  const said = (change: object = {}, status = 'success') => ({
    status,
    data: { allowed: true, message: 'm', playbook_path: 'demo/hello', permission_type: 'execute', ...change },
  });

  it('reads yes and no', () => {
    expect(decodeAccess(said({ user: { user_id: 1, email: 'ada@example.com' } }), asked)).toBe(true);
    expect(decodeAccess(said({ allowed: false }), asked)).toBe(false);
  });

  it.each([
    ['another path', said({ playbook_path: '49' })],
    ['another permission', said({ permission_type: 'view' })],
    ['no path', said({ playbook_path: undefined })],
    ['text for a boolean', said({ allowed: 'true' })],
    ['another user', said({ user: { user_id: 2 } })],
    ['a failure', said({}, 'error')],
    ['an empty object', { status: 'success', data: {} }],
  ])('could not find out: %s', (_name, answer) => {
    expect(errorOf(() => decodeAccess(answer, asked))).toEqual(unavailable);
  });

  it('does not need the question repeated on the same connection, but not contradicted', () => {
    const loose = { ...asked, mustRepeat: false };
    expect(decodeAccess({ status: 'success', data: { allowed: true } }, loose)).toBe(true);
    expect(errorOf(() => decodeAccess(said({ playbook_path: 'x' }), loose))).toEqual(unavailable);
  });
});
