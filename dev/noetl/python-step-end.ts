import { createHash } from 'node:crypto';
import type { StepOutcome, StepRun } from './lay-out.ts';
import { loopId, rowsReference } from './python-commands.ts';
import { commandId, isList, type Members, nodeOf, type PythonLine, worker } from './python-line.ts';
import { errorContext, handledResult, nulIn, type PythonResult, pythonResult } from './python-results.ts';
import { idNumber, markEngine, type NewEvent, writeEvent } from './run.ts';
import type { ScriptStep } from './script.ts';

/** What PostgreSQL's refusal of a NUL byte becomes at the worker, and in the engine. */
const refusedByStore = [
  "Batch event emission failed: Server error '500 Internal Server Error' for url 'http://127.0.0.1:8082/api/events/batch'",
  'For more information check: https://developer.mozilla.org/en-US/docs/Web/HTTP/Status/500',
].join('\n');
const refusedByState = [
  'unsupported Unicode escape sequence',
  'DETAIL:  \\u0000 cannot be converted to text.',
  'CONTEXT:  JSON data, line 1: ...',
].join('\n');

/** Writes how a step ends at `at`. @returns when the engine goes on; undefined: it never does */
export function endStep(line: PythonLine, stepRun: StepRun, outcome: StepOutcome, at: number): number | undefined {
  const { step } = stepRun;
  if ('error' in outcome && step.handled !== true) return fail(line, stepRun, outcome.error, at);
  const produced = 'produced' in outcome ? outcome.produced : undefined;
  // PostgreSQL stores no NUL byte: the events are refused, or the state stays where it was (ADR 0010).
  const nul = nulIn(produced);
  if (nul === 'event') return refuse(line, stepRun, at);
  const result =
    step.handled === true ? handledResult(step) : pythonResult(step, produced, (rows) => rowsReference(line.run, rows));
  const fate = nul === 'state' && !stepRun.last ? refusedByState : 'engine';
  const events = endEvents(line, stepRun, at, { ...result, error: null });
  const { engineAt, ids } = line.batches.add(stepRun.part, at + 2, fate, events);
  line.cause = ids[0] ?? null;
  if (nul === 'state') {
    line.ending = 'none';
    return undefined;
  }
  line.final = { result: result.final, error: null, step: step.name };
  remember(line, stepRun, result, produced, engineAt);
  return engineAt;
}

/** What the engine keeps of a step that ended well. */
function remember(line: PythonLine, stepRun: StepRun, result: PythonResult, produced: unknown, at: number): void {
  const { step, part, last, iteration } = stepRun;
  const over = iteration === undefined || iteration.index === iteration.total - 1;
  const value = iteration !== undefined && over ? endLoop(line, stepRun, produced, at) : result.value;
  line.results = { ...line.results, [step.name]: value };
  line.before = step.name;
  if (result.inVariables) line.variables = { ...line.variables, [step.name]: value };
  const place = isList(step) ? {} : { currentStep: step.name, goesOn: !last };
  const completed = over ? { completed: step.name } : {};
  markEngine(line.run, { at, part, ...place, ...completed, variables: line.variables });
  // A first step that is also the last one, and a last step in list form, leave the execution without an end.
  if (last && (isList(step) || part === 0)) line.ending = 'none';
  else if (line.ending !== 'failed') line.ending = 'completed';
}

/** Of the results of a loop the engine keeps the last one, and how many there were. */
function endLoop(line: PythonLine, { step, part, iteration }: StepRun, lastResult: unknown, at: number): Members {
  const total = iteration?.total ?? 0;
  const result = { stats: { total, failed: 0, success: total }, results: [lastResult] };
  const counts = { status: 'completed', iterations: total, loop_event_id: loopId(line.run) };
  const event = { at: at - 1, node: step.name, part, status: 'completed', type: 'loop.done', duration: 0 };
  writeEvent(line.run, { ...event, parentId: line.workflowEvent, context: { result, ...counts } });
  forgetBeforeLoop(line, step, iteration?.index ?? 0);
  return { ...result, context: result };
}

/** After a loop the engine's state holds the workload and the loop, and no result of an earlier step. */
function forgetBeforeLoop(line: PythonLine, { loop, name }: ScriptStep, index: number): void {
  const { iterator = 'item', items = [] } = loop ?? {};
  line.variables = { ...line.run.workload, [iterator]: items[index], loop_index: index };
  line.results = { [name]: line.results[name] };
}

function fail(line: PythonLine, stepRun: StepRun, error: string, at: number): number {
  const context = errorContext(stepRun.step, error, uuidOf(line.command));
  const result = { status: 'FAILED', context };
  const events = endEvents(line, stepRun, at, { called: result, exited: result, error });
  const { engineAt, ids } = line.batches.add(stepRun.part, at + 2, 'engine', events);
  return afterFailure(line, stepRun, engineAt, ids, { result, error });
}

function afterFailure(
  line: PythonLine,
  { step, part, last }: StepRun,
  at: number,
  ids: readonly string[],
  final: { readonly result: Members; readonly error: string },
): number {
  const stops = last || step.continues !== true;
  line.cause = ids[0] ?? null;
  line.before = undefined;
  line.final = { ...final, step: step.name };
  line.ending = stops && part === 0 ? 'none' : 'failed';
  markEngine(line.run, { at, part, currentStep: step.name, goesOn: !stops, completed: nodeOf(step) });
  return at;
}

/** The events of a step could not be stored: the worker reports that in an event of its own, and reports a failure. */
function refuse(line: PythonLine, stepRun: StepRun, at: number): number {
  const { step, part } = stepRun;
  const context = { status: 'FAILED' };
  const ids = { command_id: idNumber(line.command), worker_id: worker };
  const about = { node: nodeOf(step), part, status: 'FAILED', command: line.command, type: 'command.failed' };
  const result = { status: 'FAILED', context: { ...context, ...ids } };
  writeEvent(line.run, { ...about, at: at + 40, result, error: `Event emission failed: ${refusedByStore}` });
  const kept = { status: 'FAILED', context };
  const events = endEvents(line, stepRun, at + 60, { called: kept, exited: kept, error: refusedByStore });
  const [called, ...others] = events;
  const batch = [...(called === undefined ? [] : [{ ...called, result: kept }]), ...others];
  const { engineAt, ids: written } = line.batches.add(part, at + 62, 'engine', batch);
  return afterFailure(line, stepRun, engineAt, written, { result: { status: 'FAILED' }, error: refusedByStore });
}

/** What the events of an end carry: the result of the call, that of the step, and the error. */
interface Ended {
  readonly called: Members;
  readonly exited: Members;
  readonly error: string | null;
}

/** The three events with which a step's work ends. A failed step exits with the status COMPLETED. */
function endEvents(line: PythonLine, stepRun: StepRun, at: number, ended: Ended): Omit<NewEvent, 'at'>[] {
  const failed = ended.error !== null;
  const command_id = commandId(line);
  const about = { node: nodeOf(stepRun.step), part: stepRun.part, createdAt: at, error: ended.error };
  const event = { ...about, command: line.command, status: failed ? 'FAILED' : 'COMPLETED' };
  const loop = stepRun.iteration === undefined ? {} : { loop_event_id: loopId(line.run) };
  const exited = withMembers(ended.exited, { command_id });
  const reported = withMembers(ended.exited, { command_id, worker_id: worker });
  return [
    {
      ...{ ...event, type: failed ? 'call.error' : 'call.done' },
      result: withMembers(ended.called, { command_id, ...loop }),
    },
    { ...event, status: 'COMPLETED', type: 'step.exit', result: exited },
    { ...event, type: failed ? 'command.failed' : 'command.completed', result: reported },
  ];
}

/** A result with members added to its context. */
function withMembers(result: Members, members: Members): Members {
  return { ...result, context: { ...(result['context'] as Members | undefined), ...members } };
}

/** An id in the form that the worker gives its calls; the same for the same text. */
function uuidOf(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex');
  const parts = [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`, `a${hex.slice(17, 20)}`];
  return [...parts, hex.slice(20, 32)].join('-');
}
