import type { Clock } from '../../clock.ts';
import { GatewayError } from '../../errors.ts';
import type { Observe } from '../../observe.ts';
import type { GuessBudget, SessionFollower, SessionStore, Sessions, SessionValidator } from '../../ports.ts';
import { SingleFlight } from '../../single-flight.ts';
import { capSession, endingsKeptMs, isLive, markNames, namesToMark, type Session, type SessionsOf } from './session.ts';
import { createSessionMemory, type KnownSession } from './session-cache.ts';
import {
  askValidator,
  createSessionCheck,
  createValidationGate,
  endSession,
  type FoundSession,
  keepSession,
  type SessionCheck,
  type SessionParts,
} from './session-check.ts';
import { endListed, listSessions } from './session-list.ts';
import { createPendingEndings, observedStore } from './session-store.ts';
import { type SessionKey, type SessionToken, sessionKey } from './session-token.ts';

/** The parts of sessions; `options` are those of the config's section. */
export interface SessionsOptions {
  readonly store: SessionStore;
  readonly validator: SessionValidator;
  /** Asks identity providers about sessions that came from them. */
  readonly follower?: SessionFollower;
  readonly clock: Clock;
  readonly options: SessionParts['options'];
  readonly limits: { readonly validationsAtOnce: number; readonly validationsWaiting: number };
  readonly observe: Observe;
}

/**
 * Finds, keeps and ends sessions: process cache, then store, then validator; one search per token at a time.
 * - `expiresAt` is honoured on every hit; nothing extends it, and no session outlives `maxMs` after it was first known.
 * - A session is checked with the validator again after `revalidateMs` (see session-check.ts); if the validator refuses it, it is over.
 * - An ended session stays ended, even if a validator accepts it, and whether or not the store could record it at once.
 * - Every lookup reports one `session_check`.
 */
export function createSessions(given: SessionsOptions): Sessions {
  const endings = createPendingEndings(observedStore(given.store, given.observe), given.clock);
  const parts = partsOf({ ...given, store: endings.store });
  const look = createLookup(parts, given.observe);
  const lookup: Sessions['lookup'] = (token, guesses) => {
    endings.settle();
    return look(token, guesses);
  };
  parts.store.onEnded(parts.memory.noteEnding);
  return {
    lookup,
    async remember(token, made) {
      try {
        const session = await issuedAfterMark(parts, capSession(made, parts.options.maxMs));
        if ((await keepSession(parts, sessionKey(token), session)) === undefined) throw alreadyEnded();
      } catch (error) {
        given.observe({ type: 'session_cache_failed', stage: 'after_login' });
        throw error;
      }
    },
    end: (token, session) => endSession(parts, sessionKey(token), session),
    endAllOf: ({ userId }) => markSessions(parts, { userId }),
    endSessionsOf: (target) => markSessions(parts, target),
    sessionsOf: (userId) => listSessions(parts, userId),
    endOne: (target) => endListed(parts, target),
    async claim(name, until) {
      if (parts.store.claim === undefined) {
        throw new GatewayError('ERR_STORE', 'the session store cannot take a name once: it has no claim()');
      }
      return parts.store.claim(name, until);
    },
  };
}

function partsOf({ store, validator, follower, clock, options, limits, observe }: SessionsOptions): SessionParts {
  const { validationsAtOnce: atOnce, validationsWaiting: waiting } = limits;
  const memory = createSessionMemory({ clock, ...options });
  const gate = createValidationGate({ atOnce, waiting, clock, observe });
  return { store, memory, validator, follower, gate, clock, options };
}

function createLookup(parts: SessionParts, observe: Observe): Sessions['lookup'] {
  const { memory, clock } = parts;
  const check = createSessionCheck(parts);
  const searches = new SingleFlight<SessionKey, FoundSession | undefined>();

  function refused(key: SessionKey): undefined {
    if (!memory.isInvalid(key)) memory.refuse(key);
    observe({ type: 'session_check', outcome: 'invalid_or_expired' });
    return undefined;
  }

  /** The last word on everything found, however it was found: endings may have come in meanwhile. */
  function judged(key: SessionKey, session: Session, layer: 'process' | FoundSession['layer']): Session | undefined {
    if (!isLive(session, clock()) || memory.hasEnded(key, session)) return refused(key);
    observe({ type: 'session_check', outcome: 'ok', layer });
    return session;
  }

  async function searched(
    key: SessionKey,
    token: SessionToken,
    recalled: KnownSession | undefined,
    guesses?: GuessBudget,
  ) {
    try {
      const found = await searches.run(key, () => searchSession(parts, check, key, token, guesses));
      return found === undefined ? refused(key) : judged(key, found.known.session, found.layer);
    } catch (error) {
      // A store that is out does not undo what this process read from it a moment ago.
      if (recalled !== undefined && isStoreOutage(error)) return judged(key, recalled.session, 'process');
      observe({ type: 'session_check', outcome: 'validation_error' });
      throw error;
    }
  }

  return (token, guesses) => {
    const key = sessionKey(token);
    if (memory.isInvalid(key)) return refused(key);
    const recalled = memory.recall(key);
    const isKnown = recalled !== undefined && !check.isDue(recalled);
    return isKnown ? judged(key, recalled.session, 'process') : searched(key, token, recalled, guesses);
  };
}

const isStoreOutage = (error: unknown): boolean => error instanceof GatewayError && error.code === 'ERR_STORE';

/** The issuer has returned a session that was ended here: its token would be refused. */
const alreadyEnded = () =>
  new GatewayError('ERR_AUTH_UNAVAILABLE', 'Sign-in is not available at the moment; try again shortly.', {
    cause: new Error('the login answered with a session that has been ended'),
    retryAfterSecs: 5,
  });

/** A login that ends in the very millisecond of the mark came after it. */
async function issuedAfterMark({ store }: SessionParts, session: Session): Promise<Session> {
  const issuedAtMs = session.issuedAt.getTime();
  const marks = await Promise.all(markNames(session).map((name) => store.notBefore(name)));
  const isMarked = marks.some((mark) => mark?.getTime() === issuedAtMs);
  return isMarked ? { ...session, issuedAt: new Date(issuedAtMs + 1) } : session;
}

/** Ends them here at once, even if the store fails, and then everywhere. @throws ERR_STORE */
async function markSessions({ clock, memory, store, options }: SessionParts, target: SessionsOf): Promise<void> {
  const nowMs = clock();
  const notBefore = new Date(nowMs);
  const until = new Date(nowMs + options.maxMs + endingsKeptMs);
  const names = namesToMark(target);
  for (const userId of names) memory.noteEnding({ userId, notBefore });
  await Promise.all(names.map((name) => store.endAllOf(name, notBefore, until)));
}

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
