import { rawNumber } from '../../plugins/json/lossless-json.ts';
import { isJsonObject } from '../../plugins/noetl/json-object.ts';
import {
  addEvent,
  type Execution,
  type ExecutionEvent,
  type ExecutionView,
  type NewEvent,
  nextEventId,
  openCommands,
  type PlaybookScript,
  type PlaybookStep,
} from './executions.ts';

type Members = Readonly<Record<string, unknown>>;

/** Bytes above which a result is behind a reference (`INLINE_CONTEXT_MAX_BYTES` of the worker). */
const inlineLimit = 102_400;

/** Writes an execution as the Rust server and worker do (3.54): one event after the other, without batches. */
export function writeRust(run: Execution, { steps }: PlaybookScript): void {
  addEvent(run, { at: run.startedAt, type: 'playbook_started', node: run.path, status: 'STARTED' });
  let at = run.startedAt + 3;
  for (const [part, step] of steps.entries()) {
    at = writeStep(run, step, part, at);
    if (step.error !== undefined && step.continues !== true) break;
  }
  const end = { node: 'playbook', status: 'COMPLETED', result: { status: 'COMPLETED' }, part: steps.length };
  addEvent(run, { ...end, at, type: 'playbook.completed' });
}

/** @returns when the next command is issued */
function writeStep(run: Execution, step: PlaybookStep, part: number, start: number): number {
  const command = `${run.id}:${step.name}:${nextEventId(run, start)}`;
  const write = (at: number, type: string, status: string, more: Partial<NewEvent> = {}) =>
    addEvent(run, { node: step.name, part, command, at, type, status, ...more });
  // The first step of a playbook is never entered.
  if (part > 0) write(start, 'step.enter', 'ENTERED', { command: undefined, result: { status: 'ENTERED' } });
  write(start + 2, 'command.issued', 'PENDING');
  const claimed = { context: { command_id: command, worker_id: 'rw1' }, status: 'RUNNING' };
  write(start + 6, 'command.claimed', 'RUNNING', { result: claimed });
  const started = { context: { command_id: command }, status: 'STARTED' };
  write(start + 10, 'command.started', 'STARTED', { result: started });
  const at = start + 10 + step.ms;
  const { status, result } = toolResult(run, step);
  const sent = { context: { call_index: 0, command_id: command, result }, status: 'COMPLETED' };
  write(at, 'call.done', 'COMPLETED', { result: sent });
  write(at + 4, 'command.completed', status, { result: { context: { command_id: command, status }, status } });
  // An arc whose condition does not hold leaves an event of the step that it leads to.
  const skipped = { command: undefined, result: { status: 'SKIPPED' } };
  if (step.skips !== undefined) write(at + 7, 'step.skipped', 'SKIPPED', { ...skipped, node: step.skips });
  return at + 8;
}

/** `result` inside of `call.done`: a step that raised is a tool that answered `error`. */
function toolResult(run: Execution, step: PlaybookStep): { readonly status: string; readonly result: Members } {
  if (step.error !== undefined) {
    // The worker runs Python as a program, so the error is what that prints.
    const trace = 'Traceback (most recent call last):\n  File "/srv/worker/task.py", line 22, in <module>\n';
    const stderr = `${trace}    raise ValueError(${JSON.stringify(step.error)})\nValueError: ${step.error}\n`;
    const output = { stderr, stdout: '' };
    const error = 'Python script exited with code 1';
    const context = { data: output, duration_ms: step.ms, error, exit_code: 1, status: 'error', ...output };
    return { status: 'error', result: { context, status: 'error' } };
  }
  const context = withoutSecrets(toolContext(step)) as Members;
  const text = JSON.stringify(context);
  if (text.length <= inlineLimit) return { status: 'success', result: { context, status: 'success' } };
  const ref = `noetl://execution/${run.id}/result/${step.name}/${nextEventId(run, run.startedAt)}`;
  run.references.set(ref, context);
  const meta = { bytes: text.length, media_type: 'application/json', content_type: 'application/json' };
  const reference = { kind: 'result_ref', ref, store: 'kv', scope: 'execution', meta };
  return { status: 'success', result: { status: 'success', context: { data: { _ref: ref } }, reference } };
}

function toolContext({ tool, result, ms }: PlaybookStep): Members {
  const status = 'success';
  if (tool === 'noop') return { data: { message: 'noop', status: 'ok' }, status };
  if (tool === 'postgres') {
    const { rows, columns, row_count: affected } = isJsonObject(result) ? result : {};
    const data = Array.isArray(rows)
      ? { columns, row_count: rows.length, rows }
      : { affected_rows: Math.max(0, Number(affected ?? 0)) };
    return { data, duration_ms: ms, status };
  }
  const output = { stderr: '', stdout: '' };
  return { data: result ?? output, duration_ms: ms, exit_code: 0, status, ...output };
}

/** Parts of names whose values the worker does not send. */
const secretName = /pass|pwd|secret|token|bearer|api[_-]?key|auth|credential|private_?key|jwt|cert/i;

function withoutSecrets(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutSecrets);
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => [name, secretName.test(name) ? '[REDACTED]' : withoutSecrets(each)]),
  );
}

const time = (ms: number): string => new Date(ms).toISOString();

/** Events that end an execution, and the state that each gives it. */
const ends: Readonly<Record<string, string>> = { 'playbook.completed': 'COMPLETED', playbook_cancelled: 'CANCELLED' };
const stepEnds = new Set(['COMPLETED', 'FAILED', 'CANCELLED']);

/** The state of an execution: of its newest event that ends one. */
export const rustState = ({ events }: ExecutionView): string =>
  ends[events.findLast(({ type }) => Object.hasOwn(ends, type))?.type ?? ''] ?? 'RUNNING';

/** A row of the list: ids are numbers, there is no version, and the end of a step counts as a time of completion. */
export function rustListRow(view: ExecutionView): Members {
  const lastEnd = view.events.findLast(({ status }) => stepEnds.has(status));
  return {
    execution_id: rawNumber(view.run.id),
    catalog_id: rawNumber(view.run.catalogId),
    path: view.run.path,
    status: rustState(view),
    started_at: time(view.run.startedAt),
    completed_at: lastEnd === undefined ? null : time(lastEnd.at),
    event_count: view.events.length,
  };
}

/** `GET /api/executions/{id}`: always with events, oldest first. */
export function rustDetail(view: ExecutionView): Members {
  const { event_count: _count, ...row } = rustListRow(view);
  const end = view.events.findLast(({ type }) => Object.hasOwn(ends, type));
  return {
    ...row,
    completed_at: end === undefined ? null : time(end.at),
    parent_execution_id: view.run.parentId === undefined ? null : rawNumber(view.run.parentId),
    workload: view.run.workload,
    events: view.events.map((event) => ({
      event_id: rawNumber(event.id),
      event_type: event.type,
      node_name: event.node,
      status: event.status,
      created_at: time(event.at),
      result: event.result,
      error: event.error,
    })),
  };
}

/** `GET …/status`: counts of steps, each by another kind of event. */
export function rustStatus(view: ExecutionView): Members {
  const { events } = view;
  const nodes = (chosen: (event: ExecutionEvent) => boolean) =>
    new Set(events.filter(chosen).map(({ node }) => node)).size;
  const entered = nodes(({ type }) => type === 'step.enter');
  const completed = nodes(({ type, status }) => type === 'command.completed' && status === 'success');
  const state = rustState(view);
  const idle = state === 'RUNNING' && entered > 0 && entered === completed && openCommands(events) === 0;
  return {
    execution_id: rawNumber(view.run.id),
    // Between two steps nothing is open, and this server reports COMPLETED.
    status: idle ? 'COMPLETED' : state,
    current_step: events.findLast(({ type }) => /^(?:step|command)\./.test(type))?.node ?? null,
    progress: {
      total_steps: entered,
      completed_steps: completed,
      running_steps: nodes(({ type }) => type === 'command.claimed'),
      failed_steps: nodes(({ status }) => status === 'FAILED'),
    },
    is_cancelled: events.some(({ type }) => type === 'playbook_cancelled'),
  };
}
