import type { Clock } from '../../core/clock.ts';
import { GatewayError } from '../../core/errors.ts';
import type { ExecutionDetail } from '../../core/execution/execution-detail.ts';
import { createEndRules, type End, type EndRules, type EndVerdict } from '../../core/execution/execution-end.ts';
import { parseExecutionId } from '../../core/execution/execution-id.ts';
import { finalStepOf, resultOfEvents, resultOfStatus } from '../../core/execution/execution-result.ts';
import type { ExecutionStatus } from '../../core/execution/execution-status.ts';
import type { Upstream } from '../../core/ports.ts';
import {
  type Asking,
  createExecutionReads,
  type ExecutionReads,
  type Look,
  missingExecution,
} from './execution-reads.ts';

export interface ExecutionsOptions {
  readonly upstream: Upstream;
  readonly clock: Clock;
  /** Waits between two looks at an end that is being confirmed, milliseconds. */
  readonly pause: (ms: number) => Promise<void>;
  /** Where executions live upstream, `/api/executions` say. */
  readonly basePath: string;
}

/** Whether an execution is over, and the `/status` that was read to find out. */
export interface EndFinding {
  readonly end: End | undefined;
  readonly status: ExecutionStatus | undefined;
}

/** Reads executions. Access is the caller's matter. Every method throws ERR_UPSTREAM for "could not find out". */
export interface Executions {
  /** @returns undefined: there is no such execution. */
  look(id: string, asking: Asking): Promise<Look | undefined>;
  /** @param certain whether to wait for an end that is not confirmed yet, up to some seconds. */
  endOf(look: Look, asking: Asking, certain?: boolean): Promise<EndFinding>;
  /** The result of an execution that is over; null when it has none. */
  resultOf(look: Look, finding: EndFinding, asking: Asking): Promise<unknown>;
  /**
   * The catalog path of an execution's playbook. Never remembered: a hidden execution must not answer faster than a missing one.
   * @returns undefined: no such execution, or no path
   */
  pathOf(id: string, asking?: Asking): Promise<string | undefined>;
  /** Something was done to the execution: what was seen of it no longer counts. */
  changed(id: string): void;
}

const holdMs = 2_000;
const lookEveryMs = 250;
/** An inferred end that is older than this is confirmed while the caller waits, so that one look tells the truth. */
const oldMs = 60_000;

export function createExecutions(options: ExecutionsOptions): Executions {
  const { upstream, clock, basePath } = options;
  const reads = createExecutionReads(upstream, clock, basePath);
  const rules = createEndRules({ clock, holdMs });
  const confirm = createConfirmation(reads, rules, options.pause);

  return {
    look: reads.look,
    async endOf({ detail, now }, asking, certain = false) {
      const first = rules.ofDetail(detail);
      if (first !== 'ask') return { end: endIn(first), status: undefined };
      const status = await reads.status(detail, asking);
      const verdict = rules.ofStatus(detail, status);
      if (verdict !== 'unconfirmed') return { end: endIn(verdict), status };
      const old = detail.endedAt !== undefined && now - detail.endedAt.getTime() > oldMs;
      return certain || old ? confirm(detail, asking) : { end: undefined, status };
    },
    async resultOf({ detail }, { end, status }, asking) {
      if (end !== 'COMPLETED') return null;
      if (detail.server === 'rust') return resultOfEvents(detail.events) ?? null;
      const known = status ?? (await reads.status(detail, asking));
      const whole = resultOfStatus(known);
      if (whole !== undefined) return whole;
      const events = await reads.events(detail, asking);
      return resultOfStatus(known, finalStepOf(events)) ?? resultOfEvents(events) ?? null;
    },
    async pathOf(id, asking = {}) {
      const canonical = parseExecutionId(id);
      if (canonical === undefined) return undefined;
      return (await reads.look(canonical, asking))?.detail.path;
    },
    changed: rules.forget,
  };
}

/** Looks until an inferred end has held, or has shown to be none. One watch per execution, whoever waits. */
function createConfirmation(reads: ExecutionReads, rules: EndRules, pause: ExecutionsOptions['pause']) {
  const running = new Map<string, Promise<EndFinding>>();

  async function watch(detail: ExecutionDetail, asking: Asking): Promise<EndFinding> {
    for (let looks = 0; looks <= 2 * (holdMs / lookEveryMs); looks += 1) {
      await pause(lookEveryMs);
      const status = await reads.status(detail, asking);
      const verdict = rules.ofStatus(detail, status);
      if (verdict !== 'unconfirmed') return { end: endIn(verdict), status };
    }
    return { end: undefined, status: undefined };
  }

  return (detail: ExecutionDetail, asking: Asking): Promise<EndFinding> => {
    const joined = running.get(detail.id) ?? watch(detail, asking).finally(() => running.delete(detail.id));
    running.set(detail.id, joined);
    return joined;
  };
}

const endIn = (verdict: EndVerdict): End | undefined => (typeof verdict === 'object' ? verdict.over : undefined);

/** Hidden and missing read the same. */
export const noSuchExecution = (): GatewayError => new GatewayError('ERR_NOT_FOUND', missingExecution);
