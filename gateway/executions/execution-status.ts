import { type End, parseExecutionState } from '../../plugins/noetl/execution-state.ts';
import { isJsonObject, type JsonObject, textMember } from '../../plugins/noetl/json-object.ts';

/** The end of an execution by `GET /api/executions/{id}/status`. */
export interface ExecutionStatus {
  /** Undefined: the execution is still running. */
  readonly end: End | undefined;
  readonly currentStep: string | undefined;
  readonly completedSteps: readonly string[];
  /** Step results by step name, among the workload's members; undefined on a server that does not report them. */
  readonly variables: JsonObject | undefined;
}

/**
 * Reads the answer of either server: booleans from Python, a status word from Rust.
 * @returns undefined when it is neither.
 */
export function decodeExecutionStatus(body: unknown): ExecutionStatus | undefined {
  if (!isJsonObject(body)) return undefined;
  const word = textMember(body, 'status');
  if (word === undefined && typeof body['completed'] !== 'boolean') return undefined;
  const steps = body['completed_steps'];
  const completedSteps = Array.isArray(steps) ? steps.filter((step) => typeof step === 'string') : [];
  return {
    end: word === undefined ? endOfBooleans(body) : endOfWord(word),
    currentStep: textMember(body, 'current_step'),
    completedSteps,
    variables: isJsonObject(body['variables']) ? body['variables'] : undefined,
  };
}

function endOfBooleans(body: JsonObject): ExecutionStatus['end'] {
  if (body['failed'] === true) return 'FAILED';
  return body['completed'] === true ? 'COMPLETED' : undefined;
}

function endOfWord(word: string): ExecutionStatus['end'] {
  const state = parseExecutionState(word);
  return state === 'RUNNING' ? undefined : state;
}
