import type { End } from '../../plugins/noetl/execution-state.ts';
import type { ExecutionDetail } from './execution-detail.ts';
import type { ExecutionStatus } from './execution-status.ts';
import { hasOpenWork, lastStepOf, type RunEvent, terminalEvent } from './run-event.ts';

/** An execution that is over. */
export interface Over {
  readonly end: End;
  /** Milliseconds since the epoch, by the server's own clock; the same at every look. */
  readonly finishedAt: number | undefined;
  /** The step that ended last. */
  readonly lastStep: string | undefined;
  /** The last step ran, and NoETL could not store what it gave. */
  readonly isResultLost: boolean;
}

/** `ask`: it may be over; `/status` has to agree. */
export type Verdict = { readonly over: Over } | 'running' | 'ask';

/** An end that NoETL only infers counts after this long without an event, milliseconds. */
export const holdMs = 2_000;
/** After this long without an event, a last step that `/status` does not know has been lost, milliseconds. */
const lostAfterMs = 5_000;

/**
 * When is an execution over? NoETL announces ends between two steps that are not ends, calls a run FAILED as soon as one
 * step fails, works through its own events seconds late under load, and never writes a terminal event for some runs.
 * So: a cancelled run and a run with a terminal event are over. Any other end must have been quiet for {@link holdMs},
 * with no work open in the newest events, and `/status` must speak of the last step that the events name.
 * @param events the newest ones, oldest first, without gaps
 * @param quietMs how long ago the newest event was written
 */
export function judgeEvents(detail: ExecutionDetail, events: readonly RunEvent[], quietMs: number): Verdict {
  if (detail.claim === 'RUNNING') return 'running';
  const ended = terminalEvent(events);
  if (detail.claim === 'CANCELLED' || ended !== undefined) {
    const end = detail.claim === 'CANCELLED' ? 'CANCELLED' : (ended?.end ?? 'CANCELLED');
    return { over: over(detail, events, end, ended?.end === end ? ended.event.at : undefined) };
  }
  return hasOpenWork(events) || quietMs < holdMs ? 'running' : 'ask';
}

/** Judges the `/status` that was read after {@link judgeEvents} returned `ask`. A claim of FAILED is never settled as COMPLETED. */
export function judgeStatus(
  detail: ExecutionDetail,
  events: readonly RunEvent[],
  status: ExecutionStatus,
  quietMs: number,
): Verdict {
  const end = detail.claim === 'FAILED' || status.end === 'FAILED' ? 'FAILED' : status.end;
  const isOld = quietMs >= lostAfterMs;
  if (end === undefined || (status.end === undefined && !isOld)) return 'running';
  const last = lastStepOf(events);
  const isKnown = last === undefined || status.currentStep === last || status.completedSteps.includes(last);
  if (!isKnown && !isOld) return 'running';
  const at = events.findLast((event) => event.step === last)?.at;
  return { over: { ...over(detail, events, end, at), isResultLost: !isKnown && end === 'COMPLETED' } };
}

function over(detail: ExecutionDetail, events: readonly RunEvent[], end: End, at: number | undefined): Over {
  return {
    end,
    finishedAt: at ?? detail.endedAt?.getTime(),
    lastStep: lastStepOf(events),
    isResultLost: false,
  };
}
