import type { Clock } from '../../plugins/clock.ts';
import type { Observe } from '../../plugins/observe.ts';

/** The answer of `/ready`. */
export interface ReadinessReport {
  readonly ready: boolean;
  /** The checks of `/ready`, by name. */
  readonly checks: Readonly<Record<string, 'ok' | 'failing'>>;
  /** Notes that stop nothing, by check. */
  readonly notes: Readonly<Record<string, string>>;
}

/** One thing that must answer for requests to succeed. */
export interface ReadinessProbe {
  readonly name: string;
  /** @returns a note about what is wrong without making requests fail. @throws when it does not answer */
  readonly probe: () => Promise<string | undefined>;
}

export interface Readiness {
  check(): Promise<ReadinessReport>;
  /** The result of the newest check; undefined before the first one. Makes no call. */
  known(): Promise<ReadinessReport> | undefined;
  /** From now on: not ready. */
  stop(): void;
  note(name: string, text: string): void;
}

const reuseMs = 1_000;

/**
 * Asks every dependency a real question, all at once, at most once a second for all callers. Not ready takes a replica out
 * of the Service and restarts nothing.
 */
export function createReadiness(
  probes: readonly ReadinessProbe[],
  clock: Clock,
  observe: Observe = () => {},
): Readiness {
  const notes: Record<string, string> = {};
  let stopped = false;
  let last: { at: number; report: Promise<ReadinessReport> } | undefined;

  async function stateOf({ name, probe }: ReadinessProbe): Promise<[string, 'ok' | 'failing']> {
    try {
      const found = await probe();
      if (found === undefined) delete notes[name];
      else notes[name] = found;
      observe({ type: 'ready_check', check: name, isOk: true });
      return [name, 'ok'];
    } catch {
      delete notes[name];
      observe({ type: 'ready_check', check: name, isOk: false });
      return [name, 'failing'];
    }
  }

  const ask = async (): Promise<ReadinessReport> => {
    const results = await Promise.all(probes.map(stateOf));
    return { ready: results.every(([, state]) => state === 'ok'), checks: Object.fromEntries(results), notes };
  };

  return {
    async check() {
      if (stopped) return { ready: false, checks: { process: 'failing' }, notes: { process: 'stopping' } };
      // The promise is kept, so that probes at the same time ask once.
      if (last === undefined || clock() - last.at >= reuseMs) last = { at: clock(), report: ask() };
      return last.report;
    },
    known: () => last?.report,
    stop() {
      stopped = true;
    },
    note(name, text) {
      notes[name] = text;
    },
  };
}
