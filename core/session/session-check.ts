import { GatewayError } from '../errors.ts';
import type { Session } from './session.ts';
import type { KnownSession } from './session-memory.ts';
import {
  askValidator,
  endSession,
  type FoundSession,
  keepSession,
  oncePerKey,
  type SessionParts,
} from './session-parts.ts';
import type { SessionKey, SessionToken } from './session-token.ts';

/** While NoETL cannot be asked, a session that is due for a check keeps working for this long. */
export const outageGraceMs = 15 * 60_000;

/** After a check that could not find out, the next one waits this long. */
const askAgainMs = 5_000;

/** Asks the validator again about sessions that are known. */
export interface SessionCheck {
  isDue(known: KnownSession): boolean;
  /**
   * Checks a session that is due: beside the request at first, before it from twice `revalidateMs` on.
   * @returns undefined: the session is over, everywhere. @throws ERR_AUTH_UNAVAILABLE when it could not be checked for
   * {@link outageGraceMs}
   */
  run(key: SessionKey, token: SessionToken, known: KnownSession): Promise<FoundSession | undefined>;
}

export function createSessionCheck(parts: SessionParts): SessionCheck {
  const { memory, clock } = parts;
  const { revalidateMs } = parts.options;
  const once = oncePerKey<FoundSession | undefined>();
  const ageMs = (known: KnownSession): number => clock() - known.checkedAtMs;

  function tolerated(found: FoundSession | undefined): FoundSession | undefined {
    if (found === undefined || ageMs(found.known) < revalidateMs + outageGraceMs) return found;
    throw new GatewayError('ERR_AUTH_UNAVAILABLE', 'the session could not be checked', { retryAfterSecs: 5 });
  }

  return {
    isDue: (known) => known.session.selfIssued !== true && ageMs(known) >= revalidateMs,
    async run(key, token, known) {
      const unchecked = { known, layer: 'store' } as const;
      if (!memory.mayAsk(key)) return tolerated(unchecked);
      const checked = once(key, () => check(parts, key, token, known.session)).catch(() => unchecked);
      return tolerated(ageMs(known) >= 2 * revalidateMs ? await checked : unchecked);
    },
  };
}

/** Nothing extends a session: the earlier of both ends counts, and its first day stays its first day. */
async function check(
  parts: SessionParts,
  key: SessionKey,
  token: SessionToken,
  session: Session,
): Promise<FoundSession | undefined> {
  let answer: Session | undefined;
  try {
    answer = await askValidator(parts, 'known', token);
  } catch (error) {
    parts.memory.askAgainIn(key, askAgainMs);
    throw error;
  }
  if (answer === undefined || answer.user.userId !== session.user.userId) {
    await endSession(parts, key, session);
    return undefined;
  }
  const expiresAt = new Date(Math.min(answer.expiresAt.getTime(), session.expiresAt.getTime()));
  return keepSession(parts, key, { ...session, user: answer.user, expiresAt });
}
