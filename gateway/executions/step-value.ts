import { idText } from '../../plugins/json/lossless-json.ts';
import { isJsonObject, type JsonObject } from '../../plugins/noetl/json-object.ts';

/** The form in which NoETL keeps one result. */
export type KeptValue =
  | { readonly kind: 'value'; readonly value: unknown }
  /** It has to be asked for: `GET /api/result/resolve?ref=`. `beside`: what the event holds beside it. */
  | {
      readonly kind: 'reference';
      readonly ref: string;
      readonly beside: JsonObject;
      /** The Rust server keeps the tool's whole answer there, with the result in its `data`. */
      readonly isToolAnswer?: boolean;
    };

/** The form in which NoETL keeps a step's result. */
export type StepValue =
  | KeptValue
  /** One result for each iteration of a loop that did not fail (Rust), and how many failed. */
  | { readonly kind: 'items'; readonly items: readonly KeptValue[]; readonly failed: number }
  /** The step ended, and NoETL could not store what it gave. */
  | { readonly kind: 'lost' };

/** Members that NoETL adds to a step's result in its events. */
const additions = ['command_id', 'worker_id', 'loop_event_id'];

/** A step's result out of an event of the Python server, as far as the event holds it. */
export const withoutAdditions = (context: JsonObject): JsonObject => without(context, additions);

/** A step's result as the playbook made it, without what NoETL wraps around it. */
export function unwrapped(value: unknown): unknown {
  if (!isJsonObject(value)) return value;
  const own = withoutCopy(value);
  const names = Object.keys(own);
  if (names.length === 1 && names[0] === '_value') return own['_value'];
  if (isListForm(names)) return unwrapped(own['_prev']);
  if (isHttpAnswer(own)) return { status_code: own['status_code'], data: own['data'] ?? null };
  if (isSqlAnswer(own))
    return without(own, ['status', 'statement_count', ...(isText(own['message']) ? ['message'] : [])]);
  if (isChildStatus(own)) return childResult(own);
  return isChildStart(own) ? { execution_id: own['execution_id'] } : own;
}

/** The execution that a step started, when the step was a sub-playbook. `value` not yet unwrapped. */
export function childIdOf(value: unknown): string | undefined {
  if (!isJsonObject(value) || !(isChildStatus(value) || isChildStart(value))) return undefined;
  return idText(value['execution_id']);
}

/** Words of NoETL and of its playbooks for "this step is over". */
const endWords = new Set(['complete', 'completed', 'done', 'noop', 'ok', 'success']);
const endMembers = new Set(['status', 'step', 'message']);

/**
 * Whether a result reports only that the step ended: nothing, `{}`, `{"status": "complete"}`, `{"step": "end", "status":
 * "noop"}`, `{"status": "ok", "message": "noop"}`. `value` unwrapped.
 */
export function saysNothing(value: unknown): boolean {
  if (value === undefined) return true;
  if (!isJsonObject(value)) return false;
  const names = Object.keys(value);
  if (names.length === 0) return true;
  const { status, message } = value;
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

function without(value: JsonObject, names: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(value).filter(([name]) => !names.includes(name)));
}

const isText = (value: unknown): boolean => typeof value === 'string';

/** The last task's result of a step in list form, beside members of NoETL: `metrics` and more, before release 3 `status` alone. */
const isListForm = (names: readonly string[]): boolean =>
  names.includes('_prev') && (names.includes('metrics') || (names.length === 2 && names.includes('status')));

/** The `http` tool's answer: the address and the headers are NoETL's affair. Rust has the body twice, and no address. */
const isHttpAnswer = (value: JsonObject): boolean =>
  Object.hasOwn(value, 'status_code') &&
  Object.hasOwn(value, 'headers') &&
  (Object.hasOwn(value, 'url') || (Object.hasOwn(value, 'body') && Object.hasOwn(value, 'data')));

const isSqlAnswer = (value: JsonObject): boolean =>
  Object.hasOwn(value, 'statement_count') && Object.hasOwn(value, 'row_count') && isText(value['status']);

/** A sub-playbook with `return_step` gives its parent the child's `/status`. */
const isChildStatus = (value: JsonObject): boolean =>
  Object.hasOwn(value, 'execution_id') &&
  (Object.hasOwn(value, 'completion_inferred') || rustChildStatus.every((name) => Object.hasOwn(value, name)));
const rustChildStatus = ['current_step', 'is_cancelled', 'progress', 'status'];

/** A sub-playbook without `return_step` gives its parent no more than its id. */
const isChildStart = (value: JsonObject): boolean =>
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
    .filter((name) => Object.hasOwn(variables, name))
    .map((name) => [name, unwrapped(variables[name])]);
  return results.length === 0 ? { execution_id } : Object.fromEntries(results);
}
