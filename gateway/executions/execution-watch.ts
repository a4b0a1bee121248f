import type { Clock } from '../../plugins/clock.ts';
import { GatewayError } from '../../plugins/errors.ts';
import { idText } from '../../plugins/json/lossless-json.ts';
import type { ExecutionCache } from './execution-cache.ts';
import type { Snapshot } from './execution-end.ts';
import { schedule, WatchPauses } from './poll-schedule.ts';

/** `undefined`: the execution has vanished from NoETL. */
export type WatchListener = (snapshot: Snapshot | undefined) => void;

/** `pause` resolves after so many milliseconds; tests give one that does so at once. */
export interface ExecutionWatcherOptions {
  readonly cache: Pick<ExecutionCache, 'read' | 'wantSteps' | 'expire'>;
  readonly pause: (ms: number) => Promise<void>;
  /** The pause between two snapshots at first, milliseconds. */
  readonly firstPauseMs: number;
  /** Executions that are followed at a time. */
  readonly maxWatches: number;
}

interface Watch {
  readonly id: string;
  readonly listeners: Map<WatchListener, 'end' | 'steps'>;
  /** For how long it may still be unknown, milliseconds; 0 once it was seen. */
  unknownMs: number;
  /** Ends the pause. */
  resume: () => void;
}

/**
 * Follows executions, each with one loop of snapshots, however many wait for it. One for a process: its bound and its
 * loops are shared by all who follow. Without a listener it makes no call.
 */
export class ExecutionWatcher {
  readonly #options: ExecutionWatcherOptions;
  readonly #watches = new Map<string, Watch>();

  constructor(options: ExecutionWatcherOptions) {
    this.#options = options;
  }

  /**
   * Calls back after each snapshot, until the execution is over or has vanished: that call is the last one. A read that
   * fails is tried again later.
   * @param want `steps`: snapshots have the newest events too
   * @returns what stops it. @throws ERR_OVERLOADED: too many executions are followed
   */
  follow(id: string, listener: WatchListener, want: 'end' | 'steps' = 'end'): () => void {
    const known = this.#watches.get(id);
    const watch = known ?? this.#open(id);
    watch.listeners.set(listener, want);
    if (want === 'steps') this.#wantSteps(watch);
    if (known === undefined) void this.#run(watch);
    return () => {
      watch.listeners.delete(listener);
      if (this.#watches.get(id) !== watch) return;
      if (watch.listeners.size === 0) {
        this.#close(watch);
        watch.resume();
      } else this.#options.cache.wantSteps(id, [...watch.listeners.values()].includes('steps'));
    };
  }

  /** Takes a snapshot at once when the execution is followed: a callback has just come from it. */
  hurry(id: string): void {
    const watch = this.#watches.get(id);
    if (watch === undefined) return;
    this.#options.cache.expire(id);
    watch.resume();
  }

  /** Waits until the execution is over, or the time has passed. @returns the last snapshot; undefined: there was none. */
  waitForEnd(id: string, withinMs: number, clock: Clock): Promise<Snapshot | undefined> {
    const until = clock() + withinMs;
    const { promise, resolve } = Promise.withResolvers<Snapshot | undefined>();
    let last: Snapshot | undefined;
    const stop = this.follow(id, (snapshot) => {
      last = snapshot;
      if (snapshot === undefined || snapshot.over !== undefined || clock() >= until) resolve(snapshot);
    });
    const timer = setTimeout(() => resolve(last), withinMs);
    return promise.finally(() => {
      clearTimeout(timer);
      stop();
    });
  }

  async #run(watch: Watch): Promise<void> {
    const pauses = new WatchPauses(this.#options.firstPauseMs);
    while (watch.listeners.size > 0) {
      const pauseMs = await this.#read(watch).then(
        (mark) => pauses.next(mark),
        () => pauses.failed(),
      );
      if (this.#watches.get(watch.id) !== watch) return;
      watch.unknownMs -= pauseMs;
      await Promise.race([this.#options.pause(pauseMs), new Promise<void>((resume) => (watch.resume = resume))]);
    }
    this.#close(watch);
  }

  /** @returns what changes when the execution moves */
  async #read(watch: Watch): Promise<string> {
    // No user pays for a read that many share.
    const snapshot = (await this.#options.cache.read(watch.id, {}))?.snapshot;
    if (snapshot !== undefined) watch.unknownMs = 0;
    // Unknown, it may have been started just now.
    if (watch.unknownMs > 0) return '';
    const listeners = [...watch.listeners.keys()];
    // Closed before the listeners are called, so that one which follows the execution again opens a new watch.
    if (snapshot === undefined || snapshot.over !== undefined) this.#close(watch);
    for (const listener of listeners) listener(snapshot);
    return snapshot === undefined ? '' : markOf(snapshot);
  }

  #open(id: string): Watch {
    if (this.#watches.size >= this.#options.maxWatches) {
      throw new GatewayError('ERR_OVERLOADED', 'too many executions are watched; try again', { retryAfterSecs: 5 });
    }
    const watch: Watch = { id, listeners: new Map(), unknownMs: schedule.unknownMs, resume: () => {} };
    this.#watches.set(id, watch);
    return watch;
  }

  #close(watch: Watch): void {
    if (this.#watches.get(watch.id) !== watch) return;
    this.#watches.delete(watch.id);
    this.#options.cache.wantSteps(watch.id, false);
  }

  /** The last snapshot may have no events: the next one has them, at once. */
  #wantSteps(watch: Watch): void {
    this.#options.cache.wantSteps(watch.id, true);
    if ([...watch.listeners.values()].filter((want) => want === 'steps').length > 1) return;
    this.#options.cache.expire(watch.id);
    watch.resume();
  }
}

/** An execution that moves is read more often. */
function markOf({ detail, isSettling, sources }: Snapshot): string {
  const newest = sources.newest?.events;
  const ids = [newest?.at(0), newest?.at(-1)].map((event) => idText(event?.['event_id']));
  return `${detail.claim} ${isSettling} ${detail.endedAt?.getTime() ?? ''} ${newest?.length ?? ''} ${ids.join(' ')}`;
}
