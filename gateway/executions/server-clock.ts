import type { Clock } from '../../plugins/clock.ts';

/** NoETL's clock, worked out from the `Date` headers of its answers, which are cut to whole seconds. */
export interface ServerClock {
  /** @param receivedAt when the answer with that header arrived, by our own clock, milliseconds */
  observe(date: Date | undefined, receivedAt: number): void;
  /** Never ahead of NoETL's clock; at most a second behind, and closer after some answers. Milliseconds. */
  now(): number;
}

/** Older answers count no more, so that a clock that was set is followed, milliseconds. */
const windowMs = 60_000;

export function createServerClock(clock: Clock): ServerClock {
  let since = Number.NEGATIVE_INFINITY;
  let offset: number | undefined;
  let previous: number | undefined;
  return {
    observe(date, receivedAt) {
      if (date === undefined) return;
      // The answer was written at `date` or later and arrived at `receivedAt`: NoETL is at least this far ahead of us.
      const atLeast = date.getTime() - receivedAt;
      if (receivedAt - since > windowMs) {
        previous = offset;
        offset = atLeast;
        since = receivedAt;
      }
      offset = Math.max(offset ?? atLeast, atLeast);
    },
    now: () => clock() + Math.max(offset ?? 0, previous ?? Number.NEGATIVE_INFINITY),
  };
}
