import { Cache } from '../../plugins/cache.ts';
import type { Clock } from '../../plugins/clock.ts';
import { GatewayError } from '../../plugins/errors.ts';
import type { End, ExecutionState } from '../../plugins/noetl/execution-state.ts';
import type { Asking } from '../calls/root-fields.ts';
import type { ExecutionDetail, ExecutionReads, ExecutionStatus } from './execution-read.ts';
import { decodeRunEvents, failedBatch, hasOpenWork, lastStepOf, type RunEvent, terminalEvent } from './run-event.ts';

/** An execution that is over. */
export interface Over {
  readonly end: End;
  /** Milliseconds since the epoch, by the server's own clock; the same in every snapshot. */
  readonly finishedAt: number | undefined;
  /** The step that ended last. */
  readonly lastStep: string | undefined;
  /** The last step ran, and NoETL could not store what it gave. */
  readonly isResultLost: boolean;
}

/** An execution at a moment. */
export interface Snapshot {
  readonly detail: ExecutionDetail;
  /** Undefined: it still runs. */
  readonly over: Over | undefined;
  /** It claims an end that is not certain yet, and nothing of it is known to run. */
  readonly isSettling: boolean;
  /** The calls to NoETL for this snapshot. */
  readonly calls: number;
  /** What was read to find out; emptied once the steps have been made of it. */
  readonly sources: {
    /** With the newest events. */
    newest: ExecutionDetail | undefined;
    status: ExecutionStatus | undefined;
  };
}

/** An execution runs until its end is certain, even if NoETL reports another state. */
export const stateOf = ({ over }: Snapshot): ExecutionState => over?.end ?? 'RUNNING';

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
 * with no work open in the newest events, and `/status` must speak of the last step that the events name (ADR 0010).
 * A reported FAILED outranks `playbook.completed` once it has held: the Rust server may judge a run by its steps.
 * A run that NoETL calls RUNNING is over when a batch failed, nothing else is open and it has been as quiet.
 * @param events the newest ones, oldest first, without gaps
 * @param quietMs how long ago the newest event was written
 */
export function judgeEvents(detail: ExecutionDetail, events: readonly RunEvent[], quietMs: number): Verdict {
  const isQuiet = quietMs >= holdMs && !hasOpenWork(events);
  if (detail.claim === 'RUNNING') return isQuiet ? judgeStopped(detail, events) : 'running';
  const ended = terminalEvent(events);
  if (detail.claim === 'CANCELLED') {
    return { over: overAt(detail, events, 'CANCELLED', ended?.end === 'CANCELLED' ? ended.event.at : undefined) };
  }
  if (ended !== undefined) return judgeEnded(detail, events, ended, quietMs);
  return isQuiet ? 'ask' : 'running';
}

function judgeEnded(
  detail: ExecutionDetail,
  events: readonly RunEvent[],
  ended: NonNullable<ReturnType<typeof terminalEvent>>,
  quietMs: number,
): Verdict {
  const isFailedBySteps = detail.claim === 'FAILED' && ended.end === 'COMPLETED';
  if (isFailedBySteps && quietMs < holdMs) return 'running';
  return { over: overAt(detail, events, isFailedBySteps ? 'FAILED' : ended.end, ended.event.at) };
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
  if ((failedBatch(events)?.step ?? '') !== '') return judgeStopped(detail, events);
  const at = events.findLast((event) => event.step === last)?.at;
  return { over: { ...overAt(detail, events, end, at), isResultLost: !isKnown && end === 'COMPLETED' } };
}

const overAt = (detail: ExecutionDetail, events: readonly RunEvent[], end: End, at: number | undefined): Over => ({
  end,
  finishedAt: at ?? detail.endedAt?.getTime(),
  lastStep: lastStepOf(events),
  isResultLost: false,
});

/** The batch that failed is the end: no step after it was started. */
function judgeStopped(detail: ExecutionDetail, events: readonly RunEvent[]): Verdict {
  const failed = failedBatch(events);
  if (failed === undefined) return 'running';
  const over = overAt(detail, events, 'FAILED', failed.at);
  return { over: failed.step === '' ? over : { ...over, lastStep: failed.step } };
}

/** What a snapshot is made of. */
export interface SnapshotSource {
  /** What a list has just reported of the execution: its own detail is then not read. */
  readonly row?: ExecutionDetail;
  /** The detail is read with its newest events. */
  readonly withEvents?: boolean;
}

/** Executions whose end, or whose newest event, is remembered. */
const remembered = 10_000;

/**
 * Finds out whether executions are over, from as few reads as possible: most snapshots of a running execution cost one
 * call, a claimed end one or two more.
 */
export class Snapshots {
  readonly #reads: ExecutionReads;
  readonly #clock: Clock;
  /** NoETL's list may call them RUNNING for ever. */
  readonly #ends = new Cache<string, { readonly claim: string; readonly over: Over }>({ max: remembered });
  /** When the newest event of an execution was first seen; one that was evicted can only make its end later. */
  readonly #newestEvents = new Cache<string, { readonly mark: string; readonly at: number }>({ max: remembered });

  constructor(reads: ExecutionReads, clock: Clock) {
    this.#reads = reads;
    this.#clock = clock;
  }

  /** @returns undefined: there is no such execution. @throws ERR_UPSTREAM… */
  async take(id: string, asking: Asking, { row, withEvents }: SnapshotSource = {}): Promise<Snapshot | undefined> {
    if (row !== undefined) return this.#judge(row, asking, 0);
    const detail = await (withEvents === true ? this.#detailWithEvents(id, asking) : this.#reads.detail(id, asking));
    return detail && this.#judge(detail, asking, 1);
  }

  forget(id: string): void {
    this.#ends.delete(id);
    this.#newestEvents.delete(id);
  }

  async #detailWithEvents(id: string, asking: Asking): Promise<ExecutionDetail | undefined> {
    try {
      return await this.#reads.withEvents(id, 100, asking);
    } catch (error) {
      if (error instanceof GatewayError && error.code === 'ERR_NOT_FOUND') return undefined;
      throw error;
    }
  }

  #judge(reported: ExecutionDetail, asking: Asking, calls: number): Snapshot | Promise<Snapshot> {
    const hasEvents = reported.events.length > 0;
    // Events are in `sources` alone: a snapshot may be held for long, and they are released before.
    const detail = hasEvents ? { ...reported, events: [] } : reported;
    const sources = { newest: hasEvents ? reported : undefined, status: undefined };
    const known = this.#ends.get(detail.id);
    // The end of an execution never moves, and one that is known costs no further call.
    const over = known?.claim === claimOf(detail) ? known.over : undefined;
    const snapshot = { detail, over, isSettling: false, calls, sources };
    const isRunning = detail.claim === 'RUNNING' && !detail.isDoubtful;
    return over !== undefined || isRunning ? snapshot : this.#judgeClaim(snapshot, asking);
  }

  /** An end is claimed, or likely: the newest events show whether it holds, or `/status` does. */
  async #judgeClaim(snapshot: Snapshot, asking: Asking): Promise<Snapshot> {
    const { detail, sources } = snapshot;
    let calls = snapshot.calls;
    if (sources.newest === undefined) {
      calls += 1;
      sources.newest = await this.#reads.withEvents(detail.id, 100, asking);
    }
    const events = decodeRunEvents(sources.newest.events);
    const quietMs = this.#quietMs(detail.id, events);
    let verdict = judgeEvents(sources.newest, events, quietMs);
    let isSettling = judgeEvents(sources.newest, events, Number.POSITIVE_INFINITY) !== 'running';
    if (verdict === 'ask') {
      calls += 1;
      sources.status = (await this.#reads.status(detail.id, asking)) ?? statusOfClaim(detail, events);
      verdict = judgeStatus(detail, events, sources.status, quietMs);
      isSettling = typeof verdict !== 'object';
    }
    if (typeof verdict !== 'object') return { ...snapshot, calls, isSettling };
    this.#ends.set(detail.id, { claim: claimOf(detail), over: verdict.over });
    this.#newestEvents.delete(detail.id);
    return { ...snapshot, calls, over: verdict.over };
  }

  /**
   * For how long the execution has written no event, milliseconds: the longer of the times by NoETL's clock since the
   * newest one, and by ours since that one was first seen here (clocks of NoETL's parts may differ).
   */
  #quietMs(id: string, events: readonly RunEvent[]): number {
    const newest = events.at(-1);
    const mark = `${newest?.at ?? ''} ${newest?.type ?? ''} ${events.length}`;
    const before = this.#newestEvents.get(id);
    const first = before?.mark === mark ? before : { mark, at: this.#clock() };
    this.#newestEvents.set(id, first);
    const byServer = newest?.at === undefined ? 0 : this.#reads.now() - newest.at;
    return Math.max(byServer, this.#clock() - first.at);
  }
}

/** A remembered end counts for as long as NoETL reports the same. */
const claimOf = ({ claim, endedAt }: ExecutionDetail): string => `${claim} ${endedAt?.getTime() ?? ''}`;

/** A release without the route: the claim has held, and its events name the last step. */
const statusOfClaim = ({ claim }: ExecutionDetail, events: readonly RunEvent[]): ExecutionStatus => ({
  end: claim === 'RUNNING' ? undefined : claim,
  currentStep: events.findLast(({ step }) => step !== '')?.step,
  completedSteps: [...new Set(events.map(({ step }) => step))],
  variables: undefined,
});
