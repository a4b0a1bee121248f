import { describe, expect, test } from 'vitest';
import { parseJson } from '../../../../../plugins/json/lossless-json.ts';
import {
  findRoute,
  type Handlers,
  methodsAt,
  parseCheckAccessRequest,
  parseLoginRequest,
  parseLogoutRequest,
  parseValidateRequest,
} from '../../../../../gateway/rest/generated/routes.gen.ts';

const parsers = {
  login: parseLoginRequest,
  validate: parseValidateRequest,
  checkAccess: parseCheckAccessRequest,
  logout: parseLogoutRequest,
};

describe('request validators', () => {
  test.each([
    { of: 'login', given: null, want: ['the body must be a JSON object'] },
    { of: 'login', given: [], want: ['the body must be a JSON object'] },
    { of: 'login', given: 'text', want: ['the body must be a JSON object'] },
    { of: 'login', given: {}, want: ['auth0_token is required'] },
    { of: 'login', given: { auth0_token: null }, want: ['auth0_token is required'] },
    { of: 'login', given: { auth0_token: 7 }, want: ['auth0_token must be text'] },
    { of: 'login', given: { auth0_token: '' }, want: ['auth0_token must not be empty'] },
    {
      of: 'login',
      given: { auth0_token: 't', auth0_domain: 'd'.repeat(254), client_ip: 1 },
      want: ['auth0_domain must be at most 253 characters long', 'client_ip must be text'],
    },
    {
      of: 'login',
      given: { auth0_token: 't', session_duration_hours: 0 },
      want: ['session_duration_hours must be at least 1'],
    },
    {
      of: 'login',
      given: { auth0_token: 't', session_duration_hours: 1.5 },
      want: ['session_duration_hours must be a whole number'],
    },
    {
      of: 'login',
      given: { auth0_token: 't', session_duration_hours: '8' },
      want: ['session_duration_hours must be a whole number'],
    },
    {
      of: 'login',
      given: parseJson('{"auth0_token": "t", "session_duration_hours": 99999999999999999999}'),
      want: ['session_duration_hours must be a whole number'],
    },
    { of: 'validate', given: {}, want: ['session_token is required'] },
    { of: 'validate', given: { session_token: {} }, want: ['session_token must be text'] },
    {
      of: 'checkAccess',
      given: {},
      want: ['session_token is required', 'playbook_path is required', 'permission_type is required'],
    },
    {
      of: 'checkAccess',
      given: { session_token: 't', playbook_path: '', permission_type: 'run' },
      want: [
        'playbook_path must not be empty',
        'permission_type must be one of execute, view, edit, delete, modify',
      ],
    },
    { of: 'logout', given: { all: 'yes' }, want: ['all must be true or false'] },
  ] as const)('$of refuses $given', ({ of, given, want }) => {
    expect(parsers[of](given)).toEqual({ problems: want });
  });

  test('what the contract does not name, and optional members that are null, are dropped', () => {
    const given = { auth0_token: 't', auth0_domain: null, session_duration_hours: 8, extra: 1, __proto__: { all: true } };
    expect(parseLoginRequest(given)).toEqual({ value: { auth0_token: 't', session_duration_hours: 8 } });
  });

  test('no problem repeats what was sent', () => {
    const secret = 'tok-'.repeat(100);
    const answer = parseCheckAccessRequest({ session_token: { secret }, playbook_path: [secret], permission_type: secret });
    expect(JSON.stringify(answer)).not.toContain('tok-');
  });
});

/** Handlers that answer with what they were given; anything not listed fails the test. */
const echo = {
  login: async (body) => ({ body }),
  logout: async (body) => ({ body }),
  health: async () => 'ok',
} as Partial<Record<keyof Handlers<unknown>, (...args: unknown[]) => Promise<unknown>>> as unknown as Handlers<string>;

describe('route table', () => {
  test.each([
    { method: 'POST', path: '/api/auth/login', session: 'none', answer: 'json' },
    { method: 'POST', path: '/api/auth/validate', session: 'none', answer: 'json' },
    { method: 'POST', path: '/api/auth/check-access', session: 'none', answer: 'json' },
    { method: 'POST', path: '/api/auth/logout', session: 'required', answer: 'json' },
    { method: 'GET', path: '/health', session: 'none', answer: 'text' },
  ])('$method $path', ({ method, path, session, answer }) => {
    expect(findRoute(method, path)).toMatchObject({ session, answer });
  });

  test.each([
    ['GET', '/api/auth/login'],
    ['POST', '/api/auth/login/'],
    ['POST', '/API/auth/login'],
    ['POST', '/graphql'],
  ])('%s %s is no route', (method, path) => {
    expect(findRoute(method, path)).toBeUndefined();
  });

  test('a path tells its methods', () => {
    expect(methodsAt('/api/auth/login')).toEqual(['POST']);
    expect(methodsAt('/api/auth/other')).toEqual([]);
  });

  test('a wrong body runs no handler', async () => {
    const never = {} as Handlers<string>;
    expect(await findRoute('POST', '/api/auth/login')?.handle(never, {}, 'c')).toEqual({
      problems: ['auth0_token is required'],
    });
  });

  test('a right body reaches its handler', async () => {
    const answer = await findRoute('POST', '/api/auth/login')?.handle(echo, { auth0_token: 't' }, 'c');
    expect(answer).toEqual({ value: { body: { auth0_token: 't' } } });
  });

  test('an optional body may be absent, and is still checked when it is there', async () => {
    const logout = findRoute('POST', '/api/auth/logout');
    expect(await logout?.handle(echo, undefined, 'c')).toEqual({ value: { body: {} } });
    expect(await logout?.handle(echo, { all: 1 }, 'c')).toEqual({ problems: ['all must be true or false'] });
    expect(await logout?.handle(echo, null, 'c')).toEqual({ problems: ['the body must be a JSON object'] });
  });
});
