import type { Clock } from '../../core/clock.ts';
import { decodeExecutionDetail, type ExecutionDetail } from '../../core/execution/execution-detail.ts';
import { terminalEnd } from '../../core/execution/execution-result.ts';
import { decodeExecutionStatus, type ExecutionStatus } from '../../core/execution/execution-status.ts';
import { answerOf } from '../../core/noetl/upstream-answer.ts';
import type { Upstream, UpstreamCall, UpstreamReply } from '../../core/ports.ts';

/** Who asks; passed on to the upstream call. */
export interface Asking {
  readonly requestId?: string;
  readonly timeoutMs?: number;
}

/** One look at an execution. `now` is the upstream's own clock when it told it, milliseconds. */
export interface Look {
  readonly detail: ExecutionDetail;
  readonly now: number;
}

/** The three reads of an execution, in the forms of both servers. Every one throws ERR_UPSTREAM for "could not find out". */
export interface ExecutionReads {
  /** @returns undefined: there is no such execution. */
  look(id: string, asking: Asking): Promise<Look | undefined>;
  /** `/status`, or what the events say where a server has no such route. */
  status(detail: ExecutionDetail, asking: Asking): Promise<ExecutionStatus>;
  /** The newest events. */
  events(detail: ExecutionDetail, asking: Asking): Promise<ExecutionDetail['events']>;
}

export const missingExecution = 'execution not found';

/** @param basePath where executions live upstream, `/api/executions` */
export function createExecutionReads(upstream: Upstream, clock: Clock, basePath: string): ExecutionReads {
  function read(id: string, rest: string, query: UpstreamCall['query'], asking: Asking): Promise<UpstreamReply> {
    return upstream.request({
      method: 'GET',
      path: `${basePath}/${encodeURIComponent(id)}${rest}`,
      ...(query === undefined ? {} : { query }),
      ...asking,
      idempotent: true,
      route: `${basePath}/{execution_id}${rest}`,
    });
  }

  async function events(detail: ExecutionDetail, asking: Asking): Promise<ExecutionDetail['events']> {
    if (detail.server === 'rust') return detail.events;
    const reply = await read(detail.id, '', [['page_size', '100']], asking);
    return decodeExecutionDetail(answerOf(reply, missingExecution), detail.id).events;
  }

  return {
    async look(id, asking) {
      const reply = await read(id, '', [['include_events', 'false']], asking);
      if (reply.status === 404) return undefined;
      const detail = decodeExecutionDetail(answerOf(reply, missingExecution), id);
      return { detail, now: reply.date?.getTime() ?? clock() };
    },
    async status(detail, asking) {
      const reply = await read(detail.id, '/status', undefined, asking);
      const known = reply.status === 404 || reply.status === 405 ? undefined : decodeExecutionStatus(answerOf(reply));
      return known ?? statusOfEvents(detail, await events(detail, asking));
    },
    events,
  };
}

function statusOfEvents(detail: ExecutionDetail, events: ExecutionDetail['events']): ExecutionStatus {
  const end = terminalEnd(events);
  return {
    end: end ?? (detail.claim === 'RUNNING' ? undefined : detail.claim),
    inferred: end === undefined,
    fingerprint: detail.endedAt?.toISOString() ?? '',
    currentStep: undefined,
    completedSteps: [],
    variables: undefined,
  };
}
