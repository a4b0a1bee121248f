import { describe, expect, it } from 'vitest';
import type { StaticUser } from '../../../../gateway/config/gateway-config.ts';
import type { Identity, LoginRequest } from '../../../../gateway/config/login-ports.ts';
import type { SessionBounds } from '../../../../gateway/identity/noetl-sign-in.ts';
import {
  createLocalLogin,
  createStaticValidator,
  storeOnlyValidator,
} from '../../../../gateway/identity/own-sessions.ts';
import { rulesOf } from '../../../support/issuer-rules.ts';
import { handClock, hourMs, tokenOf } from '../../../support/session-fakes.ts';

const clock = handClock();
const request: LoginRequest = { token: 'a.b.c', domain: undefined, sessionHours: undefined, clientIp: '203.0.113.7' };

function identityOf(claims: Record<string, unknown>, change: Partial<Identity> = {}): Identity {
  const known = { issuer: 'https://a.example.com/', subject: 'auth|7', email: undefined, name: 'Ada' };
  const said = { kind: 'id_token', isMachine: false, roles: [], droppedRoles: [] } as const;
  return { ...known, ...said, expiresAt: new Date(clock()), claims, ...change };
}

async function logIn(identity: Identity, options: Partial<SessionBounds> = {}, hours?: number) {
  const backend = createLocalLogin({
    clock,
    maxSessionMs: 24 * hourMs,
    ...options,
  });
  return backend.login({ ...request, sessionHours: hours }, identity, rulesOf({ issuer: identity.issuer }));
}

describe('createLocalLogin', () => {
  it('issues a random token of 256 bits for the subject', async () => {
    const results = [await logIn(identityOf({})), await logIn(identityOf({}))];
    const tokens = results.map((result) => (result.outcome === 'authenticated' ? result.token : ''));
    expect(tokens[0]).toMatch(/^noetl-session-[A-Za-z0-9_-]{43}$/);
    expect(tokens[0]).not.toBe(tokens[1]);
    expect(results[0]).toMatchObject({
      session: {
        user: { userId: 'https://a.example.com/#auth|7', email: undefined, displayName: 'Ada', roles: [] },
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

  it('names a user by issuer and subject, and gives the roles of the entry', async () => {
    const result = await logIn(identityOf({}, { roles: ['viewer'] }));
    expect(result).toMatchObject({
      session: { user: { userId: 'https://a.example.com/#auth|7', roles: ['viewer'] }, selfIssued: true },
    });
  });
});

it('knows no session that is not in the store', async () => {
  expect(await storeOnlyValidator.validate(tokenOf('noetl-session-x'))).toBeUndefined();
});

const users: StaticUser[] = [
  { token: 'token-of-ada', userId: '1', displayName: 'Ada', email: 'ada@example.com', roles: ['admin'] },
  { token: 'token-of-bob', userId: '2', displayName: 'Bob', roles: [] },
];
const bounds = { clock, maxSessionMs: hourMs };

it('knows the users of the config, and no others', async () => {
  const validator = createStaticValidator(users, 'development', bounds);
  expect(await validator.validate(tokenOf('token-of-bob'))).toEqual({
    user: { userId: '2', email: undefined, displayName: 'Bob', roles: [] },
    issuedAt: new Date(clock()),
    expiresAt: new Date(clock() + hourMs),
  });
  for (const token of ['token-of-bo', 'token-of-bobb', 'TOKEN-OF-BOB', 'x']) {
    expect(await validator.validate(tokenOf(token))).toBeUndefined();
  }
});

it('does not exist in production', () => {
  expect(() => createStaticValidator(users, 'production', bounds)).toThrow(
    expect.objectContaining({ code: 'ERR_CONFIG_INVALID' }),
  );
});
