import { LRUCache } from 'lru-cache';
import type { Clock } from '../clock.ts';
import type { ExecutionDetail, ExecutionState } from './execution-detail.ts';
import type { ExecutionStatus } from './execution-status.ts';

export type End = Exclude<ExecutionState, 'RUNNING'>;

/** What is known about an execution's end: it is over, it is not, or `/status` has to say. */
export type EndVerdict = { readonly over: End } | 'running' | 'ask' | 'unconfirmed';

export interface EndRulesOptions {
  readonly clock: Clock;
  /** An inferred end must hold for this long under our own eyes. Default 2,000. */
  readonly holdMs?: number;
  /** Executions that are remembered. Default 10,000. */
  readonly size?: number;
}

/** Remembers what was seen of executions that claim to be over. */
export interface EndRules {
  /** Judges a detail answer alone. `ask`: it claims an end that only `/status` can confirm. */
  ofDetail(detail: ExecutionDetail): EndVerdict;
  /** Judges the `/status` that was read after that detail. `unconfirmed`: an inferred end that has not held yet. */
  ofStatus(detail: ExecutionDetail, status: ExecutionStatus): EndVerdict;
  /** A terminal event was found. */
  settle(detail: ExecutionDetail, end: End): EndVerdict;
  /** Something was done to the execution: look again. */
  forget(id: string): void;
}

interface Memory {
  readonly settled: End | undefined;
  /** Of the detail when settled, of the status while an inferred end is watched. */
  readonly fingerprint: string;
  readonly since: number;
}

/**
 * When is an execution over? NoETL announces ends that are none for some milliseconds between two steps, and never
 * writes a terminal event for some runs. So: a cancelled or failed run and a completion that is not inferred are over;
 * an inferred one only after it has held, with no progress in between.
 */
export function createEndRules({ clock, holdMs = 2_000, size = 10_000 }: EndRulesOptions): EndRules {
  const memory = new LRUCache<string, Memory>({ max: size });

  function settle(detail: ExecutionDetail, end: End): EndVerdict {
    memory.set(detail.id, { settled: end, fingerprint: fingerprintOf(detail), since: clock() });
    return { over: end };
  }

  function watch(detail: ExecutionDetail, fingerprint: string): EndVerdict {
    const seen = memory.get(detail.id);
    if (seen?.settled !== undefined || seen?.fingerprint !== fingerprint) {
      memory.set(detail.id, { settled: undefined, fingerprint, since: clock() });
      return 'unconfirmed';
    }
    return clock() - seen.since >= holdMs ? settle(detail, 'COMPLETED') : 'unconfirmed';
  }

  return {
    ofDetail(detail) {
      if (detail.claim === 'RUNNING') {
        memory.delete(detail.id);
        return 'running';
      }
      if (detail.claim === 'CANCELLED' || detail.server === 'rust') return { over: detail.claim };
      const seen = memory.get(detail.id);
      const known = seen?.settled === detail.claim && seen.fingerprint === fingerprintOf(detail);
      return known ? { over: detail.claim } : 'ask';
    },
    ofStatus(detail, status) {
      if (status.end === undefined) {
        memory.delete(detail.id);
        return 'running';
      }
      if (status.inferred) return watch(detail, status.fingerprint);
      return settle(detail, detail.claim === 'RUNNING' ? status.end : detail.claim);
    },
    settle,
    forget: (id) => void memory.delete(id),
  };
}

function fingerprintOf(detail: ExecutionDetail): string {
  return `${detail.claim} ${detail.endedAt?.getTime() ?? ''}`;
}
