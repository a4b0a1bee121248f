import type { GuessBudget } from '../../ports.ts';
import type { SessionCheck } from './session-check.ts';
import { capSession, isLive } from './session-lifetime.ts';
import { markNames } from './session-marks.ts';
import { askValidator, type FoundSession, keepSession, type SessionParts } from './session-parts.ts';
import type { SessionKey, SessionToken } from './session-token.ts';

/**
 * Looks in the store, then asks the validator.
 * @returns undefined: no valid session. @throws ERR_STORE, ERR_AUTH_UNAVAILABLE, ERR_OVERLOADED, ERR_RATE_LIMITED
 */
export async function searchSession(
  parts: SessionParts,
  check: SessionCheck,
  key: SessionKey,
  token: SessionToken,
  guesses: GuessBudget | undefined,
): Promise<FoundSession | undefined> {
  const { store, memory, clock } = parts;
  const stored = await store.get(key);
  if (stored === undefined) return validateUnknown(parts, key, token, guesses);
  if (stored.state === 'ended' || !isLive(stored.session, clock())) return undefined;
  const marks = await Promise.all(markNames(stored.session).map((name) => store.notBefore(name)));
  if (marks.some((mark) => mark !== undefined && stored.session.issuedAt <= mark)) return undefined;
  const known = { session: stored.session, checkedAtMs: stored.checkedAt.getTime() };
  memory.keep(key, known);
  return check.isDue(known) ? check.run(key, token, known) : { known, layer: 'store' };
}

/**
 * A token that only the validator knows. When its session was issued cannot be proved, so a user's "all sessions ended"
 * mark refuses it; only logins through the gateway are provably newer.
 */
async function validateUnknown(
  parts: SessionParts,
  key: SessionKey,
  token: SessionToken,
  guesses: GuessBudget | undefined,
): Promise<FoundSession | undefined> {
  await guesses?.spend();
  // Taken before the question: a mark set while the answer is on its way must cover the session.
  const issuedAt = new Date(parts.clock());
  const answer = await askValidator(parts, 'unknown', token);
  if (answer === undefined) return undefined;
  await guesses?.refund();
  const issuerExpiresAt = answer.issuerExpiresAt ?? answer.expiresAt;
  const session = capSession({ ...answer, issuedAt, issuerExpiresAt }, parts.options.maxMs);
  if (!isLive(session, parts.clock())) return undefined;
  if ((await parts.store.notBefore(session.user.userId)) !== undefined) return undefined;
  return keepSession(parts, key, session);
}
