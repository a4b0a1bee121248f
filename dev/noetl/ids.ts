import type { Clock } from '../../core/clock.ts';

/** Makes 64-bit ids that grow and that no JavaScript number can hold, as NoETL's are. */
export function createIds(clock: Clock): () => string {
  let last = 0n;
  return () => {
    const now = 767_000_000_000_000_000n + (BigInt(Math.floor(clock())) % 10n ** 11n) * 4_096n;
    last = now > last ? now + 3n : last + 3n;
    return last.toString();
  };
}
