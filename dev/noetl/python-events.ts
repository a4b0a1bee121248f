import { rawNumber } from '../../plugins/json/lossless-json.ts';
import { isJsonObject } from '../../plugins/noetl/json-object.ts';
import {
  addEvent,
  type EngineState,
  type Execution,
  firstState,
  type NewEvent,
  nextEventId,
  type PlaybookScript,
  type PlaybookStep,
} from './executions.ts';

type Members = Readonly<Record<string, unknown>>;

/** Bytes above which a part of the command's context is stored elsewhere (`NOETL_COMMAND_CONTEXT_FIELD_INLINE_MAX_BYTES`). */
const inlineContext = 8_192;
/** Bytes above which the server drops the context of an event (`NOETL_EVENT_RESULT_CONTEXT_MAX_BYTES`). */
const contextLimit = 102_400;
/** Members that the worker treats as data and never puts into an event. */
const dataMembers = new Set(['data', 'response', 'result', 'payload', 'rows', 'columns', '_ref', '_store']);
const worker = 'worker-68d9489e';

/** An execution that is being written, and what the engine and the worker remember of it. */
interface Line {
  readonly run: Execution;
  /** Milliseconds that the events of a step's end wait in the engine's queue. */
  readonly waitMs: number;
  /** What the engine's state holds: the workload, and the results that it does not take for an envelope. */
  variables: Members;
  /** The results of all earlier steps. */
  results: Members;
  /** The step before, when it left a result. */
  before: string | undefined;
  /** The event that the next command is a consequence of. */
  cause: string | null;
  command: string;
  /** The content of a terminal event, and which one is written. */
  final: { readonly result: Members; readonly error: string | null; readonly step: string };
  ending: 'none' | 'completed' | 'failed';
}

interface PlacedStep {
  readonly step: PlaybookStep;
  readonly part: number;
  readonly last: boolean;
}

/** Whether its error ends the execution. */
const isFinal = ({ error, continues }: PlaybookStep): boolean => error !== undefined && continues !== true;
/** The name that events of the step have as their node. */
const nodeOf = ({ name, list }: PlaybookStep): string => (list === true ? `${name}:task_sequence` : name);

/**
 * Writes an execution as the Python server and worker do (recorded on release 4.26): the events of a step come in
 * batches, and the engine works through a batch some time after it was stored.
 * @param lagMs added to the script's own wait for the engine
 */
export function writePython(run: Execution, { steps, gapMs = 5 }: PlaybookScript, lagMs: number): void {
  const line: Line = {
    run,
    waitMs: gapMs + lagMs,
    variables: run.workload,
    results: {},
    before: undefined,
    cause: null,
    command: '',
    final: { result: { status: 'COMPLETED' }, error: null, step: '' },
    ending: 'none',
  };
  const start = { workload: run.workload, playbook_path: run.path };
  const opening = (at: number, name: string, node: string, result: Members, parentId: string | null = null) => {
    const context = { error: null, result, status: 'initialized', final_step: null };
    return addEvent(run, {
      at,
      type: `${name}.initialized`,
      node,
      status: 'initialized',
      duration: 0,
      context,
      parentId,
    });
  };
  const playbook = opening(run.startedAt, 'playbook', run.path, start);
  const withStep = { ...start, first_step: steps[0]?.name };
  const workflow = opening(run.startedAt + 1, 'workflow', 'workflow', withStep, playbook);
  line.cause = playbook;
  let at = run.startedAt + 8;
  for (const [part, step] of steps.entries()) {
    const placed = { step, part, last: part === steps.length - 1 };
    at = endStep(line, placed, beginStep(line, placed, at) + step.ms);
    if (isFinal(step)) break;
  }
  // Some executions never get a terminal event (ADR 0010).
  if (line.ending === 'none') return;
  const { result, error, step: final_step } = line.final;
  const status = line.ending;
  const ended = {
    status,
    context: { error, result, status, final_step },
    result,
    error,
    part: steps.length,
    duration: 0,
  };
  addEvent(run, { ...ended, at, type: `workflow.${status}`, node: 'workflow', parentId: workflow });
  addEvent(run, { ...ended, at, type: `playbook.${status}`, node: run.path, parentId: playbook });
  engineGoes(line, { at, part: steps.length, over: true, failed: status === 'failed' });
}

/** A worker takes the command. @returns when its work begins */
function beginStep(line: Line, { step, part }: PlacedStep, at: number): number {
  const { run } = line;
  line.command = nextEventId(run, at);
  const event = { node: nodeOf(step), part, command: line.command };
  const issued = { ...event, at, type: 'command.issued', status: 'PENDING', parentId: line.cause };
  addEvent(run, { ...issued, context: commandContext(line, step, at) });
  const running = (context: Members) => ({ status: 'RUNNING', result: { status: 'RUNNING', context } });
  const command_id = rawNumber(line.command);
  addEvent(run, { ...event, at: at + 6, type: 'command.claimed', ...running({ command_id }) });
  addBatch(line, part, at + 12, false, [
    { ...event, createdAt: at + 10, type: 'command.started', ...running({ command_id, worker_id: worker }) },
    { ...event, createdAt: at + 10, type: 'step.enter', ...running({ status: 'started' }) },
  ]);
  return at + 10;
}

/** What the worker needs to render and run the step: all results so far, whole. A large one is behind a reference. */
function commandContext({ run, variables, results, before }: Line, step: PlaybookStep, at: number): Members {
  const ctx = { ...variables, ...(before === undefined ? {} : { [before]: results[before] }) };
  const timestamp = `${new Date(at).toISOString().slice(0, -1)}000`;
  const rendered = {
    ...variables,
    ...results,
    ctx,
    workload: ctx,
    iter: {},
    catalog_id: run.catalogId,
    execution_id: run.id,
    job: { id: run.id, uuid: run.id, execution_id: run.id },
    event: { name: 'command_creation', step: step.name, payload: {}, timestamp },
    output: { ref: null, data: null, error: null, status: 'ok' },
  };
  const large = JSON.stringify(rendered).length > inlineContext;
  const correlation = { kind: 'command_context_field', step: step.name, field: 'render_context' };
  const name = `${step.name}_render_context`;
  const reference = () => ({ ...store(run, name, rendered), kind: 'result_ref', scope: 'execution', correlation });
  const tool_config = toolConfig(step);
  return { spec: { next_mode: 'exclusive' }, input: {}, tool_config, render_context: large ? reference() : rendered };
}

function toolConfig({ name, list, tool = 'python', result, code = scriptOf(result) }: PlaybookStep): Members {
  if (tool === 'noop') return { spec: null, output: null };
  const source = tool === 'postgres' ? { auth: 'pg_local', command: code } : { code, input: {} };
  return list === true ? { tasks: [{ ...source, kind: tool, name }] } : { ...source, spec: null, output: null };
}

/** A script that gives the result. */
function scriptOf(result: unknown): string {
  const literal = JSON.stringify(result) ?? '';
  return `result = ${literal === '' || literal.length > 500 ? 'run()' : literal}\n`;
}

/** Stores a value behind a new reference. */
function store({ id, references }: Execution, name: string, value: unknown) {
  const ref = `noetl://execution/${id}/result/${name}/${(0x6473_d5a3 + references.size * 0x1f3d).toString(16)}`;
  references.set(ref, value);
  return { ref, store: 'kv' };
}

/**
 * Writes events that the worker sent together and that the server accepted at `at`.
 * @param actionable whether the engine goes on after them, as at the end of a step
 * @returns the id of the first one, and when the engine has worked through them
 */
function addBatch(line: Line, part: number, at: number, actionable: boolean, events: readonly Omit<NewEvent, 'at'>[]) {
  const { run, waitMs } = line;
  // The same request id in all events of a batch: that is how an unfinished batch is found (ADR 0010).
  const request_id = nextEventId(run, at);
  const write = (time: number, name: string, status: string, context: object) => {
    const result = { status, context: { request_id, ...context } };
    addEvent(run, { at: time, node: 'events.batch', part, type: `batch.${name}`, status, result });
  };
  const accepted = { event_ids: [] as unknown[], commands_generated: 0 };
  write(at, 'accepted', 'PENDING', accepted);
  const ids = events.map((event) => addEvent(run, { ...event, at }));
  // The first event of a batch names those that follow it, whose ids are made after it.
  accepted.event_ids.push(...ids.map(rawNumber));
  const processingAt = at + 2 + waitMs;
  write(processingAt, 'processing', 'RUNNING', { event_count: events.length, queue_wait_ms: waitMs });
  const done = { processing_ms: 6, actionable_event: actionable, commands_generated: 0 };
  write(processingAt + (actionable ? 10 : 2), 'completed', 'COMPLETED', done);
  return { first: ids[0] ?? null, engineAt: processingAt + 6 };
}

/** Adds to what the engine's state holds. */
function engineGoes({ run }: Line, change: Partial<EngineState> & Pick<EngineState, 'at' | 'part'>): void {
  run.states.push({ ...firstState(run), ...run.states.at(-1), ...change });
}

/** Writes how a step ends at `at`. @returns when the engine goes on */
function endStep(line: Line, { step, part, last }: PlacedStep, at: number): number {
  const { run } = line;
  const { name, error = null, list = false } = step;
  const result = resultOf(run, step);
  const { first, engineAt } = addBatch(line, part, at + 2, true, endEvents(line, step, part, at, result.kept));
  line.cause = first;
  line.final = { result: result.final ?? result.kept, error, step: name };
  line.before = error === null ? name : undefined;
  if (error === null) line.results = { ...line.results, [name]: result.value };
  if (result.inVariables) line.variables = { ...line.variables, [name]: result.value };
  const stops = last || isFinal(step);
  const completedSteps = [...(run.states.at(-1)?.completedSteps ?? []), name].sort();
  // The engine has no place in steps in list form.
  const place = list ? {} : { currentStep: name, goesOn: !stops };
  engineGoes(line, { at: engineAt, part, completedSteps, variables: line.variables, ...place });
  line.ending = endingOf(line, step, part, stops);
  return engineAt;
}

/** A first step that is also the last one, and a last step in list form, leave the execution without an end. */
function endingOf({ ending }: Line, { error, list }: PlaybookStep, part: number, stops: boolean): Line['ending'] {
  if (stops && (part === 0 || list === true)) return 'none';
  return error !== undefined || ending === 'failed' ? 'failed' : 'completed';
}

/** The three events with which a step's work ends. A failed step exits with the status COMPLETED. */
function endEvents({ command }: Line, step: PlaybookStep, part: number, at: number, kept: Members) {
  const { error = null } = step;
  const command_id = rawNumber(command);
  const about = { node: nodeOf(step), part, createdAt: at, error, command };
  const [status, called, ended] =
    error === null ? ['COMPLETED', 'call.done', 'command.completed'] : ['FAILED', 'call.error', 'command.failed'];
  const withIds = (ids: Members) => ({ ...kept, context: { ...(kept['context'] as Members), ...ids } });
  return [
    { ...about, status, type: called, result: withIds({ command_id }) },
    { ...about, status: 'COMPLETED', type: 'step.exit', result: withIds({ command_id }) },
    { ...about, status, type: ended, result: withIds({ command_id, worker_id: worker }) },
  ];
}

/** One result in the forms that the server gives it: whole for later steps, and cut in events. */
interface StepResult {
  readonly value: unknown;
  /** Of the events of the step. */
  readonly kept: Members;
  /** Of the terminal events when this step was the last one. Default: `kept`. */
  readonly final?: Members;
  /** Whether the engine has it in `/status`; it leaves out what looks like an envelope. */
  readonly inVariables: boolean;
}

function resultOf(run: Execution, { tool, name, result, error }: PlaybookStep): StepResult {
  if (error !== undefined) {
    const context = { id: crypto.randomUUID(), error, status: 'error' };
    return { value: undefined, kept: { status: 'FAILED', context }, inVariables: false };
  }
  const given = tool === 'noop' ? { step: name, status: 'noop' } : (result ?? { _value: null });
  if (!isJsonObject(given))
    return { value: given, kept: completed(undefined), final: { status: 'COMPLETED' }, inVariables: true };
  if (tool === 'postgres') return postgresResult(run, given);
  const cut = scalarsAndOneLevel(given);
  const tooLarge = cut !== undefined && JSON.stringify(cut).length > contextLimit;
  return {
    value: withCopy(given),
    kept: completed(tooLarge ? {} : cut),
    final: cut === undefined ? { status: 'COMPLETED' } : completed(cut),
    inVariables: !('status' in given),
  };
}

/** Rows of a query are behind a reference. */
function postgresResult(run: Execution, produced: Members): StepResult {
  const { rows, columns: _columns, ...rest } = produced;
  if (!Array.isArray(rows)) {
    const counted = { status: 'success', ...rest, statement_count: 1 };
    return { value: withCopy(counted), kept: completed(counted), inVariables: false };
  }
  const counted = { row_count: rows.length };
  const reference = { ...store(run, 'postgres_task/rows', rows), kind: 'temp_ref' };
  const kept = { status: 'COMPLETED', context: counted, reference };
  const refs = { ref: reference, _ref: { ...reference, kind: 'result_ref' } };
  return { value: { ...kept, ...counted, ...refs, rows, data: { rows, ...counted } }, kept, inVariables: false };
}

/** The engine keeps each object a second time, under its own `context`. */
const withCopy = (value: unknown): unknown => (isJsonObject(value) ? { ...value, context: value } : value);

const completed = (context: Members | undefined): Members => ({
  status: 'COMPLETED',
  context: context ?? { status: 'COMPLETED' },
});

const isScalar = (value: unknown): boolean => typeof value !== 'object' || value === null || 'rawJSON' in value;

const scalarsOf = (members: Members): Members =>
  Object.fromEntries(Object.entries(members).filter(([name, value]) => isScalar(value) && !dataMembers.has(name)));

/** The part of a result that events keep: scalars, and the scalars of its objects. @returns undefined: nothing */
function scalarsAndOneLevel(result: Members): Members | undefined {
  const kept = Object.entries(result).flatMap(([name, value]): [string, unknown][] => {
    if (dataMembers.has(name)) return [];
    if (isScalar(value)) return [[name, value]];
    const nested = isJsonObject(value) ? { ...scalarsOf(value), ...widgetPayload(value) } : {};
    return Object.keys(nested).length === 0 ? [] : [[name, nested]];
  });
  return kept.length === 0 ? undefined : Object.fromEntries(kept);
}

/** The payload of a widget is kept whole. */
const widgetPayload = ({ schema_version: version, widget_type: type, payload }: Members): Members =>
  version === 1 && typeof type === 'string' && isJsonObject(payload) ? { payload } : {};
