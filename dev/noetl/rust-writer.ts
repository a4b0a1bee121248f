import { isJsonObject } from '../../plugins/noetl/json-object.ts';
import type { RunWriter, StepOutcome, StepRun } from './lay-out.ts';
import { markEngine, type NewEvent, type Run, writeEvent } from './run.ts';
import type { Script, ScriptStep } from './script.ts';

type Members = Readonly<Record<string, unknown>>;

/** Bytes above which a result is behind a reference (`INLINE_CONTEXT_MAX_BYTES` of the worker). */
const inlineLimit = 102_400;

/** The error of this server for a workflow without a first step of that name. @returns false when there is one */
export function noStartStep({ steps }: Script): string | false {
  if (steps.some(({ name }) => name === 'start')) return false;
  const answer = JSON.stringify({ error: workflowWithoutStart, status: 422 });
  return `HTTP error: Failed to start child playbook: 422 Unprocessable Entity ${answer}`;
}
export const workflowWithoutStart = "Workflow must have a step named 'start'";

/** Writes an execution as the Rust server and worker do: one event after the other, without batches. */
export function createRustWriter(run: Run): RunWriter {
  let command = '';
  let failed = false;
  const write = (event: NewEvent) => writeEvent(run, event);
  return {
    open() {
      write({ at: run.startedAt, type: 'playbook_started', node: run.path, status: 'STARTED' });
      return run.startedAt + 3;
    },
    begin(stepRun, at) {
      const { step, part, iteration } = stepRun;
      if (part > 0 && (iteration?.index ?? 0) === 0) enter(run, stepRun, at);
      const suffix = iteration === undefined ? '' : `:i${iteration.index}`;
      command = `${run.id}:${step.name}:${run.eventId(at)}${suffix}`;
      write({ node: step.name, part, at: at + 2, type: 'command.issued', status: 'PENDING', command });
      claim(run, stepRun, command, at);
      if (step.workerDiesMs !== undefined) claim(run, stepRun, command, at + step.workerDiesMs);
      return at + 10;
    },
    end(stepRun, outcome, at) {
      const about = { node: stepRun.step.name, part: stepRun.part, command };
      if ('error' in outcome && stepRun.step.child !== undefined) {
        const result = { context: { call_index: 0, command_id: command, error: outcome.error }, status: 'FAILED' };
        const { call_index: _index, ...context } = result.context;
        write({ ...about, at, type: 'call.error', status: 'FAILED', result });
        write({ ...about, at: at + 4, type: 'command.failed', status: 'FAILED', result: { ...result, context } });
        // A child that cannot start leaves the execution without a terminal event.
        failed = true;
        return undefined;
      }
      const { status, result } = toolResult(run, stepRun, outcome);
      const sent = { context: { call_index: 0, command_id: command, result }, status: 'COMPLETED' };
      const done = { context: { command_id: command, status }, status };
      write({ ...about, at, type: 'call.done', status: 'COMPLETED', result: sent });
      write({ ...about, at: at + 4, type: 'command.completed', status, result: done });
      if (stepRun.step.skips !== undefined) skip(run, stepRun, stepRun.step.skips, at + 7);
      return at + 8;
    },
    close(at) {
      if (failed) return;
      const result = { status: 'COMPLETED' };
      const part = Math.max(0, ...run.events.map((event) => event.part)) + 1;
      write({ at, type: 'playbook.completed', node: 'playbook', status: 'COMPLETED', result, part });
      markEngine(run, { at, part, over: true });
    },
  };
}

/** A step is entered once; the first step of a playbook never is. */
function enter(run: Run, { step, part, iteration }: StepRun, at: number): void {
  const expected = { iterations_expected: iteration?.total, iterator_var: step.loop?.iterator };
  const result = { ...(iteration === undefined ? {} : { context: expected }), status: 'ENTERED' };
  writeEvent(run, { node: step.name, part, at, type: 'step.enter', status: 'ENTERED', result });
}

/** An arc whose condition does not hold leaves an event of the step that it leads to. */
function skip(run: Run, { part }: StepRun, node: string, at: number): void {
  writeEvent(run, { node, part, at, type: 'step.skipped', status: 'SKIPPED', result: { status: 'SKIPPED' } });
}

/** A worker takes the command. */
function claim(run: Run, { step, part }: StepRun, command: string, at: number): void {
  const event = { node: step.name, part, command };
  const claimed = { context: { command_id: command, worker_id: 'rw1' }, status: 'RUNNING' };
  const started = { context: { command_id: command }, status: 'STARTED' };
  writeEvent(run, { ...event, at: at + 6, type: 'command.claimed', status: 'RUNNING', result: claimed });
  writeEvent(run, { ...event, at: at + 10, type: 'command.started', status: 'STARTED', result: started });
}

/** `result` inside of `call.done`: a step that raised is a tool that answered `error`. */
function toolResult(run: Run, { step }: StepRun, outcome: StepOutcome): { status: string; result: Members } {
  if ('error' in outcome) {
    // The worker runs Python as a program, so the error is what that prints.
    const trace = 'Traceback (most recent call last):\n  File "/srv/worker/task.py", line 22, in <module>\n';
    const stderr = `${trace}    raise ValueError(${JSON.stringify(outcome.error)})\nValueError: ${outcome.error}\n`;
    const output = { stderr, stdout: '' };
    const error = 'Python script exited with code 1';
    const context = { data: output, duration_ms: step.ms, error, exit_code: 1, status: 'error', ...output };
    return { status: 'error', result: { context, status: 'error' } };
  }
  const context = withoutSecrets(toolContext(step, outcome.produced)) as Members;
  const text = JSON.stringify(context);
  if (text.length <= inlineLimit) return { status: 'success', result: { context, status: 'success' } };
  const ref = `noetl://execution/${run.id}/result/${step.name}/${run.eventId(run.startedAt)}`;
  run.references.set(ref, context);
  const meta = { bytes: text.length, media_type: 'application/json', content_type: 'application/json' };
  const reference = { kind: 'result_ref', ref, store: 'kv', scope: 'execution', meta };
  return { status: 'success', result: { status: 'success', context: { data: { _ref: ref } }, reference } };
}

function toolContext(step: ScriptStep, produced: unknown): Members {
  const status = 'success';
  if (step.tool === 'noop') return { data: { message: 'noop', status: 'ok' }, status };
  if (step.child !== undefined) return { data: produced, status };
  if (step.tool === 'postgres') {
    const { rows, columns, row_count: affected } = isJsonObject(produced) ? produced : {};
    const data = Array.isArray(rows)
      ? { columns, row_count: rows.length, rows }
      : { affected_rows: Math.max(0, Number(affected ?? 0)) };
    return { data, duration_ms: step.ms, status };
  }
  const output = { stderr: '', stdout: '' };
  return { data: produced ?? output, duration_ms: step.ms, exit_code: 0, status, ...output };
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
