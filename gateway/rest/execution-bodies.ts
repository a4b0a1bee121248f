import { type ExecutionState, parseExecutionState } from '../../plugins/noetl/execution-state.ts';
import { isJsonObject, type JsonObject } from '../../plugins/noetl/json-object.ts';
import { type Snapshot, stateOf } from '../executions/execution-end.ts';

/**
 * The detail of an execution, in NoETL's form, in the state that `execution` shows: NoETL announces some ends too early
 * and others never (ADR 0010), and clients stop at the first one.
 */
export function detailInState(body: JsonObject, snapshot: Snapshot): JsonObject {
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
export function statusInState(body: unknown, snapshot: Snapshot): unknown {
  if (!isJsonObject(body)) return body;
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
