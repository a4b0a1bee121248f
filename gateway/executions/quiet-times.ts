import { Cache } from '../../plugins/cache.ts';
import type { Clock } from '../../plugins/clock.ts';
import type { RunEvent } from './run-event.ts';

/** For how long executions have written no event. */
export interface QuietTimes {
  /**
   * The longer of two times: by NoETL's clock since its newest event, and by ours since that event was first seen here
   * (clocks of NoETL's parts may differ). Milliseconds.
   */
  since(id: string, events: readonly RunEvent[], serverNow: number): number;
  forget(id: string): void;
}

/**
 * Executions whose newest event is remembered. One that was forgotten counts as seen just now, which can only make its
 * end later.
 */
const remembered = 10_000;

/** @param clock of this process, milliseconds since the epoch */
export function createQuietTimes(clock: Clock): QuietTimes {
  const seen = new Cache<string, { readonly mark: string; readonly at: number }>({ max: remembered });
  return {
    since(id, events, serverNow) {
      const newest = events.at(-1);
      const mark = `${newest?.at ?? ''} ${newest?.type ?? ''} ${events.length}`;
      const before = seen.get(id);
      const first = before?.mark === mark ? before : { mark, at: clock() };
      seen.set(id, first);
      const byServer = newest?.at === undefined ? 0 : serverNow - newest.at;
      return Math.max(byServer, clock() - first.at);
    },
    forget: (id) => void seen.delete(id),
  };
}
