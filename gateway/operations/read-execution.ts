import { eventView } from '../../plugins/noetl/event-view.ts';
import { type ExecutionState, parseExecutionState } from '../../plugins/noetl/execution-state.ts';
import { isJsonObject, type JsonObject } from '../../plugins/noetl/json-object.ts';
import type { Upstream } from '../../plugins/ports.ts';
import { type CallPlan, callFor } from '../calls/call-plan.ts';
import { askingOf, bound, type RootCall } from '../calls/root-fields.ts';
import type { AnyUpstreamRow } from '../config/gateway-config.ts';
import { type Snapshot, stateOf } from '../executions/execution-end.ts';
import { missingExecution } from '../executions/execution-read.ts';
import { type ExecutionGate, type Executions, executionIdOf } from '../executions/executions.ts';
import { wireAnswer } from './wire.ts';

export interface ReadOptions {
  readonly upstream: Upstream;
  readonly executions: Executions;
  readonly gate: ExecutionGate;
}

/** Query parameters of the detail, which the protocol's `execution(id)` does not have. */
export const detailQuery = ['page', 'page_size', 'since_event_id', 'event_type', 'include_events'] as const;

/** A call; with the query string that a client sent for a detail. */
export interface DetailCall extends RootCall {
  readonly query?: readonly (readonly [name: string, value: string])[];
}

/** `GET /noetl/executions/{id}`: NoETL's detail with its page of events, without secrets and source of steps. */
export const answerDetail = (plan: CallPlan, row: AnyUpstreamRow, options: ReadOptions) =>
  answerInState(plan, row, options, detailInState);

/** `executionStatus`: NoETL's `/status`, whose variables are the results of steps. */
export const answerStatus = (plan: CallPlan, row: AnyUpstreamRow, options: ReadOptions) =>
  answerInState(plan, row, options, statusInState);

/** @returns an answer that throws ERR_NOT_FOUND alike for what is missing and what is hidden */
function answerInState(
  plan: CallPlan,
  row: AnyUpstreamRow,
  { upstream, executions, gate }: ReadOptions,
  inState: (body: JsonObject, snapshot: Snapshot) => JsonObject,
): (call: DetailCall) => Promise<unknown> {
  const [argument = 'id'] = plan.executionIds;
  return async (call) => {
    const { decision, context, query = [] } = call;
    const id = executionIdOf(decision.args[argument]);
    // Access first: NoETL is asked for the body only when the caller may see the execution.
    const snapshot = await executions.readAllowed(call, id, askingOf(row, context), gate);
    const made = bound(callFor(plan, decision.args), row, context);
    if (query.length > 0) made.query = [...(made.query ?? []), ...query];
    const body = wireAnswer(await upstream.request(made), missingExecution);
    const { path } = snapshot.detail;
    const shown = isJsonObject(body) ? inState(body, snapshot) : body;
    return executions.masked(eventView(shown, executions.errorView(path, context.caller.session.user.roles)), path);
  };
}

/**
 * The detail of an execution, in NoETL's form, in the state that `execution` shows: NoETL announces some ends too early
 * and others never (ADR 0010), and clients stop at the first one.
 */
function detailInState(body: JsonObject, snapshot: Snapshot): JsonObject {
  const state = stateOf(snapshot);
  if (parseExecutionState(body['status']) === state) return body;
  const { over } = snapshot;
  const ended = over?.finishedAt === undefined ? null : new Date(over.finishedAt).toISOString();
  const end = Object.hasOwn(body, 'started_at') ? 'completed_at' : 'end_time';
  return {
    ...body,
    status: state,
    [end]: over === undefined ? null : (body[end] ?? ended),
    ...(Object.hasOwn(body, 'progress') && { progress: over === undefined ? 0 : 100 }),
    ...(over === undefined && Object.hasOwn(body, 'error') && { error: null }),
  };
}

/** The same for `/status`: booleans of the Python server, a word of the Rust server. */
function statusInState(body: JsonObject, snapshot: Snapshot): JsonObject {
  const state = stateOf(snapshot);
  const word = Object.hasOwn(body, 'status') ? { status: state } : {};
  if (typeof body['completed'] !== 'boolean') return { ...body, ...word };
  return {
    ...body,
    ...word,
    ...flagsOf(state),
    ...(state === 'RUNNING' && { end_time: null, completion_inferred: false }),
  };
}

/** NoETL reports a cancelled run as completed. */
const flagsOf = (state: ExecutionState) => ({
  completed: state === 'COMPLETED' || state === 'CANCELLED',
  failed: state === 'FAILED',
});
