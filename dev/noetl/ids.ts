import type { Clock } from '../../plugins/clock.ts';

/** The id that a moment gives: 64 bits, more than a JavaScript number can hold, as NoETL's are. */
function firstIdOf(at: number): bigint {
  return 767_000_000_000_000_000n + (BigInt(Math.floor(at)) % 10n ** 11n) * 4_096n;
}

/** Makes ids that grow, for executions and catalog entries. */
export function createIds(clock: Clock): () => string {
  let last = 0n;
  return () => {
    const now = firstIdOf(clock());
    last = now > last ? now + 3n : last + 3n;
    return last.toString();
  };
}

/** Makes the ids of one execution's events: they grow with the time of the event and with each call. */
export function createEventIds(): (at: number) => string {
  let calls = 0n;
  return (at) => {
    calls += 1n;
    return (firstIdOf(at) + (calls % 4_096n)).toString();
  };
}
