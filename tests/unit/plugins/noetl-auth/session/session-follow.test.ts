import { describe, expect, it } from 'vitest';
import type { Session } from '../../../../../plugins/noetl-auth/session/session.ts';
import { sealTokens } from '../../../../../plugins/noetl-auth/session/session-token.ts';
import { createSessions } from '../../../../../plugins/noetl-auth/session/sessions.ts';
import type { FollowedSession, SessionFollower } from '../../../../../plugins/ports.ts';
import { fakeValidator, handClock, recorder, sessionOf, settle, tokenOf } from '../../../../support/session-fakes.ts';
import { createMemorySessionStore } from '../../../../support/session-stores.ts';

const token = tokenOf('noetl-session-followed');
const refreshMs = 60_000;
const issuer = 'https://id.example.com/';
const identity = {
  issuer,
  subject: 'ada',
  sid: 's-1',
  client: 'web',
  refreshMs,
  sealed: sealTokens(token, { access: 'access' }),
};

function setup(answer: () => FollowedSession, change: Partial<Session['identity'] & object> = {}) {
  const clock = handClock();
  const asked: string[] = [];
  const follower: SessionFollower = {
    async follow(_identity, { access }) {
      asked.push(access ?? '');
      return answer();
    },
  };
  const store = createMemorySessionStore({ maxEntries: 100, clock });
  const options = { cacheTtlMs: 5_000, cacheSize: 100, revalidateMs: 300_000, invalidTtlMs: 10_000, maxMs: 86_400_000 };
  const limits = { validationsAtOnce: 4, validationsWaiting: 4 };
  const { validator } = fakeValidator();
  const sessions = createSessions({ store, validator, follower, clock, options, limits, observe: recorder().observe });
  const session = sessionOf(clock(), { selfIssued: true, identity: { ...identity, ...change } });
  return { sessions, session, clock, asked };
}

describe('a session that follows its provider', () => {
  it('has the roles that the provider gives now', async () => {
    const { sessions, session, clock, asked } = setup(() => ({ outcome: 'valid', roles: ['viewer'] }));
    await sessions.remember(token, session);
    clock.advance(2 * refreshMs);
    expect((await sessions.lookup(token))?.user.roles).toEqual(['viewer']);
    expect(asked).toEqual(['access']);
  });

  it('is over when the provider refuses it', async () => {
    const { sessions, session, clock } = setup(() => ({ outcome: 'over' }));
    await sessions.remember(token, session);
    clock.advance(2 * refreshMs);
    expect(await sessions.lookup(token)).toBeUndefined();
  });

  it('works through an outage of the provider for a bounded time', async () => {
    const { sessions, session, clock } = setup(() => {
      throw new Error('down');
    });
    await sessions.remember(token, session);
    clock.advance(2 * refreshMs);
    expect(await sessions.lookup(token)).toBeDefined();
    clock.advance(20 * 60_000);
    await expect(sessions.lookup(token)).rejects.toMatchObject({ code: 'ERR_AUTH_UNAVAILABLE' });
  });

  it('is over when its tokens can no longer be read', async () => {
    const { sessions, session, clock } = setup(() => ({ outcome: 'valid', roles: undefined }), { sealed: 'x' });
    await sessions.remember(token, session);
    clock.advance(2 * refreshMs);
    expect(await sessions.lookup(token)).toBeUndefined();
  });
});

describe('a session ends with', () => {
  it.each([
    ['its issuer', { issuer }, true],
    ['its subject', { issuer, subject: 'ada' }, true],
    ['its session at the provider', { issuer, sid: 's-1' }, true],
    ['both', { issuer, subject: 'ada', sid: 's-1' }, true],
    ['its client', { issuer, client: 'web' }, true],
    ['its user', { userId: '7' }, true],
    ['another subject', { issuer, subject: 'bob' }, false],
    ['another session of the subject', { issuer, subject: 'ada', sid: 's-2' }, false],
    ['another client', { issuer, client: 'other' }, false],
    ['the same subject of another issuer', { issuer: 'https://b.example.com/', subject: 'ada' }, false],
  ])('%s', async (_name, target, isOver) => {
    const { sessions, session, clock } = setup(() => ({ outcome: 'valid', roles: undefined }));
    await sessions.remember(token, session);
    clock.advance(10);
    await sessions.endSessionsOf(target);
    await settle();
    expect((await sessions.lookup(token)) === undefined).toBe(isOver);
    clock.advance(6_000);
    expect((await sessions.lookup(token)) === undefined).toBe(isOver);
  });
});
