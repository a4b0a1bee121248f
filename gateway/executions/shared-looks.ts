import { Cache } from '../../plugins/cache.ts';
import type { Clock } from '../../plugins/clock.ts';
import type { MaybePromise } from '../../plugins/maybe-promise.ts';
import { SingleFlight } from '../../plugins/single-flight.ts';
import type { Asking, ExecutionReads } from './execution-reads.ts';
import { bytesOf, createRunning, isStillRunning, listFreshMs, manyRunning, type Running } from './running-looks.ts';
import type { LookOptions, Looks, Snapshot } from './snapshots.ts';

/** A snapshot, and whether it cost a call just now. */
export interface Taken {
  readonly snapshot: Snapshot;
  readonly isKept: boolean;
}

/** Looks at executions, shared by all who ask. Who may see one is each asker's own matter. */
export interface SharedLooks {
  /** @returns at once what is kept; undefined: there is no such execution. @throws ERR_UPSTREAM… (rejects) */
  take(id: string, asking: Asking): MaybePromise<Taken | undefined>;
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

/** One for a process. Those who ask while a look is under way join it, and get its error, too; an error is not kept. */
export function createSharedLooks({ reads, looks, clock, keepBytes, staleMs }: SharedLooksOptions): SharedLooks {
  /** With the bytes of what was read of each since. */
  const finished = new Cache<string, { readonly snapshot: Snapshot; readonly bytes: number }>({
    max: keepBytes,
    maxEntry: keepBytes / 4,
    sizeOf: ({ snapshot, bytes }) => bytesOf(snapshot) + bytes,
  });
  const running = createRunning(clock, staleMs, keepBytes);
  const stepsWanted = new Set<string>();
  const list = createListLook(reads, clock);
  const inFlight = createLooking({ looks, clock, list, running, stepsWanted, remember });

  function remember(id: string, snapshot: Snapshot | undefined, isOwnLook: boolean): void {
    const isOver = snapshot?.over !== undefined;
    if (snapshot === undefined || isOver) running.forget(id);
    else running.keep(id, snapshot, isOwnLook);
    if (snapshot !== undefined && isOver) finished.set(id, { snapshot, bytes: 0 });
  }

  return {
    take(id, asking) {
      const kept = finished.get(id);
      if (kept !== undefined) return { snapshot: kept.snapshot, isKept: true };
      const last = running.fresh(id);
      if (last !== undefined) return { snapshot: last, isKept: true };
      return inFlight.look(id, asking).then((snapshot) => snapshot && { snapshot, isKept: false });
    },
    wantSteps: (id, wanted) => void (wanted ? stepsWanted.add(id) : stepsWanted.delete(id)),
    ended: (id) => finished.get(id)?.snapshot,
    newest: list,
    expire: running.expire,
    spent: ({ detail }, calls) => running.extend(detail.id, calls),
    keep(snapshot, bytes) {
      if (snapshot.over === undefined) running.weigh(snapshot, bytes);
      else finished.set(snapshot.detail.id, { snapshot, bytes });
    },
    forget(id) {
      finished.delete(id);
      running.forget(id);
      inFlight.forget(id);
      looks.forget(id);
    },
  };
}

interface LookingOptions extends Pick<SharedLooksOptions, 'looks' | 'clock'> {
  readonly list: ExecutionReads['newest'];
  readonly running: ReturnType<typeof createRunning>;
  readonly stepsWanted: ReadonlySet<string>;
  /** @param isOwnLook the execution itself was looked at, not the list */
  readonly remember: (id: string, snapshot: Snapshot | undefined, isOwnLook: boolean) => void;
}

/** Looks that are under way; an execution is looked at once at a time. */
function createLooking({ looks, clock, list, running, stepsWanted, remember }: LookingOptions) {
  const inFlight = new SingleFlight<string, Snapshot | undefined>();

  /** An end that is claimed is judged by its events: one call instead of two. */
  const howOf = (id: string, last?: Running) => ({ withEvents: stepsWanted.has(id) || last?.claimedAt !== undefined });

  function begin(id: string, asking: Asking): Promise<Snapshot | undefined> {
    const before = running.get(id);
    const crowd = running.crowd();
    return crowd >= manyRunning ? lookInList(id, asking, before, crowd) : lookAt(id, asking, howOf(id, before), true);
  }

  async function lookInList(id: string, asking: Asking, before: Running | undefined, crowd: number) {
    const known = (await list(asking)).get(id);
    const isRunning = known?.claim === 'RUNNING';
    if (isRunning && before !== undefined && isStillRunning(before, clock(), crowd)) {
      running.confirm(id);
      return before.snapshot;
    }
    const row = isRunning && before !== undefined ? undefined : known;
    return lookAt(id, asking, row === undefined ? howOf(id, before) : { known: row }, row === undefined || !isRunning);
  }

  function lookAt(id: string, asking: Asking, how: LookOptions, isOwnLook: boolean): Promise<Snapshot | undefined> {
    return looks.take(id, asking, how).then((snapshot) => {
      remember(id, snapshot, isOwnLook);
      return snapshot;
    });
  }

  return {
    /** Joins a look at the execution, or begins one. */
    look: (id: string, asking: Asking) => inFlight.run(id, () => begin(id, asking)),
    forget: (id: string) => inFlight.forget(id),
  };
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
