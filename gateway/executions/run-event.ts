import { idText } from '../../plugins/json/lossless-json.ts';
import type { End } from '../../plugins/noetl/execution-state.ts';
import { isJsonObject, type JsonObject, textMember } from '../../plugins/noetl/json-object.ts';
import { parseWireTime } from '../../plugins/noetl/wire-dialect.ts';

/** One event of an execution, in the form that both servers share. */
export interface RunEvent {
  readonly id: string | undefined;
  /** Of `command.issued`: the event that NoETL answered with the command (Python). */
  readonly cause: string | undefined;
  readonly type: string;
  /** The step's name; a list-form step without its suffix. Empty when the event names no node. */
  readonly step: string;
  /** The step runs a list of tasks (Python). */
  readonly isList: boolean;
  /** Milliseconds since the epoch; undefined without a readable time. */
  readonly at: number | undefined;
  readonly result: JsonObject | undefined;
  readonly context: JsonObject | undefined;
  readonly error: string | undefined;
  /** Which command of the step: each iteration of a loop has its own. */
  readonly commandId: string | undefined;
  /** Of `batch.*` events. */
  readonly requestId: string | undefined;
}

/** The Python server runs a step whose `tool` is a list under the name `<step>:task_sequence`. */
const listFormSuffix = ':task_sequence';

/** The name of a step in the playbook. @param node its name in NoETL's answers */
export const stepName = (node: string): string =>
  node.endsWith(listFormSuffix) ? node.slice(0, -listFormSuffix.length) : node;

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

/** @param events as on the wire, in either order. @returns oldest first */
export function decodeRunEvents(events: readonly JsonObject[]): readonly RunEvent[] {
  return inOrder(events).map(decodeRunEvent);
}

/** Oldest first: the Python server writes the newest first, the Rust server the oldest. */
export function inOrder(events: readonly JsonObject[]): readonly JsonObject[] {
  const first = events[0];
  const last = events.at(-1);
  return first !== undefined && last !== undefined && isBefore(last, first) ? events.toReversed() : events;
}

/** The end of a loop or of one of its iterations (Python). */
export const isOfLoop = ({ type, result }: RunEvent): boolean =>
  type === 'loop.done' || objectMember(result ?? {}, 'context')?.['loop_event_id'] !== undefined;

/** Each event once, oldest first. Events without an id of digits are left out. */
export function byId(events: readonly RunEvent[]): readonly RunEvent[] {
  const found = new Map(
    events.flatMap((event) => (/^\d{1,20}$/.test(event.id ?? '') ? [[BigInt(event.id ?? ''), event] as const] : [])),
  );
  return [...found].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, event]) => event);
}

function isBefore(one: JsonObject, other: JsonObject): boolean {
  const [a, b] = [one, other].map((event) => idText(event['event_id']) ?? '');
  return a !== undefined && b !== undefined && /^\d+$/.test(a) && /^\d+$/.test(b) && BigInt(a) < BigInt(b);
}

function decodeRunEvent(event: JsonObject): RunEvent {
  const result = objectMember(event, 'result');
  const context = objectMember(event, 'context');
  const inner = result === undefined ? undefined : objectMember(result, 'context');
  const node = textMember(event, 'node_name') ?? '';
  const type = textMember(event, 'event_type') ?? '';
  const error = textMember(event, 'error');
  const step = type === 'batch.failed' ? stepNamedIn(error) : node;
  return {
    id: idText(event['event_id']),
    cause: idText(event['parent_event_id']),
    type,
    step: stepName(step),
    isList: node.endsWith(listFormSuffix),
    at: parseWireTime(event['created_at'] ?? event['timestamp'])?.getTime(),
    result,
    context,
    error,
    commandId: idText(inner?.['command_id']),
    requestId: idText(inner?.['request_id']),
  };
}

/** A batch that NoETL could not work through names the step that it could not start, if any. */
function stepNamedIn(error = ''): string {
  return /^(?:\d{3}: )?Invalid command context for step '([^'\n]{1,200})'/.exec(error)?.[1] ?? '';
}

function objectMember(object: JsonObject, name: string): JsonObject | undefined {
  const value = object[name];
  return isJsonObject(value) ? value : undefined;
}

/** The workload of an execution by its first event (Python). @param events as on the wire, in any order */
export function workloadOf(events: readonly JsonObject[]): JsonObject | undefined {
  for (const { event_type: type, context } of events) {
    if (type !== 'playbook.initialized' || !isJsonObject(context)) continue;
    const result = context['result'];
    const workload = isJsonObject(result) ? result['workload'] : context['workload'];
    if (isJsonObject(workload)) return workload;
  }
  return undefined;
}

/** The newest event with the end of the execution. `events` oldest first. */
export function terminalEvent(
  events: readonly RunEvent[],
): { readonly end: End; readonly event: RunEvent } | undefined {
  const event = events.findLast(({ type }) => Object.hasOwn(terminal, type));
  const end = event === undefined ? undefined : terminal[event.type];
  return event === undefined || end === undefined ? undefined : { end, event };
}

/**
 * A batch that NoETL could not work through; it leaves the execution where it is. Not one whose step was started since.
 * @param events oldest first
 */
export function failedBatch(events: readonly RunEvent[]): RunEvent | undefined {
  return events.find(
    ({ type, step }, index) =>
      type === 'batch.failed' && !events.some((other, at) => at > index && isIssued(other) && other.step === step),
  );
}

const isIssued = ({ type }: RunEvent): boolean => type === 'command.issued';

const stepEnds = new Set([
  'call.done',
  'call.error',
  'command.completed',
  'command.failed',
  'loop.done',
  'step.exit',
  'step_completed',
  'step_exit',
]);

/**
 * The step that ended last: as the terminal event names it, else the newest end of a step. Items of a loop that end
 * after the loop are late: NoETL has gone on without them. `events` oldest first.
 */
export function lastStepOf(events: readonly RunEvent[]): string | undefined {
  const named = events.findLast(({ context }) => context !== undefined && textMember(context, 'final_step'));
  const final = named?.context === undefined ? undefined : textMember(named.context, 'final_step');
  const overLoops = new Set<string>();
  let last: string | undefined;
  for (const { type, step } of events) {
    if (type === 'command.issued') overLoops.delete(step);
    if (stepEnds.has(type) && step !== '' && !overLoops.has(step)) last = step;
    if (type === 'loop.done') overLoops.add(step);
  }
  return final ?? last;
}

/**
 * Whether the events show work that has begun and not ended: a batch that NoETL accepted and has not worked through, or
 * a command without an end. With parallel iterations of one step across the edge of `events` it is an estimate.
 * @param events oldest first, without gaps up to the newest
 */
export function hasOpenWork(events: readonly RunEvent[]): boolean {
  return openBatches(events).size > 0 || hasOpenCommand(events);
}

function openBatches(events: readonly RunEvent[]): ReadonlySet<string> {
  const open = new Set<string>();
  for (const { type, requestId } of events) {
    if (requestId === undefined) continue;
    if (type === 'batch.accepted') open.add(requestId);
    if (type === 'batch.completed' || type === 'batch.failed') open.delete(requestId);
  }
  return open;
}

const commandEnds = new Set(['command.completed', 'command.failed', 'command.cancelled']);

function hasOpenCommand(events: readonly RunEvent[]): boolean {
  const commands = events.filter(({ type }) => type.startsWith('command.'));
  const begun = new Map<string, 'running' | 'ended'>();
  const waiting = new Map<string, number>();
  for (const event of commands) {
    const { type, step, commandId } = event;
    const isEnd = commandEnds.has(type);
    waiting.set(step, (waiting.get(step) ?? 0) + change(event, isEnd, begun));
    if (commandId !== undefined && type !== 'command.issued') {
      begun.set(commandId, isEnd ? 'ended' : (begun.get(commandId) ?? 'running'));
    }
  }
  return [...waiting.values()].some((count) => count > 0) || [...begun.values()].includes('running');
}

/** How an event changes the number of commands of its step that have been issued and not begun. */
function change({ type, commandId }: RunEvent, isEnd: boolean, begun: ReadonlyMap<string, unknown>): number {
  if (type === 'command.issued') return 1;
  if (commandId === undefined) return isEnd ? -1 : 0;
  return begun.has(commandId) ? 0 : -1;
}
