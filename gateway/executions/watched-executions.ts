import type { Clock } from '../../plugins/clock.ts';
import type { End } from '../../plugins/noetl/execution-state.ts';
import type { Upstream } from '../../plugins/ports.ts';
import { holdMs } from './execution-end.ts';
import { type Asking, createExecutionReads, type ExecutionReads } from './execution-reads.ts';
import { createExecutionWatcher, type ExecutionWatcher } from './execution-watcher.ts';
import { createSharedLooks, type SharedLooks } from './shared-looks.ts';
import { createLooks, type Looks, type Snapshot } from './snapshots.ts';

export interface WatchedExecutionsOptions {
  readonly upstream: Upstream;
  readonly clock: Clock;
  /** Waits between two looks, milliseconds. */
  readonly pause: (ms: number) => Promise<void>;
  /** Where executions live upstream, for example `/api/executions`. */
  readonly basePath: string;
  /** Bound of what is kept of finished executions, bytes. */
  readonly keepBytes: number;
  /** How old an answer about a running execution may be, milliseconds. */
  readonly staleMs: number;
  /** Executions that are followed at a time. */
  readonly maxWatches: number;
}

/**
 * Whether executions are over, by one rule for everything that has to know it: fields, results for clients, and the
 * gateway's own auth playbooks.
 */
export interface WatchedExecutions {
  readonly reads: ExecutionReads;
  /** Looks for one caller. */
  readonly looks: Looks;
  /** Looks that all callers share. */
  readonly shared: SharedLooks;
  readonly watcher: ExecutionWatcher;
  /** How it ended, for certain: waits up to some seconds for an end that is not confirmed. Undefined: it runs. */
  certainEnd(snapshot: Snapshot, asking: Asking): Promise<End | undefined>;
}

/** Between two looks at an end that is not certain, milliseconds. */
const lookEveryMs = 250;

/**
 * The parts, on the same reads and looks. By itself the watcher pauses first for as long as an answer may be old, and
 * for 50 ms at least.
 */
export function createWatchedExecutions(options: WatchedExecutionsOptions): WatchedExecutions {
  const { clock, pause, keepBytes, staleMs, maxWatches } = options;
  const reads = createExecutionReads(options.upstream, clock, options.basePath);
  const looks = createLooks(reads, clock);
  const shared = createSharedLooks({ reads, looks, clock, keepBytes, staleMs });
  const watcher = createExecutionWatcher({ shared, pause, firstPauseMs: Math.max(50, staleMs), maxWatches });
  return {
    reads,
    looks,
    shared,
    watcher,
    async certainEnd(snapshot, asking) {
      let last: Snapshot | undefined = snapshot;
      // Up to twice as long as an end that is only inferred is held back.
      for (let waits = 0; last?.isSettling === true && waits <= 2 * (holdMs / lookEveryMs); waits += 1) {
        await pause(lookEveryMs);
        last = await looks.take(snapshot.detail.id, asking);
      }
      return last?.over?.end;
    },
  };
}
