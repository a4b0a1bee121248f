import { Cache } from '../../plugins/cache.ts';
import type { Clock } from '../../plugins/clock.ts';
import { heapBytes } from '../../plugins/json/approximate-bytes.ts';
import type { Mutable } from '../../plugins/mutable.ts';
import { cached, SingleFlight } from '../../plugins/single-flight.ts';
import type { Asking } from '../calls/root-fields.ts';
import type { Snapshot, Snapshots } from './execution-end.ts';
import type { ExecutionReads, ExecutionRows } from './execution-read.ts';
import { isDue, isListEnough, type Polled, schedule, sharedMs } from './poll-schedule.ts';

export interface ExecutionCacheOptions {
  readonly reads: Pick<ExecutionReads, 'newest'>;
  readonly snapshots: Pick<Snapshots, 'take' | 'forget'>;
  readonly clock: Clock;
  /** Bound of what is held of finished executions, and of what is held of running ones, bytes. */
  readonly maxBytes: number;
  /** For how long a snapshot that cost one call is shared, milliseconds; one that cost two, for twice as long. */
  readonly staleMs: number;
}

/** A snapshot, and whether it cost a call just now. */
export interface CachedSnapshot {
  readonly snapshot: Snapshot;
  readonly isNew: boolean;
}

/** With the bytes of what was read of each since the snapshot. */
interface Finished {
  readonly snapshot: Snapshot;
  readonly partBytes: number;
}

interface Running extends Mutable<Polled> {
  /** Counted once, since events are walked for it. */
  readonly snapshotBytes: number;
  readonly partBytes: number;
}

/** What a snapshot takes beside the texts that NoETL sent, bytes. */
const baseBytes = 2_000;

/** About what a snapshot takes now, with what was read for it: events may be large. */
export const snapshotBytes = ({ detail, sources }: Snapshot): number =>
  baseBytes + heapBytes(detail.workload) + heapBytes(sources.newest) + heapBytes(sources.status);

/**
 * Snapshots that all who ask share; who may see one is each asker's own matter. Finished executions stay until they are
 * evicted, running ones for as long as {@link schedule} says. Those who ask while a snapshot is being taken join it, and
 * get its error, too; an error is not held.
 */
export class ExecutionCache {
  readonly #options: ExecutionCacheOptions;
  readonly #finished: Cache<string, Finished>;
  readonly #running: Cache<string, Running>;
  readonly #list: Cache<'newest', Promise<ExecutionRows>>;
  readonly #reading = new SingleFlight<string, Snapshot | undefined>();
  readonly #withSteps = new Set<string>();

  constructor(options: ExecutionCacheOptions) {
    const { maxBytes: max, clock } = options;
    this.#options = options;
    this.#finished = new Cache({
      max,
      maxEntry: max / 4,
      sizeOf: ({ snapshot, partBytes }) => snapshotBytes(snapshot) + partBytes,
    });
    this.#running = new Cache({ max, sizeOf: ({ snapshotBytes, partBytes }) => snapshotBytes + partBytes });
    this.#list = new Cache({ max: 1, clock });
  }

  /** @returns undefined: there is no such execution. @throws ERR_UPSTREAM… */
  async read(id: string, asking: Asking): Promise<CachedSnapshot | undefined> {
    const known = this.finished(id) ?? this.#fresh(id);
    if (known !== undefined) return { snapshot: known, isNew: false };
    const snapshot = await this.#reading.run(id, () => this.#take(id, asking));
    return snapshot && { snapshot, isNew: true };
  }

  /** A finished execution, without a call. */
  finished(id: string): Snapshot | undefined {
    return this.#finished.get(id)?.snapshot;
  }

  /** The newest executions, shared for a moment. */
  newest(asking: Asking): Promise<ExecutionRows> {
    const { reads, clock } = this.#options;
    return cached(this.#list, 'newest', () => reads.newest(asking), clock() + schedule.list.freshMs);
  }

  /** Whether snapshots of the execution also read its newest events, which name its steps. */
  wantSteps(id: string, isWanted: boolean): void {
    if (isWanted) this.#withSteps.add(id);
    else this.#withSteps.delete(id);
  }

  /** The next {@link read} takes a new snapshot. */
  expire(id: string): void {
    this.#change(id, () => ({ freshUntil: 0, readAt: 0 }));
  }

  /** Further calls were made because of a snapshot: it is shared for longer, so that calls stay rare. */
  spent({ detail }: Snapshot, calls: number): void {
    this.#change(detail.id, ({ freshUntil }) => ({ freshUntil: freshUntil + calls * this.#options.staleMs }));
  }

  /** Counts what was read with a snapshot, and the snapshot as it is now. @param partBytes about all of what was read */
  count(snapshot: Snapshot, partBytes: number): void {
    const { id } = snapshot.detail;
    if (snapshot.over !== undefined) this.#finished.set(id, { snapshot, partBytes });
    else this.#change(id, (last) => (last.snapshot === snapshot ? { partBytes } : {}));
  }

  /** What is known of the execution no longer counts. */
  forget(id: string): void {
    this.#finished.delete(id);
    this.#running.delete(id);
    this.#reading.forget(id);
    this.#options.snapshots.forget(id);
  }

  #fresh(id: string): Snapshot | undefined {
    const last = this.#running.get(id);
    if (last === undefined) return undefined;
    last.asked += 1;
    const { clock, staleMs } = this.#options;
    return isDue(last, clock(), this.#crowd(), staleMs) ? undefined : last.snapshot;
  }

  async #take(id: string, asking: Asking): Promise<Snapshot | undefined> {
    const { snapshots, clock } = this.#options;
    const before = this.#running.get(id);
    const crowd = this.#crowd();
    const row = crowd >= schedule.list.from ? (await this.newest(asking)).get(id) : undefined;
    const isRunning = row?.claim === 'RUNNING';
    if (isRunning && before !== undefined && isListEnough(before, clock(), crowd)) {
      this.#change(id, () => ({ freshUntil: clock() + schedule.list.freshMs }));
      return before.snapshot;
    }
    // A row shows that an execution has begun, or claims an end; that one still runs, its detail shows.
    const isOfRow = row !== undefined && !(isRunning && before !== undefined);
    // An end that is claimed is judged by its events: one call instead of two.
    const withEvents = this.#withSteps.has(id) || before?.claimedAt !== undefined;
    const snapshot = await snapshots.take(id, asking, isOfRow ? { row } : { withEvents });
    this.#set(id, snapshot, !isOfRow || !isRunning);
    return snapshot;
  }

  /** @param isOwnRead the execution itself was read, not the list */
  #set(id: string, snapshot: Snapshot | undefined, isOwnRead: boolean): void {
    if (snapshot === undefined || snapshot.over !== undefined) {
      this.#running.delete(id);
      if (snapshot !== undefined) this.#finished.set(id, { snapshot, partBytes: 0 });
      return;
    }
    const now = this.#options.clock();
    const before = this.#running.get(id);
    const claimedAt = snapshot.detail.claim === 'RUNNING' ? undefined : (before?.claimedAt ?? now);
    this.#running.set(id, {
      snapshot,
      readAt: isOwnRead ? now : (before?.readAt ?? now),
      freshUntil: now + sharedMs(snapshot, claimedAt, now, this.#crowd(), this.#options.staleMs),
      claimedAt,
      asked: 0,
      snapshotBytes: snapshotBytes(snapshot),
      partBytes: 0,
    });
  }

  #change(id: string, changes: (last: Running) => Partial<Running>): void {
    const last = this.#running.peek(id);
    if (last !== undefined) this.#running.set(id, { ...last, ...changes(last) });
  }

  /** How many running executions are asked for now, as far as the schedule counts; the most recently used come first. */
  #crowd(): number {
    const since = this.#options.clock() - schedule.list.detailMs;
    let count = 0;
    for (const [, { readAt, freshUntil }] of this.#running.entries()) {
      if (count === schedule.crowd.from || (readAt < since && freshUntil < since)) break;
      count += 1;
    }
    return count;
  }
}
