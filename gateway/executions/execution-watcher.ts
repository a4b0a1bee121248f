import { GatewayError } from '../../plugins/errors.ts';
import { idText } from '../../plugins/json/lossless-json.ts';
import type { SharedLooks } from './shared-looks.ts';
import type { Snapshot } from './snapshots.ts';

/** `undefined`: the execution has vanished from NoETL. */
export type WatchListener = (snapshot: Snapshot | undefined) => void;

/** Follows executions, each with one loop of looks, however many wait for it. */
export interface ExecutionWatcher {
  /**
   * Calls back after each look, until the execution is over or has vanished: that call is the last one. A look that
   * fails is taken again later. NoETL may know an execution a moment after its start: one that was never seen has
   * vanished only when it stays unknown for 3 seconds.
   * @param want `steps`: looks read the newest events too
   * @returns what stops it. @throws ERR_OVERLOADED: too many executions are followed
   */
  follow(id: string, listener: WatchListener, want?: 'end' | 'steps'): () => void;
  /** Looks at once when the execution is followed: a callback has just come from it. */
  hurry(id: string): void;
}

/** `pause` resolves after so many milliseconds; tests give one that does so at once. */
export interface ExecutionWatcherOptions {
  readonly shared: SharedLooks;
  readonly pause: (ms: number) => Promise<void>;
  /** The pause between two looks at first, milliseconds. */
  readonly firstPauseMs: number;
  /** Executions that are followed at a time. */
  readonly maxWatches: number;
}

/** Each look without news is followed by a longer pause, up to this one, milliseconds. */
const longestPauseMs = 2_000;
const growth = 1.15;
/** After a look that failed. */
const longestRetryMs = 5_000;
/** For so long an execution that was never seen may only be unknown yet, milliseconds. */
const unknownMs = 3_000;

interface Watch {
  readonly id: string;
  readonly listeners: Map<WatchListener, 'end' | 'steps'>;
  /** For how long it may still be unknown, milliseconds; 0 once it was seen. */
  unknownMs: number;
  wake: () => void;
}

const newWatch = (id: string): Watch => ({ id, listeners: new Map(), unknownMs, wake: () => {} });

/** One for a process: its bound and its loops are shared by all who follow. Without a listener it makes no call. */
export function createExecutionWatcher(options: ExecutionWatcherOptions): ExecutionWatcher {
  const { shared, pause, firstPauseMs, maxWatches } = options;
  const watches = new Map<string, Watch>();

  async function run(watch: Watch): Promise<void> {
    const pace = createPace(firstPauseMs);
    while (watch.listeners.size > 0) {
      const pauseMs = await look(watch).then(pace.next, pace.failed);
      if (watches.get(watch.id) !== watch) return;
      watch.unknownMs -= pauseMs;
      await Promise.race([pause(pauseMs), new Promise<void>((wake) => (watch.wake = wake))]);
    }
    close(watch);
  }

  /** @returns what changes when the execution moves */
  async function look(watch: Watch): Promise<string> {
    // No user pays for a look that many share.
    const snapshot = (await shared.take(watch.id, {}))?.snapshot;
    if (isUnknownYet(watch, snapshot)) return '';
    const listeners = [...watch.listeners.keys()];
    // Closed before the listeners are called, so that one which follows the execution again opens a new watch.
    if (snapshot === undefined || snapshot.over !== undefined) close(watch);
    for (const listener of listeners) listener(snapshot);
    return snapshot === undefined ? '' : markOf(snapshot);
  }

  function close(watch: Watch): void {
    if (watches.get(watch.id) !== watch) return;
    watches.delete(watch.id);
    shared.wantSteps(watch.id, false);
  }

  function open(id: string): Watch {
    if (watches.size >= maxWatches) {
      throw new GatewayError('ERR_OVERLOADED', 'too many executions are watched; try again', { retryAfterSecs: 5 });
    }
    const watch = newWatch(id);
    watches.set(id, watch);
    return watch;
  }

  /** The last look may have no events: the next one has them, at once. */
  function wantSteps(watch: Watch): void {
    const wanting = [...watch.listeners.values()].filter((want) => want === 'steps');
    shared.wantSteps(watch.id, true);
    if (wanting.length > 1) return;
    shared.expire(watch.id);
    watch.wake();
  }

  return {
    follow(id, listener, want = 'end') {
      const known = watches.get(id);
      const watch = known ?? open(id);
      watch.listeners.set(listener, want);
      if (want === 'steps') wantSteps(watch);
      if (known === undefined) void run(watch);
      return () => {
        watch.listeners.delete(listener);
        if (watches.get(id) !== watch) return;
        if (watch.listeners.size === 0) {
          close(watch);
          watch.wake();
        } else shared.wantSteps(id, [...watch.listeners.values()].includes('steps'));
      };
    },
    hurry(id) {
      if (!watches.has(id)) return;
      shared.expire(id);
      watches.get(id)?.wake();
    },
  };
}

/** Whether an execution that NoETL does not know may only have been started just now. */
function isUnknownYet(watch: Watch, snapshot: Snapshot | undefined): boolean {
  if (snapshot !== undefined) watch.unknownMs = 0;
  return watch.unknownMs > 0;
}

/** Looks are far apart while nothing happens, and close together when something does. */
function createPace(firstPauseMs: number) {
  let pauseMs = firstPauseMs;
  let mark: string | undefined;
  return {
    next(news: string): number {
      pauseMs = news === mark ? Math.min(pauseMs * growth, longestPauseMs) : firstPauseMs;
      mark = news;
      return pauseMs;
    },
    failed(): number {
      pauseMs = Math.min(pauseMs * 2, longestRetryMs);
      return pauseMs;
    },
  };
}

/** What of a look is news: an execution that moves is looked at more often. */
function markOf({ detail, isSettling, seen }: Snapshot): string {
  const newest = seen.newest?.events;
  const ids = [newest?.at(0), newest?.at(-1)].map((event) => idText(event?.['event_id']));
  return `${detail.claim} ${isSettling} ${detail.endedAt?.getTime() ?? ''} ${newest?.length ?? ''} ${ids.join(' ')}`;
}
