import { GatewayError } from '../../errors.ts';
import { SingleFlight } from '../../single-flight.ts';
import { providerTokens } from './sealed.ts';
import type { Session } from './session.ts';
import type { KnownSession } from './session-memory.ts';
import { askValidator, endSession, type FoundSession, keepSession, type SessionParts } from './session-parts.ts';
import type { SessionKey, SessionToken } from './session-token.ts';

/** While NoETL cannot be asked, a session that is due for a check keeps working for this long. */
export const outageGraceMs = 15 * 60_000;

/** After a check that could not find out, the next one waits this long. */
const askAgainMs = 5_000;

/** Asks the validator again about sessions that are known. */
export interface SessionCheck {
  isDue(known: KnownSession): boolean;
  /**
   * Checks a session that is due: in the background at first; once the last check is older than twice `revalidateMs`, the
   * request waits for it.
   * @returns undefined: the session is over, everywhere. @throws ERR_AUTH_UNAVAILABLE when it could not be checked for
   * {@link outageGraceMs}
   */
  run(key: SessionKey, token: SessionToken, known: KnownSession): Promise<FoundSession | undefined>;
}

export function createSessionCheck(parts: SessionParts): SessionCheck {
  const { memory, clock } = parts;
  const { revalidateMs } = parts.options;
  const checks = new SingleFlight<SessionKey, FoundSession | undefined>();
  const ageMs = (known: KnownSession): number => clock() - known.checkedAtMs;

  function tolerated(found: FoundSession | undefined): FoundSession | undefined {
    if (found === undefined) return found;
    if (ageMs(found.known) < dueAfterMs(found.known.session, revalidateMs) + outageGraceMs) return found;
    throw new GatewayError('ERR_AUTH_UNAVAILABLE', 'the session could not be checked', { retryAfterSecs: 5 });
  }

  return {
    isDue: (known) => ageMs(known) >= dueAfterMs(known.session, revalidateMs),
    async run(key, token, known) {
      const unchecked = { known, layer: 'store' } as const;
      if (!memory.mayAsk(key)) return tolerated(unchecked);
      const checked = checks.run(key, () => check(parts, key, token, known.session)).catch(() => unchecked);
      return tolerated(ageMs(known) >= 2 * dueAfterMs(known.session, revalidateMs) ? await checked : unchecked);
    },
  };
}

/** After how long a session is checked again: with NoETL, with its identity provider, or never. */
function dueAfterMs({ selfIssued, identity }: Session, revalidateMs: number): number {
  const ofNoetl = selfIssued === true ? Number.POSITIVE_INFINITY : revalidateMs;
  return Math.min(ofNoetl, identity?.refreshMs ?? Number.POSITIVE_INFINITY);
}

async function check(
  parts: SessionParts,
  key: SessionKey,
  token: SessionToken,
  session: Session,
): Promise<FoundSession | undefined> {
  let checked: Session | undefined;
  try {
    const followed = await followProvider(parts, token, session);
    checked = followed && (await revalidated(parts, token, followed));
  } catch (error) {
    parts.memory.askAgainIn(key, askAgainMs);
    throw error;
  }
  if (checked !== undefined) return keepSession(parts, key, checked);
  await endSession(parts, key, session);
  return undefined;
}

/** Nothing extends a session: the earlier of both ends counts, and its first day stays its first day. */
async function revalidated(parts: SessionParts, token: SessionToken, session: Session): Promise<Session | undefined> {
  if (session.selfIssued === true) return session;
  const answer = await askValidator(parts, 'known', token);
  if (answer === undefined || answer.user.userId !== session.user.userId) return undefined;
  const expiresAt = new Date(Math.min(answer.expiresAt.getTime(), session.expiresAt.getTime()));
  return { ...session, user: answer.user, expiresAt };
}

/**
 * The state of the session at the identity provider now. Roles of a session that NoETL made are NoETL's.
 * @returns undefined: it is over for the provider, or can no longer be asked about.
 */
async function followProvider(
  { follower }: SessionParts,
  token: SessionToken,
  session: Session,
): Promise<Session | undefined> {
  const { identity, selfIssued, user } = session;
  if (identity?.refreshMs === undefined || follower === undefined) return session;
  const tokens = providerTokens(token, identity);
  if (tokens?.access === undefined) return undefined;
  const answer = await follower.follow(identity, tokens);
  if (answer.outcome === 'over') return undefined;
  const isOurs = selfIssued === true && answer.roles !== undefined;
  return isOurs ? { ...session, user: { ...user, roles: answer.roles } } : session;
}
