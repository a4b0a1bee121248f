import { isJsonObject, type JsonObject } from '../../plugins/noetl/json-object.ts';
import { failedText, failureSentence } from './failure-text.ts';

/** Members of events that hold the error of a failed step. */
const errorMembers = new Set(['error', 'stderr', 'traceback', 'stack_trace']);
/** Members that NoETL hands to a worker: the step's source. `view` of an execution is not `view` of its playbook. */
const sourceMembers = new Set(['tool_config']);
const deepest = 12;

/**
 * An event as callers see it: errors as the same sentence that `failure` and `steps` give, and no source of the step.
 * @param hidden whether reasons of failures stay in NoETL
 */
export function eventView(event: unknown, hidden: boolean): unknown {
  return clean(event, hidden, 0);
}

function clean(value: unknown, hidden: boolean, depth: number): unknown {
  if (depth > deepest) return value;
  if (Array.isArray(value)) return value.map((item) => clean(item, hidden, depth + 1));
  return isJsonObject(value) ? cleanObject(value, hidden, depth) : value;
}

function cleanObject(value: JsonObject, hidden: boolean, depth: number): JsonObject {
  const members = Object.entries(value)
    .filter(([name]) => !sourceMembers.has(name))
    .map(([name, member]) => {
      const isError = errorMembers.has(name) && typeof member === 'string' && member.trim() !== '';
      return [name, isError ? sentence(member, hidden) : clean(member, hidden, depth + 1)] as const;
    });
  return Object.fromEntries(members);
}

const sentence = (text: string, hidden: boolean): string => (hidden ? failedText : failureSentence(text));
