import { describe, expect, it } from 'vitest';
import type { IssuerEntry } from '../../../../gateway/config/issuers.ts';
import type { Identity } from '../../../../gateway/config/login-ports.ts';
import { createLocalLogin } from '../../../../gateway/identity/own-sessions.ts';
import { createSignIn } from '../../../../gateway/identity/sign-in.ts';
import { createRateLimits } from '../../../../gateway/limits/rate-limits.ts';
import type { Session } from '../../../../plugins/noetl-auth/session/session.ts';
import { identityWith } from '../../../support/identity-of.ts';
import { rulesOf } from '../../../support/issuer-rules.ts';
import { handClock, hourMs, recorder } from '../../../support/session-fakes.ts';

const issuer = 'https://id.example.com/';
const minuteMs = 60_000;

interface Given {
  readonly session?: IssuerEntry['session'];
  /** Minutes until the token's `exp`. */
  readonly tokenMinutes?: number;
  /** `session_duration_hours` of the login. */
  readonly hours?: number;
  readonly identity?: Partial<Identity>;
}

/** A login with the gateway's own sessions. @returns how long its session lives, minutes, and the session */
async function logIn({ session = {}, tokenMinutes = 60, hours, identity = {} }: Given) {
  const clock = handClock();
  const rules = rulesOf({ issuer, session });
  const expiresAt = new Date(clock() + tokenMinutes * minuteMs);
  const verified = { identity: identityWith({ issuer, subject: 'ada', expiresAt, ...identity }), rules };
  const kept: Session[] = [];
  const seen = recorder();
  const signIn = createSignIn({
    verifier: { verify: async () => verified },
    backend: createLocalLogin({ clock, maxSessionMs: 24 * hourMs }),
    sessions: { remember: async (_token: unknown, made: Session) => void kept.push(made) } as never,
    limits: createRateLimits({
      loginsPerMinute: 60,
      checksPerMinute: 60,
      guessesPerMinute: 60,
      guessesPerMinuteInAll: 60,
    }),
    observe: seen.observe,
    maxSessionMs: 24 * hourMs,
  });
  await signIn({ token: 'a.b.c', clientIp: '192.0.2.1', requestId: 'r', domain: undefined, sessionHours: hours });
  const [made] = kept;
  return { minutes: (Number(made?.expiresAt) - clock()) / minuteMs, session: made };
}

describe('a session lives', () => {
  it.each<[string, Given, number]>([
    ['8 h without a word', {}, 8 * 60],
    ['as long as the login asks', { hours: 2 }, 2 * 60],
    ['sessions.maxHours at most', { hours: 48 }, 24 * 60],
    ['longer than its token, which was needed once', { hours: 24, tokenMinutes: 1 }, 24 * 60],
    ['maxMinutes of the entry at most', { session: { maxMinutes: 30 }, hours: 24 }, 30],
    ['until the token ends, with endsWithToken', { session: { endsWithToken: true }, hours: 24, tokenMinutes: 5 }, 5],
    [
      'maxMinutes, where the token lives longer',
      { session: { endsWithToken: true, maxMinutes: 3 }, tokenMinutes: 5 },
      3,
    ],
    ['until its first refresh, where there is no access token to refresh by', { session: { refreshMinutes: 10 } }, 10],
    ['on, where it is refreshed', { session: { refreshMinutes: 10 }, identity: { kind: 'opaque' }, hours: 3 }, 3 * 60],
  ])('%s', async (_name, given, minutes) => {
    expect((await logIn(given)).minutes).toBe(minutes);
  });

  it('with the identity by which it can be ended, and an access token only where it is asked about again', async () => {
    const identity = { kind: 'access_token', sid: 's-1', client: 'spa' } as const;
    const { session } = await logIn({ identity });
    expect(session?.identity).toEqual({ issuer, subject: 'ada', sid: 's-1', client: 'spa' });
    const followed = await logIn({ identity, session: { refreshMinutes: 10 } });
    expect(followed.session?.identity).toMatchObject({ refreshMs: 10 * minuteMs, sealed: expect.any(String) });
    expect(JSON.stringify(followed.session)).not.toContain('a.b.c');
  });
});
