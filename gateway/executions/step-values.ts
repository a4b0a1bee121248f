import { isJsonObject, type JsonObject } from '../../plugins/noetl/json-object.ts';
import type { ExecutionStatus } from './execution-status.ts';
import type { RunEvent } from './run-event.ts';
import type { StepValue } from './step-value.ts';
import { type StepFacts, stepsOf } from './steps.ts';

/** The servers' reports of an execution's steps, from the most complete source to the least. */
export interface StepSources {
  /** Oldest first. */
  readonly events: readonly RunEvent[];
  readonly status: ExecutionStatus | undefined;
  /** The step whose result NoETL could not store, if there is one. */
  readonly lostStep: string | undefined;
}

/**
 * The steps with their values. The Python server has a result whole in `/status` (unless it has a member `status`), and
 * in what it hands to later steps (`command.issued`); its events hold no nested values. The Rust server has it in its
 * events. Steps older than the events are there by name, with what `/status` holds.
 */
export function collectSteps(
  { events, status, lostStep }: StepSources,
  handed: readonly JsonObject[] = handedOn(events),
): readonly StepFacts[] {
  const lost = lostStep ?? stepOfFailedBatch(events);
  const seen = stepsOf(events).map((step) => ({
    ...step,
    value: valueOfStep(step, status?.variables, handed) ?? (step.name === lost ? lostValue : step.value),
  }));
  const known = new Set(seen.map(({ name }) => name));
  const older = (status?.completedSteps ?? []).filter((name) => !known.has(name)).reverse();
  return [...older.map((name) => olderStep(name, wholeValue(name, status?.variables, handed))), ...seen];
}

/**
 * References to what NoETL handed to later steps, newest first: above some 8 KB NoETL sends a reference here, too. Empty
 * unless a step is known only by an event that may have lost a part of its result.
 */
export function handedReferences({ events, status }: StepSources): readonly string[] {
  const handed = handedOn(events);
  const isPartial = ({ name, value }: StepFacts) =>
    value?.kind === 'value' &&
    wholeValue(name, status?.variables, handed) === undefined &&
    isJsonObject(value.value) &&
    Object.hasOwn(value.value, 'status') &&
    !Object.hasOwn(value.value, 'rows');
  if (status === undefined || !stepsOf(events).some(isPartial)) return [];
  return issued(events).flatMap(({ context }) => {
    const rendered = context?.['render_context'];
    const ref = isJsonObject(rendered) && rendered['kind'] === 'result_ref' ? rendered['ref'] : undefined;
    return typeof ref === 'string' ? [ref] : [];
  });
}

/** What was handed on, out of resolved references and inline. @param resolved whole `render_context`s, newest first */
export function handedWith(events: readonly RunEvent[], resolved: readonly unknown[]): readonly JsonObject[] {
  const contexts = resolved.map((each) => (isJsonObject(each) ? each['ctx'] : undefined)).filter(isJsonObject);
  return [...handedOn(events), ...contexts];
}

const lostValue: StepValue = { kind: 'lost' };

/** What is behind a reference is more than what later steps were given. */
function valueOfStep(
  { name, value }: StepFacts,
  variables: JsonObject | undefined,
  handed: readonly JsonObject[],
): StepValue | undefined {
  return wholeValue(name, variables, []) ?? (value?.kind === 'reference' ? value : wholeValue(name, undefined, handed));
}

/** A batch that NoETL could not work through names no step: it is the one that had ended just before. */
function stepOfFailedBatch(events: readonly RunEvent[]): string | undefined {
  const failed = events.findLastIndex(({ type }) => type === 'batch.failed');
  return failed < 0
    ? undefined
    : events.slice(0, failed).findLast(({ type }) => type === 'command.completed' || type === 'call.done')?.step;
}

const issued = (events: readonly RunEvent[]): readonly RunEvent[] =>
  events.filter(({ type }) => type === 'command.issued').reverse();

/** Results of earlier steps as the Python server hands them to later ones, newest first. */
function handedOn(events: readonly RunEvent[]): readonly JsonObject[] {
  return issued(events)
    .map(({ context }) => context?.['render_context'])
    .map((rendered) => (isJsonObject(rendered) ? rendered['ctx'] : undefined))
    .filter(isJsonObject);
}

function wholeValue(
  name: string,
  variables: JsonObject | undefined,
  handed: readonly JsonObject[],
): StepValue | undefined {
  const holder = [...(variables === undefined ? [] : [variables]), ...handed].find((each) => Object.hasOwn(each, name));
  return holder === undefined ? undefined : { kind: 'value', value: holder[name] };
}

function olderStep(name: string, value: StepValue | undefined): StepFacts {
  return {
    ...{ name, status: 'COMPLETED', startedAt: undefined, finishedAt: undefined, attempts: 1, lastSeenAt: undefined },
    ...{ error: undefined, childId: undefined, value },
  };
}
