import type { Clock } from '../../clock.ts';
import { GatewayError } from '../../errors.ts';
import type { Observe } from '../../observe.ts';
import type { SessionFollower, SessionStore, SessionValidator } from '../../ports.ts';
import { SingleFlight } from '../../single-flight.ts';
import { keptUntil, type Session } from './session.ts';
import type { KnownSession, SessionMemory, SessionMemoryOptions } from './session-cache.ts';
import { providerTokens, type SessionKey, type SessionToken } from './session-token.ts';

/** How long sessions live, and how many of them this process keeps. */
export interface SessionTimes extends Omit<SessionMemoryOptions, 'clock'> {
  /** The longest life of a session, milliseconds. */
  readonly maxMs: number;
  /** The validator is asked again about a session after this, milliseconds. */
  readonly revalidateMs: number;
}

/** The parts that looking up, checking and ending sessions share. */
export interface SessionParts {
  readonly store: SessionStore;
  readonly memory: SessionMemory;
  readonly validator: SessionValidator;
  readonly follower: SessionFollower | undefined;
  readonly gate: ValidationGate;
  readonly clock: Clock;
  readonly options: SessionTimes;
}

/** A session and where it was found. */
export interface FoundSession {
  readonly known: KnownSession;
  readonly layer: 'store' | 'validator';
}

/** Keeps a session that its issuer has just confirmed. @returns undefined: it has been ended meanwhile. */
export async function keepSession(
  { store, memory, clock, options }: SessionParts,
  key: SessionKey,
  session: Session,
): Promise<FoundSession | undefined> {
  const checkedAtMs = clock();
  // The store first: what it refuses, since it has ended, must not be known here.
  const kept = await store.put(key, session, new Date(checkedAtMs), keptUntil(session, options.maxMs));
  if (!kept) return undefined;
  memory.keep(key, { session, checkedAtMs });
  return { known: { session, checkedAtMs }, layer: 'validator' };
}

/** Ends it here at once, even if the store fails, and then everywhere. @throws ERR_STORE */
export async function endSession(
  { store, memory, options }: SessionParts,
  key: SessionKey,
  session: Session,
): Promise<void> {
  // Before the store: a store that does not answer must not keep the session alive here.
  memory.noteEnding({ key });
  await store.end(key, keptUntil(session, options.maxMs), session.user.userId);
}

/** Asks the validator, when there is room. @throws ERR_OVERLOADED, ERR_AUTH_UNAVAILABLE */
export function askValidator(
  { gate, validator }: SessionParts,
  kind: ValidationKind,
  token: SessionToken,
): Promise<Session | undefined> {
  return gate.run(kind, async () => {
    try {
      return await validator.validate(token);
    } catch (error) {
      // A validator of the config can throw anything.
      if (error instanceof GatewayError) throw error;
      throw new GatewayError('ERR_AUTH_UNAVAILABLE', 'the session could not be checked', { cause: error });
    }
  });
}

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

/** `unknown` tokens may be guesses; checks of `known` sessions go before them. */
export type ValidationKind = 'known' | 'unknown';

/** How many validations run and wait. Each runs a workflow of NoETL, where the validator asks by a playbook. */
export interface ValidationGateOptions {
  /** Validations that run at once. */
  readonly atOnce: number;
  /** Validations of each kind that may wait. */
  readonly waiting: number;
  readonly clock: Clock;
  readonly observe: Observe;
}

/** Lets validations pass under a limit, so that guessing tokens cannot start work without bound. */
export interface ValidationGate {
  /** @throws ERR_OVERLOADED when there is no room; whatever `validate` throws. */
  run(kind: ValidationKind, validate: () => Promise<Session | undefined>): Promise<Session | undefined>;
}

/** A refused guess takes up room for this long: a burst costs `atOnce + waiting` validations however fast they end. */
const guessMs = 2_000;

/** First come, first served; known sessions first. */
export function createValidationGate(options: ValidationGateOptions): ValidationGate {
  const { atOnce, waiting, clock, observe } = options;
  const queues: Record<ValidationKind, (() => void)[]> = { known: [], unknown: [] };
  let guesses: number[] = [];
  let running = 0;

  function hasRoomForUnknown(): boolean {
    const now = clock();
    guesses = guesses.filter((at) => now - at < guessMs);
    return guesses.length + running + queues.unknown.length < atOnce + waiting;
  }

  function shed(): never {
    observe({ type: 'validation', state: 'shed' });
    throw new GatewayError('ERR_OVERLOADED', 'too many sessions are being checked at once', {
      retryAfterSecs: guessMs / 1_000,
    });
  }

  async function enter(kind: ValidationKind): Promise<void> {
    if (kind === 'unknown' && !hasRoomForUnknown()) shed();
    if (running < atOnce) {
      running += 1;
      return;
    }
    if (queues[kind].length >= waiting) shed();
    observe({ type: 'validation', state: 'waiting' });
    await new Promise<void>((resume) => queues[kind].push(resume));
    observe({ type: 'validation', state: 'resumed' });
  }

  /** Hands the place to the next in the queue, so that no other caller takes it in between. */
  function leave(): void {
    const next = queues.known.shift() ?? queues.unknown.shift();
    if (next === undefined) running -= 1;
    else next();
  }

  return {
    async run(kind, validate) {
      await enter(kind);
      observe({ type: 'validation', state: 'started' });
      try {
        const session = await validate();
        if (session === undefined && kind === 'unknown') guesses.push(clock());
        return session;
      } finally {
        observe({ type: 'validation', state: 'finished' });
        leave();
      }
    },
  };
}
