import { Cache } from '../../plugins/cache.ts';
import type { Clock } from '../../plugins/clock.ts';
import { heapBytes } from '../../plugins/json/approximate-bytes.ts';
import type { Snapshot } from './snapshots.ts';

/** From this many running executions on that are asked for at a time, the list is read instead of each of them. */
export const manyRunning = 8;
/** In that case: for how long a list is shared, and an execution's own detail is trusted, milliseconds. */
export const listFreshMs = 500;
const ownLookMs = 2_000;
/** With so many, NoETL's engine lags by seconds itself: executions are looked at one by one less often. */
const veryMany = 32;
const rareLookMs = 3_500;
/** A young execution that few ask for is looked at this often, milliseconds, so that its end is seen at once. */
const quickMs = 100;
const youngMs = 5_000;
const few = 4;
/** An end that is claimed for so long is late, since NoETL's engine lags: looks become rarer, milliseconds. */
const lateAfterMs = 1_500;
const lateLookMs = 1_000;
/** What a snapshot takes beside the texts that NoETL sent, bytes. */
const baseBytes = 2_000;

/** About what a snapshot takes. What is kept with it counts, too: events may be large. */
export const bytesOf = ({ detail, seen }: Snapshot): number =>
  baseBytes + heapBytes(detail.workload) + heapBytes(seen.newest) + heapBytes(seen.status);

/** One object for an execution, changed in place: one for each look would live just long enough to reach the old generation. */
export interface Running {
  snapshot: Snapshot;
  /** When the execution itself was looked at, not the list. */
  lookedAt: number;
  freshUntil: number;
  /** Since when NoETL claims an end that is not certain. */
  claimedAt: number | undefined;
  /** How often it was asked for since that look. */
  asked: number;
  /** About what the snapshot takes; counted once, since events are walked for it. */
  snapshotBytes: number;
  /** About what was read for the look's steps and results. */
  readBytes: number;
}

/** The last looks at running executions, and for how long each is shared. */
export function createRunning(clock: Clock, staleMs: number, keepBytes: number) {
  const running = new Cache<string, Running>({
    max: keepBytes,
    sizeOf: ({ snapshotBytes, readBytes }) => snapshotBytes + readBytes,
  });

  /**
   * How many running executions are being asked for, up to `veryMany`: each of them is in `running` and was looked at
   * lately.
   */
  function crowd(): number {
    const since = clock() - ownLookMs;
    let count = 0;
    for (const [, { lookedAt, freshUntil }] of running.entries()) {
      if (count === veryMany || (lookedAt < since && freshUntil < since)) break;
      count += 1;
    }
    return count;
  }

  /** @param claimedMs for how long NoETL has claimed an end; undefined: it claims no end */
  function freshMsOf({ calls, isSettling }: Snapshot, claimedMs: number | undefined): number {
    const byCost = staleMs * Math.max(1, calls);
    if (isSettling) return byCost;
    const count = crowd();
    if (claimedMs !== undefined && (claimedMs >= lateAfterMs || count >= veryMany)) return Math.max(byCost, lateLookMs);
    return count >= manyRunning ? Math.max(byCost, listFreshMs) : byCost;
  }

  /** A look that is shared with few is shared for a shorter time while the execution is young. */
  function isDue({ snapshot, lookedAt, freshUntil, asked }: Running, now: number): boolean {
    if (now >= freshUntil) return true;
    const startedAt = snapshot.detail.startedAt?.getTime();
    const isYoung = startedAt !== undefined && now - startedAt < youngMs;
    return isYoung && asked <= few && now - lookedAt >= Math.min(quickMs, staleMs) && crowd() < manyRunning;
  }

  function change(id: string, to: Partial<Running>): void {
    const last = running.peek(id);
    if (last !== undefined) running.set(id, Object.assign(last, to));
  }

  return {
    crowd,
    get: (id: string) => running.get(id),
    keep(id: string, snapshot: Snapshot, isOwnLook: boolean): void {
      const now = clock();
      const before = running.get(id);
      const lookedAt = isOwnLook ? now : (before?.lookedAt ?? now);
      const claimedAt = snapshot.detail.claim === 'RUNNING' ? undefined : (before?.claimedAt ?? now);
      const freshUntil = now + freshMsOf(snapshot, claimedAt === undefined ? undefined : now - claimedAt);
      const snapshotBytes = bytesOf(snapshot);
      const look: Running = { snapshot, lookedAt, freshUntil, claimedAt, asked: 0, snapshotBytes, readBytes: 0 };
      running.set(id, before === undefined ? look : Object.assign(before, look));
    },
    /** The last look, unless it is time for another one. */
    fresh(id: string): Snapshot | undefined {
      const last = running.get(id);
      if (last === undefined) return undefined;
      last.asked += 1;
      return isDue(last, clock()) ? undefined : last.snapshot;
    },
    /** The list reports that it still runs. */
    confirm: (id: string) => change(id, { freshUntil: clock() + listFreshMs }),
    expire: (id: string) => change(id, { freshUntil: 0, lookedAt: 0 }),
    extend(id: string, calls: number): void {
      const last = running.peek(id);
      if (last !== undefined) change(id, { freshUntil: last.freshUntil + calls * staleMs });
    },
    weigh(snapshot: Snapshot, readBytes: number): void {
      const { id } = snapshot.detail;
      if (running.peek(id)?.snapshot === snapshot) change(id, { readBytes });
    },
    forget: (id: string) => void running.delete(id),
  };
}

/**
 * The list shows ends with a terminal event; others are found by looking at the execution itself, often enough to be in
 * time.
 */
export const isStillRunning = ({ snapshot, lookedAt }: Running, now: number, crowd: number): boolean =>
  !snapshot.isSettling && now - lookedAt < (crowd >= veryMany ? rareLookMs : ownLookMs);
