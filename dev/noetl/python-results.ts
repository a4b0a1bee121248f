import { isJsonObject } from '../../plugins/noetl/json-object.ts';
import type { ScriptStep } from './script.ts';

type Members = Readonly<Record<string, unknown>>;

/** Bytes above which the server drops the context of an event (`NOETL_EVENT_RESULT_CONTEXT_MAX_BYTES`). */
const contextLimit = 102_400;
/** Rows that an event keeps (`_EVENT_RESULT_INLINE_ROWS_MAX`). */
const inlineRows = 16;
/** Members that the worker treats as data and never puts into an event. */
const dataMembers = new Set(['data', 'response', 'result', 'payload', 'rows', 'columns', '_ref', '_store']);

/** One result in the four forms that the Python server gives it. */
export interface PythonResult {
  /** For the steps that follow, in `render_context`; large ones too. */
  readonly value: unknown;
  /** False: the engine takes the result for an envelope and leaves it out of `/status.variables`. */
  readonly inVariables: boolean;
  /** `result` of `call.done`, without the ids that each event adds. */
  readonly called: Members;
  /** `result` of `step.exit` and `command.completed`. */
  readonly exited: Members;
  /** `result` of the terminal events when this step was the last one. */
  readonly final: Members;
}

/**
 * What the Python server and worker make of the result of a step that succeeded: recorded on release 4.26. The same
 * value is whole for later steps, cut in events, and missing where it looks like an envelope.
 * @param referenceTo stores rows that are too many for an event
 */
export function pythonResult(
  step: ScriptStep,
  produced: unknown,
  referenceTo: (rows: unknown) => Members,
): PythonResult {
  if (step.tool === 'postgres') return postgresResult(produced as Members, referenceTo);
  if (step.tool === 'noop') return plainResult({ step: step.name, status: 'noop' });
  return step.list !== undefined ? listResult(step, produced) : plainResult(produced);
}

function plainResult(produced: unknown): PythonResult {
  const reported = produced === null || produced === undefined ? { _value: null } : produced;
  const named = withRowCount(reported);
  const kept = isJsonObject(reported) ? scalarsAndOneLevel(reported) : undefined;
  const inEvents = bounded(kept);
  return {
    value: withCopy(named),
    inVariables: !(isJsonObject(named) && 'status' in named),
    called: completed(rowsOf(named).length > 0 && isJsonObject(named) ? bounded(named) : inEvents),
    exited: completed(inEvents),
    final: kept === undefined ? { status: 'COMPLETED' } : completed(kept),
  };
}

/** The server puts the number of rows beside few rows; the worker does not. */
function withRowCount(produced: unknown): unknown {
  const rows = rowsOf(produced);
  const few = rows.length > 0 && rows.length <= inlineRows;
  return few && isJsonObject(produced) ? { ...produced, row_count: rows.length } : produced;
}

const rowsOf = (value: unknown): readonly unknown[] =>
  isJsonObject(value) && Array.isArray(value['rows']) ? value['rows'] : [];

/** The engine keeps each object a second time, under its own `context`. */
const withCopy = (value: unknown): unknown => (isJsonObject(value) ? { ...value, context: value } : value);

/** `undefined`: nothing is kept; `{}`: there was something, and it was too large. */
function bounded(context: Members | undefined): Members | undefined {
  if (context === undefined) return undefined;
  return JSON.stringify(context).length > contextLimit ? {} : context;
}

const completed = (context: Members | undefined): Members => ({
  status: 'COMPLETED',
  context: context ?? { status: 'COMPLETED' },
});

const isScalar = (value: unknown): boolean => typeof value !== 'object' || value === null || 'rawJSON' in value;

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
function widgetPayload({ schema_version: version, widget_type: type, payload }: Members): Members {
  return version === 1 && typeof type === 'string' && isJsonObject(payload) ? { payload } : {};
}

/** A step in list form: the result is under `_prev`, beside the times of its tasks. */
function listResult(step: ScriptStep, produced: unknown): PythonResult {
  const own = isJsonObject(produced) ? produced : {};
  const results = { [taskOf(step)]: produced };
  const value = { ...own, ctx: {}, _prev: produced, status: 'ok', metrics: allMetrics(step, 'ok'), results };
  const previous = scalarsOf(own);
  const context = {
    ...(isScalar(produced) ? { _prev: produced ?? null } : {}),
    ...(Object.keys(previous).length > 0 ? { _prev: previous } : {}),
    status: 'ok',
    metrics: metricsOf(step),
  };
  const kept = completed(bounded(context));
  return { value: withCopy(value), inVariables: false, called: kept, exited: kept, final: kept };
}

const scalarsOf = (members: Members): Members =>
  Object.fromEntries(Object.entries(members).filter(([name, value]) => isScalar(value) && !dataMembers.has(name)));

/** A policy puts a step into list form, and its task gets a name of its own. */
export const taskOf = ({ name, list }: ScriptStep): string => list ?? `${name}_task`;

const taskTimes = ({ ms }: ScriptStep) => ({ tool_ms: ms, render_ms: 0, duration_ms: ms });
const metricsOf = (step: ScriptStep) => ({ ...taskTimes(step), task_count: 1 });

/** What the steps that follow see of the tasks of a step in list form. */
function allMetrics(step: ScriptStep, status: 'ok' | 'error'): Members {
  const name = taskOf(step);
  const counted = { count: 1, error_count: status === 'ok' ? 0 : 1, ...taskTimes(step) };
  return {
    ...metricsOf(step),
    tasks: [{ kind: 'python', name, status, attempt: 1, ...taskTimes(step) }],
    by_kind: { python: counted },
    by_name: { [name]: counted },
  };
}

/** The result in the events of a step whose policy took care of its error: the step is in list form then. */
export function handledResult(step: ScriptStep): PythonResult {
  const shared = { _prev: null, status: 'break' };
  const value = { ...shared, ctx: {}, metrics: allMetrics(step, 'error'), results: {}, remaining_actions: [] };
  const kept = completed({ ...shared, metrics: metricsOf(step) });
  return { value: withCopy(value), inVariables: false, called: kept, exited: kept, final: kept };
}

/** Rows of a query stay in the event while they are few; more of them are behind a reference. */
function postgresResult(produced: Members, referenceTo: (rows: unknown) => Members): PythonResult {
  const rows = rowsOf(produced);
  if (rows.length > inlineRows) {
    const counted = { row_count: rows.length };
    const reference = referenceTo(rows);
    const result = { status: 'COMPLETED', context: counted, reference };
    const refs = { ref: reference, _ref: { ...reference, kind: 'result_ref' } };
    const value = { ...result, ...counted, ...refs, rows, data: { rows, ...counted } };
    return { value, inVariables: false, called: result, exited: result, final: result };
  }
  const { rows: _rows, columns: _columns, ...rest } = produced;
  const counted = { status: 'success', ...rest, statement_count: 1 };
  const few = rows.length > 0 ? { ...produced, ...counted, row_count: rows.length } : counted;
  const kept = completed(rows.length > 0 ? { ...counted, row_count: rows.length } : counted);
  return { value: withCopy(few), inVariables: false, called: completed(few), exited: kept, final: kept };
}

/** The part of a failed step's result that events keep: `error` is what it raised. */
export function errorContext(step: ScriptStep, error: string, id: string): Members {
  if (step.list === undefined) return { id, error, status: 'error' };
  const failure = { code: null, kind: 'tool_error', message: error, retryable: false, status_code: null };
  const task = taskOf(step);
  return { _prev: null, error: failure, status: 'failed', metrics: metricsOf(step), failed_task: task };
}

/** Where a NUL byte is in a result: PostgreSQL stores it nowhere. */
export function nulIn(result: unknown): 'event' | 'state' | undefined {
  if (!holdsNul(result)) return undefined;
  return isJsonObject(result) && holdsNul(scalarsAndOneLevel(result)) ? 'event' : 'state';
}

const holdsNul = (value: unknown): boolean => JSON.stringify(value ?? null).includes('\\u0000');
