import type { ResolvedConfig } from '../../../gateway/config/gateway-config.ts';
import type { Clock } from '../../clock.ts';
import { GatewayError } from '../../errors.ts';
import type { SessionFollower, SessionStore, SessionValidator } from '../../ports.ts';
import type { Session } from './session.ts';
import { keptUntil } from './session-lifetime.ts';
import type { KnownSession, SessionMemory } from './session-memory.ts';
import type { SessionKey, SessionToken } from './session-token.ts';
import type { ValidationGate, ValidationKind } from './validation-gate.ts';

/** The parts that looking up, checking and ending sessions share. */
export interface SessionParts {
  readonly store: SessionStore;
  readonly memory: SessionMemory;
  readonly validator: SessionValidator;
  readonly follower: SessionFollower | undefined;
  readonly gate: ValidationGate;
  readonly clock: Clock;
  readonly options: Omit<ResolvedConfig['sessions'], 'store' | 'acceptMemory' | 'namespace' | 'keys'>;
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
