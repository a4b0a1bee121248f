import { idText } from '../../plugins/json/lossless-json.ts';
import { isJsonObject, type JsonObject } from '../../plugins/noetl/json-object.ts';
import type { StoredValue } from './execution-steps.ts';
import { isPreview } from './loop-items.ts';

/** A step's result as the playbook made it, without what NoETL wraps around it. */
export function unwrapped(value: unknown): unknown {
  if (!isJsonObject(value)) return value;
  const own = withoutCopy(value);
  const names = Object.keys(own);
  if (names.length === 1 && names[0] === '_value') return own['_value'];
  if (isListForm(names)) return unwrapped(own['_prev']);
  if (isHttpAnswer(own)) return { status_code: own['status_code'], data: own['data'] ?? null };
  if (isSqlAnswer(own)) return sqlResult(own);
  if (isChildStatus(own)) return childResult(own);
  if (isLoopSummary(own)) return lastOfLoop(own);
  return isChildStart(own) ? { execution_id: own['execution_id'] } : own;
}

/** The execution that a step started, when the step was a sub-playbook. `value` not yet unwrapped. */
export function childOf(value: unknown): { readonly id: string; readonly hasFailed: boolean } | undefined {
  if (!isJsonObject(value) || !(isChildStatus(value) || isChildStart(value))) return undefined;
  const id = idText(value['execution_id']);
  return id === undefined ? undefined : { id, hasFailed: isChildStatus(value) && value['failed'] === true };
}

/** Words of NoETL and of its playbooks for "this step is over". */
const endWords = new Set(['complete', 'completed', 'done', 'noop', 'ok', 'success']);
const endMembers = new Set(['status', 'step', 'message']);
/** NoETL's message in place of a result that a script did not give. */
const noResultMessage = 'Code executed without explicit result variable';

/** What NoETL gives for a script without a result. `value` unwrapped. */
export const isNoResult = (value: unknown): boolean =>
  isJsonObject(value) && value['status'] === 'success' && value['message'] === noResultMessage;

/**
 * Whether a result reports only that the step ended: nothing, `{"status": "complete"}`, `{"step": "end", "status":
 * "noop"}`, `{"status": "ok", "message": "noop"}`, or that a script gave no result. `value` unwrapped.
 */
export function saysNothing(value: unknown): boolean {
  if (value === undefined) return true;
  if (!isJsonObject(value)) return false;
  const names = Object.keys(value);
  const { status, message } = value;
  if (isNoResult(value)) return true;
  const isWord = typeof status === 'string' && endWords.has(status.toLowerCase());
  return isWord && names.every((name) => endMembers.has(name)) && (message === undefined || message === 'noop');
}

/** A step's result is repeated under its own member `context`; a `context` of the playbook's own stays. */
function withoutCopy(value: JsonObject): JsonObject {
  const { context } = value;
  if (!isJsonObject(context)) return value;
  return Object.keys(context).every((name) => Object.hasOwn(value, name) && name !== 'context')
    ? without(value, ['context'])
    : value;
}

export function without(value: JsonObject, names: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(value).filter(([name]) => !names.includes(name)));
}

const isText = (value: unknown): boolean => typeof value === 'string';

/** The last task's result of a step in list form, beside members of NoETL: `metrics` and more, before release 3 only some of these. */
export const isListForm = (names: readonly string[]): boolean =>
  names.includes('_prev') &&
  (names.includes('metrics') || (names.includes('status') && names.every((name) => listFormMembers.has(name))));
const listFormMembers = new Set(['_prev', 'status', 'ctx', 'results', 'context']);

const hasAll = (value: JsonObject, names: readonly string[]): boolean =>
  names.every((name) => Object.hasOwn(value, name));

/** The `http` tool's answer: the address and the headers are NoETL's affair. Rust has the body twice, and no address. */
const isHttpAnswer = (value: JsonObject): boolean =>
  hasAll(value, ['status_code', 'headers']) && (Object.hasOwn(value, 'url') || hasAll(value, ['body', 'data']));

const isSqlAnswer = (value: JsonObject): boolean =>
  hasAll(value, ['statement_count', 'row_count']) && isText(value['status']);

/** Of a query without rows an event of NoETL has no `rows`; only commands have a message. */
function sqlResult(value: JsonObject): JsonObject {
  const hasMessage = isText(value['message']);
  const isEmptyQuery = value['row_count'] === 0 && !hasMessage && !Object.hasOwn(value, 'rows');
  const result = without(value, ['status', 'statement_count', ...(hasMessage ? ['message'] : [])]);
  return isEmptyQuery ? { rows: [], ...result } : result;
}

/** A sub-playbook with `return_step` gives its parent the child's `/status`. */
const isChildStatus = (value: JsonObject): boolean =>
  Object.hasOwn(value, 'execution_id') &&
  (Object.hasOwn(value, 'completion_inferred') ||
    hasAll(value, ['current_step', 'is_cancelled', 'progress', 'status']));

/** The Python server hands on `{ stats, results }` of a loop, with the item that ended last as the only one. */
export function isLoopSummary({ stats, results, ...more }: JsonObject): boolean {
  if (!isJsonObject(stats) || !Array.isArray(results) || Object.keys(more).some((name) => name !== 'context'))
    return false;
  return Object.keys(stats).length === 3 && hasAll(stats, ['total', 'failed', 'success']);
}

/** A loop of which no event is known: a sub-playbook's, or one far back. */
function lastOfLoop({ stats, results }: JsonObject): JsonObject {
  const items = (Array.isArray(results) ? results : []).map(unwrapped);
  const { total = null, failed = 0 } = isJsonObject(stats) ? stats : {};
  return { items, total, kept: items.filter((item) => !isPreview(item)).length, failed };
}

/** A sub-playbook without `return_step` gives its parent no more than its id. */
export const isChildStart = (value: JsonObject): boolean =>
  isText(value['execution_id']) &&
  isText(value['status']) &&
  (value['data'] === undefined || isJsonObject(value['data'])) &&
  Object.keys(value).every((name) => childStartMembers.has(name));
const childStartMembers = new Set(['id', 'status', 'duration', 'execution_id', 'path', 'async', 'context', 'data']);

/** As for the execution itself: the last step's result, else the results of all its steps. */
function childResult(value: JsonObject): unknown {
  const { variables, current_step: last, completed_steps: steps, execution_id } = value;
  if (!isJsonObject(variables)) return { execution_id: idText(execution_id) ?? execution_id };
  const own = typeof last === 'string' && Object.hasOwn(variables, last) ? unwrapped(variables[last]) : undefined;
  if (!saysNothing(own)) return own;
  const names = Array.isArray(steps) ? steps.filter((name): name is string => typeof name === 'string') : [];
  const results = names
    .filter((name) => Object.hasOwn(variables, name) && childOf(variables[name])?.hasFailed !== true)
    .map((name) => [name, unwrapped(variables[name])]);
  return results.length === 0 ? { execution_id } : Object.fromEntries(results);
}

/** The sentences that say how to write a step, for results of which the Python server keeps a part or nothing. */
export const keptOfLast = {
  status:
    'NoETL keeps only scalars of the last step where its result has a member "status": rename it, or let another step follow',
  list: 'NoETL keeps only scalars of the last step in list form: let another step follow',
};
/** The same for a result of which nothing is kept. */
export const lostOfLast =
  'it keeps only scalars of the last step in list form, or with a member "status" in its result: rename it, or let another step follow';

/**
 * A result with a member `status` is taken for an envelope by the Python server: of a last step only the event is left. It
 * is whole where the script assigns one flat literal with just these members.
 */
export function marked(value: StoredValue | undefined, code: string | undefined): StoredValue | undefined {
  if (value?.kind !== 'value' || !isJsonObject(value.value) || !Object.hasOwn(value.value, 'status')) return value;
  const isList = isListForm(Object.keys(value.value));
  const own = isList ? value.value['_prev'] : value.value;
  // Without the script, what only reports an end is taken for no more.
  if (isOfTool(own) || (code === undefined ? saysNothing(own) : isAssigned(own, code))) return value;
  return { ...value, isPart: isList ? 'list' : 'status' };
}

/** A result in NoETL's own forms. */
const isOfTool = (value: unknown): boolean =>
  isJsonObject(value) &&
  (value['status'] === 'noop' ||
    [isHttpAnswer, isSqlAnswer, isChildStatus, isChildStart, isNoResult].some((isForm) => isForm(value)));

/** `result = {"status": "complete"}` as all that is said of `result`, without anything nested or called. */
function isAssigned(value: unknown, code: string): boolean {
  if (!isJsonObject(value) || Object.values(value).some(isJsonObject) || code.length > 20_000) return false;
  if ((code.match(/\bresult\b/g) ?? []).length !== 1) return false;
  const [, members] = /^result *= *\{([^{}[\]()]*)\} *$/m.exec(code) ?? [];
  const names = [...(members ?? '').matchAll(/(?:^|,)\s*["'](\w+)["'] *:/g)].map(([, name = '']) => name);
  return (
    members !== undefined && !members.includes('**') && names.toSorted().join() === Object.keys(value).toSorted().join()
  );
}
