import { LRUCache } from 'lru-cache';
import type { Clock } from '../../core/clock.ts';
import { EntryCache } from '../../core/entry-cache.ts';
import { InFlight } from '../../core/in-flight.ts';
import { approximateBytes } from '../../core/json/approximate-bytes.ts';
import type { Asking, ExecutionReads } from './execution-reads.ts';
import type { Looks, Snapshot } from './snapshots.ts';

/** A snapshot, and whether it cost a call just now. */
export interface Taken {
  readonly snapshot: Snapshot;
  readonly isKept: boolean;
}

/** Looks at executions, shared by all who ask. Who may see one is each asker's own matter. */
export interface SharedLooks {
  /** @returns undefined: there is no such execution. @throws ERR_UPSTREAM… */
  take(id: string, asking: Asking): Promise<Taken | undefined>;
  /** A finished execution that is kept. */
  ended(id: string): Snapshot | undefined;
  /** Whether looks at the execution also read its newest events, which name its steps. */
  wantSteps(id: string, wanted: boolean): void;
  /** The next {@link SharedLooks.take} looks again, however young the last look is. */
  expire(id: string): void;
  /** Further calls were made because of a look: it is shared for longer, so that calls stay rare. */
  spent(snapshot: Snapshot, calls: number): void;
  /**
   * Counts what was read of an execution, and keeps a finished one, so that it costs no call again.
   * @param bytes about what is kept with it
   */
  keep(snapshot: Snapshot, bytes: number): void;
  forget(id: string): void;
  /** The newest executions, shared for half a second. */
  readonly newest: ExecutionReads['newest'];
}

export interface SharedLooksOptions {
  readonly reads: ExecutionReads;
  readonly looks: Looks;
  readonly clock: Clock;
  /** Bound of what is kept of finished executions, and of what is kept of running ones, bytes. */
  readonly keepBytes: number;
  /** For how long a look that cost one call is shared, milliseconds; one that cost two, for twice as long. */
  readonly staleMs: number;
}

/** From this many running executions on that are asked for at a time, the list is read instead of each of them. */
const manyRunning = 8;
/** In that case: for how long a list is shared, and an execution's own detail is trusted, milliseconds. */
const listFreshMs = 500;
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
  baseBytes + approximateBytes(detail.workload) + approximateBytes(seen.newest) + approximateBytes(seen.status);

/** One object for an execution, changed in place: one for each look would live just long enough to reach the old generation. */
interface Running {
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

/** One for a process. Those who ask while a look is under way join it, and get its error, too; an error is not kept. */
export function createSharedLooks({ reads, looks, clock, keepBytes, staleMs }: SharedLooksOptions): SharedLooks {
  const finished = new LRUCache<string, Snapshot>({ maxSize: keepBytes, maxEntrySize: keepBytes / 4 });
  const running = createRunning(clock, staleMs, keepBytes);
  const inFlight = new InFlight<Promise<Snapshot | undefined>>();
  const stepsWanted = new Set<string>();
  const list = createListLook(reads, clock);

  function look(id: string, asking: Asking): Promise<Snapshot | undefined> {
    const looking: Promise<Snapshot | undefined> = lookNow(id, asking, () => inFlight.delete(id, looking));
    inFlight.set(id, looking);
    return looking;
  }

  /** @param over called when it has ended, whatever its outcome, and never at once */
  async function lookNow(id: string, asking: Asking, over: () => void): Promise<Snapshot | undefined> {
    const before = running.get(id);
    const crowd = running.crowd();
    try {
      const known = crowd >= manyRunning ? (await list(asking)).get(id) : undefined;
      const isRunning = known?.claim === 'RUNNING';
      if (isRunning && before !== undefined && isStillRunning(before, clock(), crowd)) {
        running.confirm(id);
        return before.snapshot;
      }
      const row = isRunning && before !== undefined ? undefined : known;
      const snapshot = await looks.take(id, asking, row === undefined ? howOf(id, before) : { known: row });
      remember(id, snapshot, row === undefined || !isRunning);
      return snapshot;
    } finally {
      over();
    }
  }

  /** An end that is claimed is judged by its events: one call instead of two. */
  const howOf = (id: string, last?: Running) => ({ withEvents: stepsWanted.has(id) || last?.claimedAt !== undefined });

  function remember(id: string, snapshot: Snapshot | undefined, isOwnLook: boolean): void {
    const isOver = snapshot?.over !== undefined;
    if (snapshot === undefined || isOver) running.forget(id);
    else running.keep(id, snapshot, isOwnLook);
    if (snapshot !== undefined && isOver) finished.set(id, snapshot, { size: bytesOf(snapshot) });
  }

  return {
    async take(id, asking) {
      const kept = finished.get(id);
      if (kept !== undefined) return { snapshot: kept, isKept: true };
      const last = running.fresh(id);
      if (last !== undefined) return { snapshot: last, isKept: true };
      const snapshot = await (inFlight.get(id) ?? look(id, asking));
      return snapshot === undefined ? undefined : { snapshot, isKept: false };
    },
    wantSteps: (id, wanted) => void (wanted ? stepsWanted.add(id) : stepsWanted.delete(id)),
    ended: (id) => finished.get(id),
    newest: list,
    expire: running.expire,
    spent: ({ detail }, calls) => running.extend(detail.id, calls),
    keep(snapshot, bytes) {
      if (snapshot.over === undefined) running.weigh(snapshot, Math.ceil(bytes));
      else finished.set(snapshot.detail.id, snapshot, { size: bytesOf(snapshot) + Math.ceil(bytes) });
    },
    forget(id) {
      finished.delete(id);
      running.forget(id);
      inFlight.delete(id);
      looks.forget(id);
    },
  };
}

/** The last looks at running executions, and for how long each is shared. */
function createRunning(clock: Clock, staleMs: number, keepBytes: number) {
  const running = new EntryCache<string, Running>(
    keepBytes,
    ({ snapshotBytes, readBytes }) => snapshotBytes + readBytes,
  );

  /**
   * How many running executions are being asked for, up to `veryMany`: each of them is in `running` and was looked at
   * lately.
   */
  function crowd(): number {
    const since = clock() - ownLookMs;
    return running.countNewest(veryMany, ({ lookedAt, freshUntil }) => lookedAt >= since || freshUntil >= since);
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
const isStillRunning = ({ snapshot, lookedAt }: Running, now: number, crowd: number): boolean =>
  !snapshot.isSettling && now - lookedAt < (crowd >= veryMany ? rareLookMs : ownLookMs);

/** The list, shared. */
function createListLook(reads: ExecutionReads, clock: Clock) {
  let current: { readonly at: number; readonly rows: ReturnType<ExecutionReads['newest']> } | undefined;
  return (asking: Asking): ReturnType<ExecutionReads['newest']> => {
    if (current === undefined || clock() - current.at >= listFreshMs) {
      const rows = reads.newest(asking);
      const made = { at: clock(), rows };
      current = made;
      rows.catch(() => {
        if (current === made) current = undefined;
      });
    }
    return current.rows;
  };
}
