import { idText } from '../../plugins/json/lossless-json.ts';
import { failureSentence } from '../../plugins/noetl/failure-text.ts';
import { isJsonObject, type JsonObject, textMember } from '../../plugins/noetl/json-object.ts';
import type { RunEvent } from './run-event.ts';
import { childIdOf, type KeptValue, type StepValue, withoutAdditions } from './step-value.ts';

/** States of a step as the gateway answers them. */
export type StepState = 'PENDING' | 'RUNNING' | 'COMPLETED' | 'FAILED' | 'SKIPPED' | 'CANCELLED';

/** The facts of one step by NoETL's events. Times are milliseconds since the epoch. */
export interface StepFacts {
  readonly name: string;
  readonly status: StepState;
  readonly startedAt: number | undefined;
  readonly finishedAt: number | undefined;
  /** How often a worker began it; more than 1 after a worker died. Iterations of a loop are not attempts. */
  readonly attempts: number;
  /** The newest event of the step. */
  readonly lastSeenAt: number | undefined;
  /** The error of a failed step: one sentence, cleaned. */
  readonly error: string | undefined;
  /** The execution that it started, when it is a sub-playbook. */
  readonly childId: string | undefined;
  readonly value: StepValue | undefined;
}

type Draft = { -readonly [K in keyof StepFacts]: StepFacts[K] } & {
  readonly starts: Map<string, number>;
  /** Iterations of a loop by index, where a server keeps each; undefined: it failed. */
  readonly items: Map<number, KeptValue | undefined>;
};

/** @param events oldest first. @returns in the order of their start */
export function stepsOf(events: readonly RunEvent[]): readonly StepFacts[] {
  const drafts = new Map<string, Draft>();
  for (const event of events) {
    const apply = Object.hasOwn(effects, event.type) ? effects[event.type] : undefined;
    if (apply === undefined || event.step === '') continue;
    const draft = drafts.get(event.step) ?? emptyDraft(event.step);
    drafts.set(event.step, draft);
    apply(draft, event);
    draft.lastSeenAt = event.at ?? draft.lastSeenAt;
  }
  if (events.some(({ type }) => type === 'execution.cancelled')) drafts.forEach(cancel);
  return [...drafts.values()].map(finished).toSorted((a, b) => (a.startedAt ?? Infinity) - (b.startedAt ?? Infinity));
}

function emptyDraft(name: string): Draft {
  return {
    ...{ name, status: 'PENDING', startedAt: undefined, finishedAt: undefined, attempts: 0, lastSeenAt: undefined },
    ...{ error: undefined, childId: undefined, value: undefined, starts: new Map(), items: new Map() },
  };
}

function finished({ starts, items, ...facts }: Draft): StepFacts {
  const attempts = Math.max(facts.attempts, ...starts.values());
  // The Rust server writes a result for each iteration; a single one is the step's own.
  return { ...facts, attempts, value: items.size > 1 ? itemsOf(items) : facts.value };
}

function cancel(draft: Draft): void {
  if (draft.status === 'RUNNING' || draft.status === 'PENDING') draft.status = 'CANCELLED';
}

function begin(draft: Draft, { at, commandId, type }: RunEvent): void {
  draft.status = 'RUNNING';
  draft.startedAt ??= at;
  draft.finishedAt = undefined;
  draft.error = undefined;
  if (type === 'command.started' && commandId !== undefined) {
    draft.starts.set(commandId, (draft.starts.get(commandId) ?? 0) + 1);
  }
  draft.attempts ||= 1;
}

function end(draft: Draft, { at, result }: RunEvent): void {
  draft.finishedAt = at ?? draft.finishedAt;
  draft.startedAt ??= at;
  if (result !== undefined && textMember(result, 'status')?.toUpperCase() === 'FAILED') draft.status = 'FAILED';
  if (draft.status !== 'FAILED') draft.status = 'COMPLETED';
}

function fail(draft: Draft, event: RunEvent): void {
  end(draft, event);
  draft.status = 'FAILED';
  draft.error ??= event.error === undefined ? undefined : failureSentence(event.error);
}

function done(draft: Draft, event: RunEvent): void {
  const rust = rustCall(event.result);
  if (rust === undefined) {
    end(draft, event);
    keep(draft, pythonValue(event.result));
    return;
  }
  const index = iterationOf(event.commandId);
  const value = rust.error === undefined ? rustValue(rust.data) : undefined;
  if (index !== undefined) draft.items.set(index, value);
  if (rust.error !== undefined) {
    fail(draft, { ...event, error: rust.error });
  } else {
    end(draft, event);
    keep(draft, value);
  }
}

/** In the order of the loop, not in the order in which its iterations ended. */
function itemsOf(items: Draft['items']): StepValue {
  const inOrder = [...items].toSorted(([a], [b]) => a - b).map(([, value]) => value);
  const kept = inOrder.filter((value) => value !== undefined);
  return { kind: 'items', items: kept, failed: inOrder.length - kept.length };
}

function keep(draft: Draft, value: StepValue | undefined): void {
  if (value === undefined) return;
  draft.value = value;
  draft.childId = value.kind === 'value' ? (childIdOf(value.value) ?? draft.childId) : draft.childId;
}

/** An iteration's command on the Rust server ends in `:i0`, `:i1`, … */
function iterationOf(commandId: string | undefined): number | undefined {
  const index = /:i(\d{1,9})$/.exec(commandId ?? '')?.[1];
  return index === undefined ? undefined : Number(index);
}

/** `effects[type]` writes an event of that type into its step. */
const effects: Readonly<Record<string, (draft: Draft, event: RunEvent) => void>> = {
  'command.issued'(draft) {
    if (draft.status === 'FAILED') draft.status = 'PENDING';
  },
  'command.claimed': begin,
  'command.started': begin,
  'step.enter': begin,
  'call.done': done,
  'call.error': fail,
  'command.failed': fail,
  'command.completed': end,
  'step.exit': end,
  step_exit: end,
  step_completed: end,
  'step.skipped'(draft) {
    draft.status = 'SKIPPED';
  },
  'loop.done'(draft, event) {
    end(draft, event);
    const result = event.context?.['result'];
    if (result !== undefined) draft.value = { kind: 'value', value: result };
  },
};

/** The Python server keeps scalars of a result, rows of SQL up to 16, and a reference to what is larger. */
function pythonValue(result: JsonObject | undefined): StepValue | undefined {
  const context = isJsonObject(result?.['context']) ? withoutAdditions(result['context']) : {};
  const reference = result?.['reference'];
  const ref = isJsonObject(reference) ? textMember(reference, 'ref') : undefined;
  if (ref !== undefined) return { kind: 'reference', ref, beside: context };
  // Of a bare number, text or list the event reports only that there was one.
  const names = Object.keys(context);
  if (names.length === 0 || (names.length === 1 && context['status'] === 'COMPLETED')) return undefined;
  return { kind: 'value', value: context };
}

/** The Rust server keeps results whole, at `result.context.result.context.data`. */
function rustCall(result: JsonObject | undefined): { data: unknown; error: string | undefined } | undefined {
  const outer = isJsonObject(result?.['context']) ? result['context']['result'] : undefined;
  if (!isJsonObject(outer) || !isJsonObject(outer['context'])) return undefined;
  const inner = outer['context'];
  if (textMember(outer, 'status') !== 'error' && textMember(inner, 'status') !== 'error') {
    return { data: isOutputOnly(inner) ? null : inner['data'], error: undefined };
  }
  return { data: undefined, error: textMember(inner, 'stderr') ?? textMember(inner, 'error') ?? 'the step failed' };
}

/** A script that gives nothing has its output in the place of a result. */
function isOutputOnly({ data, stdout, stderr }: JsonObject): boolean {
  if (!isJsonObject(data) || typeof stdout !== 'string' || typeof stderr !== 'string') return false;
  return Object.keys(data).length === 2 && data['stdout'] === stdout && data['stderr'] === stderr;
}

function rustValue(data: unknown): KeptValue {
  const ref = isJsonObject(data) && Object.keys(data).length === 1 ? idText(data['_ref']) : undefined;
  return ref === undefined
    ? { kind: 'value', value: data }
    : { kind: 'reference', ref, beside: {}, isToolAnswer: true };
}
