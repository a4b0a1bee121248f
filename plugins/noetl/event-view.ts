import { type ErrorView, failureText } from './failure-text.ts';
import { isJsonObject, type JsonObject } from './json-object.ts';

/** Members of events that hold the error of a failed step. */
const errorMembers = new Set(['error', 'stderr', 'traceback', 'stack_trace']);
/** Members that NoETL hands to a worker: the step's source. `view` of an execution is not `view` of its playbook. */
const sourceMembers = new Set(['tool_config']);
const deepest = 12;

/**
 * An event as callers see it: errors as `failure` and `steps` give them, and no source of the step.
 */
export function eventView(event: unknown, view: ErrorView): unknown {
  return clean(event, view, 0);
}

function clean(value: unknown, view: ErrorView, depth: number, isReport = false): unknown {
  if (depth > deepest) return value;
  if (Array.isArray(value)) return value.map((item) => clean(item, view, depth + 1));
  return isJsonObject(value) ? cleanObject(value, view, depth, isReport || isFailureReport(value)) : value;
}

/** @param isReport whether its `message` is an error, too */
function cleanObject(value: JsonObject, view: ErrorView, depth: number, isReport: boolean): JsonObject {
  const members = Object.entries(value)
    .filter(([name]) => !sourceMembers.has(name))
    .map(([name, member]) => {
      const isError = errorMembers.has(name) || (isReport && name === 'message');
      const isText = isError && typeof member === 'string' && member.trim() !== '';
      return [name, isText ? failureText(member, view) : clean(member, view, depth + 1, name === 'error')] as const;
    });
  return Object.fromEntries(members);
}

/** What a tool or NoETL reports of a failure has its reason in `message`. */
function isFailureReport({ status, error_code: code }: JsonObject): boolean {
  return code !== undefined || (typeof status === 'string' && /^(?:error|failed)$/i.test(status));
}
