import { isJsonObject, type JsonObject, textMember } from '../noetl/json-object.ts';
import type { End } from './execution-end.ts';
import type { ExecutionStatus } from './execution-status.ts';

const terminal: Readonly<Record<string, End>> = {
  'playbook.completed': 'COMPLETED',
  'workflow.completed': 'COMPLETED',
  playbook_completed: 'COMPLETED',
  'playbook.failed': 'FAILED',
  'workflow.failed': 'FAILED',
  playbook_failed: 'FAILED',
  'execution.cancelled': 'CANCELLED',
  'playbook.cancelled': 'CANCELLED',
  playbook_cancelled: 'CANCELLED',
};
const stepEnds = new Set(['step.exit', 'call.done', 'step_exit', 'step_completed', 'command.completed']);
/** What NoETL adds to a step's result in its events. */
const additions = new Set(['command_id', 'worker_id']);

/** What the newest terminal event says; undefined when there is none. `events` newest first. */
export function terminalEnd(events: readonly JsonObject[]): End | undefined {
  for (const event of events) {
    const type = event['event_type'];
    if (typeof type === 'string' && Object.hasOwn(terminal, type)) return terminal[type];
  }
  return undefined;
}

/**
 * The last step's result out of `/status`, where it is whole.
 * @param finalStep the last step when something else than `/status` names it; its own list has no order
 * @returns undefined when `/status` does not hold it.
 */
export function resultOfStatus(status: ExecutionStatus, finalStep?: string): unknown {
  const { variables, currentStep, completedSteps } = status;
  if (variables === undefined) return undefined;
  const last = finalStep ?? currentStep ?? (completedSteps.length === 1 ? completedSteps[0] : undefined);
  return last !== undefined && Object.hasOwn(variables, last) ? withoutCopy(variables[last]) : undefined;
}

/** The last step's name as the terminal event has it. `events` newest first. */
export function finalStepOf(events: readonly JsonObject[]): string | undefined {
  const contexts = events.map((event) => event['context']).filter(isJsonObject);
  const named = contexts.map((context) => textMember(context, 'final_step'));
  return named.find((step) => step !== undefined);
}

/** The result out of the terminal event, else out of the last step's own. `events` newest first. */
export function resultOfEvents(events: readonly JsonObject[]): unknown {
  const ofType = (matches: (type: string) => boolean) =>
    events.find((event) => typeof event['event_type'] === 'string' && matches(event['event_type']) && hasResult(event));
  const event =
    ofType((type) => Object.hasOwn(terminal, type) && terminal[type] === 'COMPLETED') ??
    ofType((type) => stepEnds.has(type));
  return event === undefined ? undefined : resultOfEvent(event);
}

/** The text that a result carries for people. */
export function textOutputOf(result: unknown): string | null {
  if (!isJsonObject(result)) return null;
  const text = result['textOutput'] ?? result['text_output'];
  return typeof text === 'string' ? text : null;
}

const hasResult = (event: JsonObject): boolean => {
  const result = resultOfEvent(event);
  return result !== undefined && result !== null;
};

function resultOfEvent(event: JsonObject): unknown {
  const context = event['context'];
  const result = event['result'] ?? (isJsonObject(context) ? context['result'] : undefined);
  if (!isJsonObject(result)) return result;
  const inner = typeof result['status'] === 'string' && Object.hasOwn(result, 'context') ? result['context'] : result;
  if (!isJsonObject(inner)) return inner;
  return withoutCopy(Object.fromEntries(Object.entries(inner).filter(([name]) => !additions.has(name))));
}

/** A step's result is repeated under its own member `context`; a `context` of the playbook's own stays. */
function withoutCopy(value: unknown): unknown {
  if (!isJsonObject(value) || !isJsonObject(value['context'])) return value;
  const { context, ...rest } = value;
  return Object.keys(context as JsonObject).every((name) => Object.hasOwn(rest, name)) ? rest : value;
}
