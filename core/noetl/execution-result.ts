import type { End } from './execution-end.ts';
import type { ExecutionStatus } from './execution-status.ts';
import { isJsonObject, type JsonObject } from './json-object.ts';

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
 * @returns undefined when `/status` does not hold it.
 */
export function resultOfStatus(status: ExecutionStatus): unknown {
  const { variables, currentStep, completedSteps } = status;
  if (variables === undefined) return undefined;
  const last = currentStep ?? (completedSteps.length === 1 ? completedSteps[0] : undefined);
  return last !== undefined && Object.hasOwn(variables, last) ? withoutCopy(variables[last]) : undefined;
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
