import { eventView } from '../../plugins/noetl/hidden-values.ts';
import { isJsonObject } from '../../plugins/noetl/json-object.ts';
import type { Upstream } from '../../plugins/ports.ts';
import type { AnyUpstreamRow } from '../config/gateway-config.ts';
import type { Snapshot } from '../executions/execution-end.ts';
import { missingExecution } from '../executions/execution-read.ts';
import { type ExecutionGate, type Executions, executionIdOf } from '../executions/executions.ts';
import { type CallPlan, callFor } from '../operations/call-plan/call-plan.ts';
import { askingOf, bound, type RootAnswer, type RootCall } from '../operations/root-call.ts';
import { detailInState, statusInState } from './execution-bodies.ts';
import { wireAnswer } from './wire-answer.ts';

export interface ReadOptions {
  readonly upstream: Upstream;
  readonly executions: Executions;
  readonly gate: ExecutionGate;
}

/** Query parameters of the detail, which the protocol's `execution(id)` does not have. */
export const detailQuery = ['page', 'page_size', 'since_event_id', 'event_type', 'include_events'] as const;

/** A call with the query string that the client sent. */
export interface DetailCall extends RootCall {
  readonly query: readonly (readonly [name: string, value: string])[];
}

/** `GET /noetl/executions/{id}`: NoETL's detail with its page of events, without secrets and source of steps. */
export function answerDetail(plan: CallPlan, row: AnyUpstreamRow, options: ReadOptions) {
  return async (call: DetailCall): Promise<unknown> => {
    const { executions } = options;
    const { body, snapshot } = await readAllowed(plan, row, call, options);
    if (!isJsonObject(body)) return body;
    const { path } = snapshot.detail;
    return executions.masked(eventView(detailInState(body, snapshot), executions.hidesErrors(path)), path);
  };
}

/** `executionStatus`: NoETL's `/status`, whose variables are the results of steps. */
export function answerStatus(plan: CallPlan, row: AnyUpstreamRow, options: ReadOptions): RootAnswer {
  return async (call) => {
    const { body, snapshot } = await readAllowed(plan, row, { ...call, query: [] }, options);
    const { executions } = options;
    const { path } = snapshot.detail;
    return executions.masked(eventView(statusInState(body, snapshot), executions.hidesErrors(path)), path);
  };
}

/** @throws ERR_NOT_FOUND alike for what is missing and what is hidden */
async function readAllowed(
  plan: CallPlan,
  row: AnyUpstreamRow,
  call: DetailCall,
  { upstream, executions, gate }: ReadOptions,
): Promise<{ readonly body: unknown; readonly snapshot: Snapshot }> {
  const [argument = 'id'] = plan.executionIds;
  const { decision, context, query } = call;
  // Access first: NoETL is asked for the body only when the caller may see the execution.
  const snapshot = await executions.readAllowed(
    call,
    executionIdOf(decision.args[argument]),
    askingOf(row, context),
    gate,
  );
  const made = bound(callFor(plan, decision.args), row, context);
  if (query.length > 0) made.query = [...(made.query ?? []), ...query];
  const reply = await upstream.request(made);
  return { body: wireAnswer(reply, missingExecution), snapshot };
}
