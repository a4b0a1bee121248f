import { Cache } from '../../plugins/cache.ts';
import type { Clock } from '../../plugins/clock.ts';
import { GatewayError } from '../../plugins/errors.ts';
import type { ExecutionDetail } from './execution-detail.ts';
import { judgeEvents, judgeStatus, type Over } from './execution-end.ts';
import type { Asking, ExecutionReads } from './execution-reads.ts';
import type { ExecutionStatus } from './execution-status.ts';
import { createQuietTimes } from './quiet-times.ts';
import { decodeRunEvents, type RunEvent } from './run-event.ts';

/** An execution as it was seen at a moment. */
export interface Snapshot {
  readonly detail: ExecutionDetail;
  /** Undefined: it still runs. */
  readonly over: Over | undefined;
  /** It claims an end that is not certain yet, and nothing of it is known to run. */
  readonly isSettling: boolean;
  /** The calls to NoETL for this look. */
  readonly calls: number;
  /** What was read to find out; emptied once the steps have been made of it. */
  readonly seen: Seen;
}

/** The newest events, and the `/status`; undefined when they did not have to be read. */
export interface Seen {
  newest: ExecutionDetail | undefined;
  status: ExecutionStatus | undefined;
}

export interface LookOptions {
  /** What a list has just reported of the execution: its own detail is then not read. */
  readonly known?: ExecutionDetail;
  /** The detail is read with its newest events. */
  readonly withEvents?: boolean;
}

/** Finds out whether executions are over, from as few reads as possible. */
export interface Looks {
  /** A new look. */
  take(id: string, asking: Asking, how?: LookOptions): Promise<Snapshot | undefined>;
  forget(id: string): void;
}

/** Executions that the gateway has found to be over. NoETL's list may call them RUNNING for ever. */
const remembered = 10_000;

/**
 * The rule of ADR 0010, from as few reads as possible: most looks at a running execution cost one call, a claimed end
 * one or two more.
 */
export function createLooks(reads: ExecutionReads, clock: Clock): Looks {
  const ends = new Cache<string, { readonly claim: string; readonly over: Over }>({ max: remembered });
  const quiet = createQuietTimes(clock);

  /** @returns at once what needs no further call, as most looks do */
  function judge(reported: ExecutionDetail, asking: Asking, calls: number): Snapshot | Promise<Snapshot> {
    // Events are held apart, in `seen`: a snapshot may be kept for long, and they are released before.
    const detail = reported.events.length === 0 ? reported : { ...reported, events: [] };
    // The Rust server's detail always has its events.
    const seen: Seen = { newest: reported.events.length > 0 ? reported : undefined, status: undefined };
    const snapshot = { detail, over: undefined, isSettling: false, calls, seen };
    const known = ends.get(detail.id);
    // The end of an execution never moves (ADR 0010), and one that is known costs no further call.
    if (known !== undefined && known.claim === claimOf(detail)) return { ...snapshot, over: known.over };
    return detail.claim === 'RUNNING' ? snapshot : judgeClaim(snapshot, asking);
  }

  /** An end is claimed: the newest events show whether it holds. */
  async function judgeClaim(snapshot: Snapshot & { calls: number }, asking: Asking): Promise<Snapshot> {
    const { detail, seen } = snapshot;
    if (seen.newest === undefined) snapshot.calls += 1;
    seen.newest ??= await reads.withEvents(detail.id, 100, asking);
    const events = decodeRunEvents(seen.newest.events);
    const quietMs = quiet.since(detail.id, events, reads.now());
    const verdict = judgeEvents(seen.newest, events, quietMs);
    if (verdict === 'running') return { ...snapshot, isSettling: isIdle(seen.newest, events) };
    return verdict === 'ask' ? ask(snapshot, events, quietMs, asking) : settled(snapshot, verdict.over);
  }

  async function ask(
    snapshot: Snapshot,
    events: readonly RunEvent[],
    quietMs: number,
    asking: Asking,
  ): Promise<Snapshot> {
    const { detail, seen } = snapshot;
    const asked = { ...snapshot, calls: snapshot.calls + 1 };
    seen.status = (await reads.status(detail.id, asking)) ?? statusOfClaim(detail, events);
    const verdict = judgeStatus(detail, events, seen.status, quietMs);
    return typeof verdict === 'object' ? settled(asked, verdict.over) : { ...asked, isSettling: true };
  }

  async function detailWithEvents(id: string, asking: Asking): Promise<ExecutionDetail | undefined> {
    try {
      return await reads.withEvents(id, 100, asking);
    } catch (error) {
      if (error instanceof GatewayError && error.code === 'ERR_NOT_FOUND') return undefined;
      throw error;
    }
  }

  function settled(snapshot: Snapshot, over: Over): Snapshot {
    ends.set(snapshot.detail.id, { claim: claimOf(snapshot.detail), over });
    quiet.forget(snapshot.detail.id);
    return { ...snapshot, over };
  }

  return {
    take(id, asking, { known, withEvents = false } = {}) {
      if (known !== undefined) return Promise.resolve(known).then((detail) => judge(detail, asking, 0));
      const reading = withEvents ? detailWithEvents(id, asking) : reads.detail(id, asking);
      return reading.then((detail) => detail && judge(detail, asking, 1));
    },
    forget(id) {
      ends.delete(id);
      quiet.forget(id);
    },
  };
}

/** A remembered end counts for as long as NoETL reports the same. */
const claimOf = ({ claim, endedAt }: ExecutionDetail): string => `${claim} ${endedAt?.getTime() ?? ''}`;

const isIdle = (detail: ExecutionDetail, events: readonly RunEvent[]): boolean =>
  judgeEvents(detail, events, Number.POSITIVE_INFINITY) === 'ask';

/** A release without the route: the claim has held, and its events name the last step. */
function statusOfClaim(detail: ExecutionDetail, events: readonly RunEvent[]): ExecutionStatus {
  const last = events.findLast(({ step }) => step !== '')?.step;
  return {
    end: detail.claim === 'RUNNING' ? undefined : detail.claim,
    currentStep: last,
    completedSteps: [...new Set(events.map(({ step }) => step))],
    variables: undefined,
  };
}
