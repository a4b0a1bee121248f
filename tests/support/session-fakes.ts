import type { Session } from '../../plugins/noetl-auth/session/session.ts';
import { parseSessionToken, type SessionToken } from '../../plugins/noetl-auth/session/session-token.ts';
import type { GatewayEvent, Observe } from '../../plugins/observe.ts';
import type { SessionValidator } from '../../plugins/ports.ts';

export const hourMs = 3_600_000;

/** A clock that the test moves. */
export function handClock(startMs = Date.UTC(2026, 0, 1)) {
  let nowMs = startMs;
  return Object.assign(() => nowMs, {
    advance(ms: number) {
      nowMs += ms;
    },
  });
}

export function tokenOf(text: string): SessionToken {
  const token = parseSessionToken(text);
  if (token === undefined) throw new Error('not a token');
  return token;
}

export function sessionOf(nowMs: number, change: Partial<Session> & { userId?: string } = {}): Session {
  const { userId = '7', ...rest } = change;
  return {
    user: { userId, email: 'ada@example.com', displayName: 'Ada', roles: ['developer'] },
    issuedAt: new Date(nowMs),
    expiresAt: new Date(nowMs + 8 * hourMs),
    ...rest,
  };
}

/** Records its calls. */
export function recorder() {
  const events: GatewayEvent[] = [];
  const observe: Observe = (event) => void events.push(event);
  return { events, observe, count: (match: (event: GatewayEvent) => boolean) => events.filter(match).length };
}

/** A validator whose answers are given by token; `hold()` keeps them back until `release()`. */
export function fakeValidator() {
  const answers = new Map<string, () => Session | undefined>();
  const asked: string[] = [];
  const waiting: (() => void)[] = [];
  let held = false;
  const validator: SessionValidator = {
    async validate(token) {
      asked.push(token);
      if (held) await new Promise<void>((resume) => waiting.push(resume));
      return answers.get(token)?.();
    },
  };
  return {
    validator,
    asked,
    knows: (token: string, answer: () => Session | undefined) => void answers.set(token, answer),
    hold() {
      held = true;
    },
    release() {
      held = false;
      for (const resume of waiting.splice(0)) resume();
    },
  };
}

/** Lets everything that is ready to run, run. */
export const settle = () => new Promise<void>((resume) => setImmediate(resume));
