import { LRUCache } from 'lru-cache';
import type { Clock } from '../../core/clock.ts';
import { holdMs } from '../../core/execution/execution-end.ts';
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
  /** Keeps a finished execution, so that it costs no call again. @param bytes about what is kept with it */
  keep(snapshot: Snapshot, bytes: number): void;
  forget(id: string): void;
}

export interface SharedLooksOptions {
  readonly reads: ExecutionReads;
  readonly looks: Looks;
  readonly clock: Clock;
  /** Bound of what is kept of finished executions, bytes. */
  readonly keepBytes: number;
}

/** For how long a look at a running execution is shared, by the execution's age, milliseconds. */
const freshness: readonly (readonly [ageMs: number, freshMs: number])[] = [
  [3_000, 150],
  [15_000, 250],
  [120_000, 500],
  [Number.POSITIVE_INFINITY, 1_000],
];
/** From this many running executions on that are asked for at a time, the list is read instead of each of them. */
const manyRunning = 8;
/** In that case: for how long a list is shared, and an execution's own detail is trusted, milliseconds. */
const listFreshMs = 500;
const ownLookMs = 2_000;
const maxRunning = 10_000;
const snapshotBytes = 1_000;

interface Running {
  readonly snapshot: Snapshot;
  /** When the execution itself was looked at, not the list. */
  readonly lookedAt: number;
  readonly freshUntil: number;
}

export function createSharedLooks({ reads, looks, clock, keepBytes }: SharedLooksOptions): SharedLooks {
  const finished = new LRUCache<string, Snapshot>({ maxSize: keepBytes, maxEntrySize: keepBytes / 4 });
  const running = new LRUCache<string, Running>({ max: maxRunning });
  const inFlight = new Map<string, Promise<Snapshot | undefined>>();
  const list = createListLook(reads, clock);

  async function look(id: string, asking: Asking): Promise<Snapshot | undefined> {
    const before = running.get(id);
    const known = isCrowded() ? (await list(asking)).get(id) : undefined;
    const now = clock();
    if (known?.claim === 'RUNNING' && before !== undefined && isStillRunning(before, now)) {
      running.set(id, { ...before, freshUntil: now + listFreshMs });
      return before.snapshot;
    }
    const row = known?.claim === 'RUNNING' && before !== undefined ? undefined : known;
    const snapshot = await looks.take(id, asking, row);
    remember(id, snapshot, row === undefined || row.claim !== 'RUNNING');
    return snapshot;
  }

  function remember(id: string, snapshot: Snapshot | undefined, isOwnLook: boolean): void {
    if (snapshot === undefined || snapshot.over !== undefined) {
      running.delete(id);
      if (snapshot !== undefined) finished.set(id, snapshot, { size: snapshotBytes });
      return;
    }
    const now = clock();
    const lookedAt = isOwnLook ? now : (running.get(id)?.lookedAt ?? now);
    running.set(id, { snapshot, lookedAt, freshUntil: now + freshMsOf(snapshot, now, isCrowded()) });
  }

  /** Whether many running executions are being asked for: each of them is in `running` and was looked at lately. */
  function isCrowded(): boolean {
    const since = clock() - ownLookMs;
    let count = 0;
    for (const { lookedAt, freshUntil } of running.values()) {
      if (Math.max(lookedAt, freshUntil) < since) break;
      count += 1;
      if (count >= manyRunning) return true;
    }
    return false;
  }

  return {
    async take(id, asking) {
      const kept = finished.get(id);
      if (kept !== undefined) return { snapshot: kept, isKept: true };
      const last = running.get(id);
      if (last !== undefined && clock() < last.freshUntil) return { snapshot: last.snapshot, isKept: true };
      const joined = inFlight.get(id) ?? look(id, asking).finally(() => inFlight.delete(id));
      inFlight.set(id, joined);
      const snapshot = await joined;
      return snapshot === undefined ? undefined : { snapshot, isKept: false };
    },
    keep(snapshot, bytes) {
      finished.set(snapshot.detail.id, snapshot, { size: snapshotBytes + Math.ceil(bytes) });
    },
    forget(id) {
      finished.delete(id);
      running.delete(id);
      inFlight.delete(id);
      looks.forget(id);
    },
  };
}

/** The list shows ends with a terminal event; others are found by looking at the execution itself, often enough to be in time. */
const isStillRunning = ({ snapshot, lookedAt }: Running, now: number): boolean =>
  !snapshot.isSettling && now - lookedAt < ownLookMs;

function freshMsOf({ detail, isSettling }: Snapshot, now: number, isCrowded: boolean): number {
  const ageMs = detail.startedAt === undefined ? 0 : now - detail.startedAt.getTime();
  const byAge = freshness.find(([age]) => ageMs < age)?.[1] ?? 1_000;
  const fresh = isCrowded ? Math.max(byAge, listFreshMs) : byAge;
  return isSettling ? Math.min(fresh, holdMs / 8) : fresh;
}

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
