import { describe, expect, it } from 'vitest';
import type { Identity, LoginRequest } from '../../../../../core/ports.ts';
import {
  createLocalLogin,
  createStoreOnlyValidator,
  type LocalLoginOptions,
} from '../../../../../server/auth/login/local-login.ts';
import { handClock, hourMs, tokenOf } from '../../../../support/session-fakes.ts';

const clock = handClock();
const request: LoginRequest = { token: 'a.b.c', domain: undefined, sessionHours: undefined, clientIp: '203.0.113.7' };

function identityOf(claims: Record<string, unknown>, change: Partial<Identity> = {}): Identity {
  const known = { issuer: 'https://a.example.com/', subject: 'auth|7', email: undefined, name: 'Ada' };
  return { ...known, expiresAt: new Date(clock()), claims, ...change };
}

async function logIn(identity: Identity, options: Partial<LocalLoginOptions> = {}, hours?: number) {
  const backend = createLocalLogin({
    trustedIssuers: ['https://a.example.com/'],
    clock,
    maxSessionMs: 24 * hourMs,
    ...options,
  });
  return backend.login({ ...request, sessionHours: hours }, identity);
}

async function rolesOf(claims: Record<string, unknown>, options: Partial<LocalLoginOptions>) {
  const result = await logIn(identityOf(claims), options);
  return result.outcome === 'authenticated' ? result.session.user.roles : undefined;
}

describe('createLocalLogin', () => {
  it('issues a random token of 256 bits for the subject', async () => {
    const results = [await logIn(identityOf({})), await logIn(identityOf({}))];
    const tokens = results.map((result) => (result.outcome === 'authenticated' ? result.token : ''));
    expect(tokens[0]).toMatch(/^noetl-session-[A-Za-z0-9_-]{43}$/);
    expect(tokens[0]).not.toBe(tokens[1]);
    expect(results[0]).toMatchObject({
      session: {
        user: { userId: 'auth|7', email: undefined, displayName: 'Ada', roles: [] },
        issuedAt: new Date(clock()),
        expiresAt: new Date(clock() + 8 * hourMs),
      },
    });
  });

  it('ends no later than the gateway allows', async () => {
    for (const [hours, want] of [
      [1, 1],
      [24, 24],
      [1_000, 24],
    ] as const) {
      const result = await logIn(identityOf({}), {}, hours);
      expect(result).toMatchObject({ session: { expiresAt: new Date(clock() + want * hourMs) } });
    }
  });

  it('refuses an identity that shadow mode let through', async () => {
    expect(await logIn(identityOf({}, { unverified: true }))).toMatchObject({ outcome: 'rejected' });
  });

  it('keeps subjects of several issuers apart', async () => {
    const options = { trustedIssuers: ['https://a.example.com/', 'https://b.example.com/'] };
    const result = await logIn(identityOf({}), options);
    expect(result).toMatchObject({ session: { user: { userId: 'https://a.example.com/#auth|7' } } });
  });

  const roleMap = { ops: ['admin'], dev: ['developer', 'viewer'] };
  it.each<[string, Record<string, unknown>, Partial<LocalLoginOptions>, string[]]>([
    ['a list', { roles: ['admin', 'viewer'] }, { rolesClaim: 'roles' }, ['admin', 'viewer']],
    ['one name', { roles: 'admin' }, { rolesClaim: 'roles' }, ['admin']],
    [
      'a claim named by a URL',
      { 'https://example.com/roles': ['viewer'] },
      { rolesClaim: 'https://example.com/roles' },
      ['viewer'],
    ],
    ['a nested claim', { realm: { roles: ['viewer'] } }, { rolesClaim: 'realm.roles' }, ['viewer']],
    ['mapped', { groups: ['ops', 'dev', 'ops'] }, { rolesClaim: 'groups', roleMap }, ['admin', 'developer', 'viewer']],
    ['a value that is not mapped gives nothing', { groups: ['admin'] }, { rolesClaim: 'groups', roleMap }, []],
    ['a value named as every object has one', { groups: ['constructor'] }, { rolesClaim: 'groups', roleMap }, []],
    ['a claim named as every object has one', {}, { rolesClaim: 'constructor.name' }, []],
    ['no names', { roles: [1, null, { admin: true }] }, { rolesClaim: 'roles', defaultRoles: ['viewer'] }, ['viewer']],
    ['absent', {}, { rolesClaim: 'roles', defaultRoles: ['viewer'] }, ['viewer']],
    ['a path through what is no object', { realm: 'x' }, { rolesClaim: 'realm.roles' }, []],
    ['a path through null', { realm: null }, { rolesClaim: 'realm.roles' }, []],
    ['an empty name', { roles: [''] }, { rolesClaim: 'roles', defaultRoles: ['viewer'] }, ['viewer']],
    ['no claim configured', { roles: ['admin'] }, { defaultRoles: ['viewer'] }, ['viewer']],
  ])('roles: %s', async (_name, claims, options, want) => {
    expect(await rolesOf(claims, options)).toEqual(want);
  });
});

it('knows no session that is not in the store', async () => {
  expect(await createStoreOnlyValidator().validate(tokenOf('noetl-session-x'))).toBeUndefined();
});
