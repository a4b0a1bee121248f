import type { Clock } from '../../clock.ts';
import { GatewayError } from '../../errors.ts';
import type { Observe } from '../../observe.ts';
import type { Session } from './session.ts';

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
