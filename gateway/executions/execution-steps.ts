import { idText } from '../../plugins/json/lossless-json.ts';
import type { Mutable } from '../../plugins/mutable.ts';
import { notStored, plainReason, type Reason, reasonOf } from '../../plugins/noetl/failure-text.ts';
import { isJsonObject, type JsonObject, textMember } from '../../plugins/noetl/json-object.ts';
import type { ExecutionStatus } from './execution-read.ts';
import { LoopItems, type LoopValue, maxLoopReferences, type ReferenceBudget } from './loop-items.ts';
import { childOf, isListForm, lostOfLast, marked, without } from './result-forms.ts';
import { failedBatch, type RunEvent } from './run-event.ts';

/** States of a step as the gateway answers them. */
export type StepState = 'PENDING' | 'RUNNING' | 'COMPLETED' | 'FAILED' | 'SKIPPED' | 'CANCELLED';

/** One result as NoETL stores it. */
export type StoredValue =
  | {
      readonly kind: 'value';
      readonly value: unknown;
      /** It may have been more, since it has a member `status` or its step list form: see `marked`. */
      readonly isPart?: 'status' | 'list';
    }
  /** It has to be asked for: `GET /api/result/resolve?ref=`. `beside`: what the event holds beside it. */
  | {
      readonly kind: 'reference';
      readonly ref: string;
      readonly beside: JsonObject;
      /** The Rust server stores the tool's whole answer there, with the result in its `data`. */
      readonly isToolAnswer?: boolean;
    };

/** A step's result as NoETL stores it. */
export type StepValue =
  | StoredValue
  | LoopValue
  /** The step ended, and NoETL could not store its result. */
  | { readonly kind: 'lost'; readonly reason: Reason };

/** One step by NoETL's events. Times are milliseconds since the epoch. */
export interface StepFacts {
  readonly name: string;
  readonly status: StepState;
  readonly startedAt: number | undefined;
  readonly finishedAt: number | undefined;
  /** How often a worker began it; more than 1 after a worker died. Iterations of a loop are not attempts. */
  readonly attempts: number;
  /** The newest event of the step. */
  readonly lastSeenAt: number | undefined;
  /** Of a step that failed; and of one that completed where the playbook's policy went on after an error. */
  readonly error: Reason | undefined;
  /** The executions that it started, when it is a sub-playbook: in a loop one for each iteration, in the order of their ends. */
  readonly childIds: readonly string[];
  /** Of these, the first that failed. NoETL reports it in the child's state alone (Python). */
  readonly failedChild: string | undefined;
  /** No other step was started when it had ended, by events that report it (Python). */
  readonly isEnd: boolean;
  /** Its script gave a result of which NoETL's event has nothing (Python). */
  readonly isUnkept?: boolean;
  readonly value: StepValue | undefined;
}

/** Where the servers report an execution's steps, from the most complete source to the least. */
export interface StepSources {
  /** Oldest first. */
  readonly events: readonly RunEvent[];
  readonly status: ExecutionStatus | undefined;
  /** The step whose result NoETL could not store, if there is one. */
  readonly lostStep: string | undefined;
  /** Events of loops that go back further than `events`, oldest first. */
  readonly loopEvents?: readonly RunEvent[];
}

/**
 * The steps with their values. The Python server has a result whole in `/status` (unless it has a member `status`), and
 * in the context of later steps (`command.issued`); its events hold no nested values. The Rust server has it in its
 * events. Steps older than the events are there by name, with what `/status` holds.
 * @param contexts results by step name as later steps were given them, newest first
 */
export function collectSteps(
  { events, status, lostStep, loopEvents = [] }: StepSources,
  contexts: readonly JsonObject[] = stepContexts(events),
): readonly StepFacts[] {
  const variables = status?.variables;
  const lost = lostStep === undefined ? lostByBatch(events) : { step: lostStep, reason: plainReason(notStored) };
  const loops = new Map(stepsOf(loopEvents).map(({ name, value }) => [name, value]));
  const valueIn = ({ name, value }: StepFacts): StepValue | undefined => {
    const loop = [loops.get(name), value].find((each) => each?.kind === 'items');
    if (loop !== undefined) return loop;
    const inStatus = wholeValue(name, variables, []);
    // What is behind a reference is more than what later steps were given.
    if (inStatus !== undefined || value?.kind === 'reference') return inStatus ?? value;
    return (
      wholeValue(name, undefined, contexts) ?? (name === lost?.step ? { kind: 'lost', reason: lost.reason } : value)
    );
  };
  const steps = stepsOf(events)
    .map((step) => ({ ...step, value: valueIn(step) }))
    .map((step) => ({ ...step, error: step.error ?? handledError(step.value) }));
  const names = new Set(steps.map(({ name }) => name));
  const older = [...new Set(status?.completedSteps)].filter((name) => !names.has(name)).reverse();
  return [
    ...older.map((name): StepFacts => {
      const loop = loops.get(name);
      const value = loop?.kind === 'items' ? loop : wholeValue(name, variables, contexts);
      const child = value?.kind === 'value' ? childOf(value.value) : undefined;
      const step: StepFacts = { ...emptyStep(name), status: 'COMPLETED', attempts: 1, value };
      return child === undefined
        ? step
        : withChildren({ ...step, childIds: [child.id] }, child.hasFailed ? child.id : undefined);
    }),
    ...steps,
  ];
}

/**
 * References to the contexts of later steps, newest first: above some 8 KB NoETL sends a reference here, too. Empty
 * unless a step is known only by an event that may have lost a part of its result.
 */
export function contextReferences({ events, status }: StepSources): readonly string[] {
  const contexts = stepContexts(events);
  const isPartial = ({ name, value, isUnkept }: StepFacts) =>
    wholeValue(name, status?.variables, contexts) === undefined &&
    (isUnkept === true ||
      (value?.kind === 'value' &&
        isJsonObject(value.value) &&
        Object.hasOwn(value.value, 'status') &&
        !Object.hasOwn(value.value, 'rows')));
  if (status === undefined || !stepsOf(events).some(isPartial)) return [];
  return renderContexts(events).flatMap(({ kind, ref }) =>
    kind === 'result_ref' && typeof ref === 'string' ? [ref] : [],
  );
}

/** Contexts of later steps, inline and behind references. @param resolved whole `render_context`s, newest first */
export const contextsWith = (events: readonly RunEvent[], resolved: readonly unknown[]): readonly JsonObject[] => [
  ...stepContexts(events),
  ...resolved.map((each) => (isJsonObject(each) ? each['ctx'] : undefined)).filter(isJsonObject),
];

/** Results of earlier steps as the Python server gives them to later ones, newest first. */
const stepContexts = (events: readonly RunEvent[]): readonly JsonObject[] =>
  renderContexts(events)
    .map(({ ctx }) => ctx)
    .filter(isJsonObject);

const renderContexts = (events: readonly RunEvent[]): readonly JsonObject[] =>
  events
    .filter(({ type }) => type === 'command.issued')
    .map(({ context }) => context?.['render_context'])
    .filter(isJsonObject)
    .reverse();

/** A failed batch that names no step should have stored the result of the step whose end it held. */
function lostByBatch(events: readonly RunEvent[]): { readonly step: string; readonly reason: Reason } | undefined {
  const failed = failedBatch(events);
  if (failed === undefined || failed.step !== '') return undefined;
  const accepted = events.find(({ type, requestId }) => type === 'batch.accepted' && requestId === failed.requestId);
  const ids = accepted && contextOf(accepted)?.['event_ids'];
  const held = new Set((Array.isArray(ids) ? ids : []).map(idText));
  const ends = events
    .slice(0, events.indexOf(failed))
    .filter(({ type }) => type === 'command.completed' || type === 'call.done');
  const ended = ends.find(({ id }) => id !== undefined && held.has(id)) ?? ends.at(-1);
  const cause = reasonOf(failed.error, contextOf(failed));
  const reason = cause === undefined ? plainReason(notStored) : { ...cause, text: `${notStored}: ${cause.text}` };
  return ended && { step: ended.step, reason };
}

/** The step of an execution that is over: what it gave is lost where NoETL has nothing of it anywhere. */
export function withLost(step: StepFacts): StepFacts {
  if (step.isUnkept !== true || step.value !== undefined) return step;
  return { ...step, value: { kind: 'lost', reason: plainReason(`${notStored}: ${lostOfLast}`) } };
}

function wholeValue(
  name: string,
  variables: JsonObject | undefined,
  contexts: readonly JsonObject[],
): StepValue | undefined {
  const holder = [...(variables === undefined ? [] : [variables]), ...contexts].find((each) =>
    Object.hasOwn(each, name),
  );
  return holder === undefined ? undefined : { kind: 'value', value: holder[name] };
}

const emptyStep = (name: string): StepFacts => ({
  ...{ name, status: 'PENDING', startedAt: undefined, finishedAt: undefined, attempts: 0, lastSeenAt: undefined },
  ...{ error: undefined, childIds: [], failedChild: undefined, isEnd: false, value: undefined },
});

type Draft = Mutable<StepFacts> & {
  readonly starts: Map<string, number>;
  /** Whether it failed, by the child's id. */
  readonly children: Map<string, boolean>;
  /** The script of its newest command, of a list the last task's (Python). */
  code?: string | undefined;
  readonly loop: LoopItems;
};

/** @param events oldest first. @returns in the order of their start */
export function stepsOf(events: readonly RunEvent[]): readonly StepFacts[] {
  const drafts = new Map<string, Draft>();
  for (const event of events) {
    const apply = Object.hasOwn(effects, event.type) ? effects[event.type] : undefined;
    if (apply === undefined || event.step === '') continue;
    const draft = drafts.get(event.step) ?? {
      ...emptyStep(event.step),
      starts: new Map(),
      children: new Map(),
      loop: new LoopItems(),
    };
    drafts.set(event.step, draft);
    apply(draft, event);
    draft.lastSeenAt = event.at ?? draft.lastSeenAt;
  }
  if (events.some(({ type }) => type === 'execution.cancelled')) drafts.forEach(cancel);
  markEnds(events, drafts);
  const budget = { left: maxLoopReferences };
  return [...drafts.values()]
    .map((draft) => finished(draft, budget))
    .toSorted((a, b) => (a.startedAt ?? Infinity) - (b.startedAt ?? Infinity));
}

function finished({ starts, children, code: _, loop, ...facts }: Draft, budget: ReferenceBudget): StepFacts {
  const attempts = Math.max(facts.attempts, ...starts.values());
  const step = {
    ...facts,
    attempts,
    value: loop.value(budget) ?? facts.value,
    childIds: [...children.keys()],
  };
  const [failed] = [...children].find(([, hasFailed]) => hasFailed) ?? [];
  return withChildren(step, failed);
}

/** A reason of the gateway's own: why the child failed, only the child's execution has. */
const childFailed = { ...plainReason('the sub-playbook of this step failed'), code: 'SUB_PLAYBOOK_FAILED' };

/** A step has failed whose sub-playbook has, although NoETL goes on as after any other. */
function withChildren(step: StepFacts, failedChild: string | undefined): StepFacts {
  if (failedChild === undefined || (step.status !== 'COMPLETED' && step.status !== 'FAILED')) return step;
  return { ...step, status: 'FAILED', error: step.error ?? childFailed, failedChild };
}

function cancel(draft: Draft): void {
  if (draft.status === 'RUNNING' || draft.status === 'PENDING') draft.status = 'CANCELLED';
}

/** Marks the steps whose end started no other step. A server that names no causes has none. */
function markEnds(events: readonly RunEvent[], drafts: ReadonlyMap<string, Draft>): void {
  const stepOf = new Map(events.map(({ id, step }) => [id, step]));
  const pairs = events
    .filter(({ type, cause }) => type === 'command.issued' && cause !== undefined)
    .map(({ cause, step }) => [stepOf.get(cause) ?? '', step]);
  const sources = new Set(pairs.filter(([source, step]) => source !== step).map(([source = '']) => source));
  if (!drafts.keys().some((name) => sources.has(name))) return;
  for (const draft of drafts.values()) draft.isEnd = draft.status === 'COMPLETED' && !sources.has(draft.name);
}

function begin(draft: Draft, event: RunEvent): void {
  const { at, commandId, type } = event;
  draft.loop.begun(event);
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

function fail(draft: Draft, event: RunEvent, reason = reasonOf(event.error, contextOf(event))): void {
  end(draft, event);
  draft.status = 'FAILED';
  draft.error ??= reason;
  draft.loop.ended(event, undefined);
}

function contextOf({ result }: RunEvent): JsonObject | undefined {
  return isJsonObject(result?.['context']) ? result['context'] : undefined;
}

function done(draft: Draft, event: RunEvent): void {
  const rust = rustCall(event.result);
  if (rust?.error !== undefined) {
    fail(draft, event, rust.error);
    return;
  }
  end(draft, event);
  const value = rust === undefined ? pythonValue(event) : rustValue(rust.data);
  const child = value?.kind === 'value' ? childOf(value.value) : undefined;
  // A step that runs again has the child of its last run; iterations of a loop have one each.
  if (contextOf(event)?.['loop_event_id'] === undefined) draft.children.clear();
  if (child !== undefined) draft.children.set(child.id, child.hasFailed);
  draft.loop.ended(
    event,
    child?.hasFailed === true ? undefined : (value ?? { kind: 'value', value: undefined }),
    child?.id,
  );
  draft.value = (rust === undefined ? marked(value, draft.code) : value) ?? draft.value;
  draft.isUnkept = rust === undefined && value === undefined && /^ *result *=/m.test(draft.code ?? '');
  draft.error ??= rust?.handled;
}

/** `effects[type]` writes an event of that type into its step. */
const effects: Readonly<Record<string, (draft: Draft, event: RunEvent) => void>> = {
  'command.issued'(draft, event) {
    draft.loop.issued(event);
    draft.code = codeIn(event.context?.['tool_config']);
    if (draft.status === 'FAILED') draft.status = 'PENDING';
  },
  'command.claimed': begin,
  'command.started': begin,
  'step.enter'(draft, event) {
    draft.loop.entered(event);
    begin(draft, event);
  },
  'call.done': done,
  'call.error': (draft, event) => fail(draft, event),
  'command.failed': (draft, event) => fail(draft, event),
  'batch.failed': (draft, event) => fail(draft, event),
  'command.completed': end,
  'step.exit': end,
  step_exit: end,
  step_completed: end,
  'step.skipped'(draft) {
    draft.status = 'SKIPPED';
  },
  'loop.done'(draft, event) {
    end(draft, event);
    draft.loop.done(event);
    const result = event.context?.['result'];
    if (result !== undefined) draft.value = { kind: 'value', value: result };
  },
};

function codeIn(tool: unknown): string | undefined {
  if (!isJsonObject(tool)) return undefined;
  const { tasks } = tool;
  return Array.isArray(tasks) ? codeIn(tasks.at(-1)) : textMember(tool, 'code');
}

/** Members that NoETL adds to a step's result in its events. */
const additions = ['command_id', 'worker_id', 'loop_event_id'];

/** The Python server stores scalars of a result, rows of SQL up to 16, and a reference to what is larger. */
function pythonValue({ result, isList }: RunEvent): StoredValue | undefined {
  const context = isJsonObject(result?.['context']) ? without(result['context'], additions) : {};
  const reference = result?.['reference'];
  const ref = isJsonObject(reference) ? textMember(reference, 'ref') : undefined;
  if (ref !== undefined) return { kind: 'reference', ref, beside: context };
  // Of a bare number, text or list the event reports only that there was one.
  const names = Object.keys(context);
  if (names.length === 0 || (names.length === 1 && context['status'] === 'COMPLETED')) return undefined;
  // Of a list of tasks the last one's result, and members of NoETL beside it.
  if (isList && !names.includes('_prev')) return undefined;
  return { kind: 'value', value: context };
}

/** The Rust server stores results whole, at `result.context.result.context.data`. */
function rustCall(result: JsonObject | undefined): RustCall | undefined {
  const outer = isJsonObject(result?.['context']) ? result['context']['result'] : undefined;
  if (!isJsonObject(outer) || !isJsonObject(outer['context'])) return undefined;
  const inner = outer['context'];
  if (![outer, inner].some(({ status }) => status === 'error' || status === 'timeout')) {
    const { data, exit_code: code } = inner;
    // The policy of the step went on after a program that failed.
    const handled = typeof code === 'number' && code !== 0 ? rustReason(inner) : undefined;
    return { data: isOutputOnly(inner) ? null : data, error: undefined, handled };
  }
  return { data: undefined, error: rustReason(inner), handled: undefined };
}

interface RustCall {
  readonly data: unknown;
  readonly error: Reason | undefined;
  readonly handled: Reason | undefined;
}

/** The reason of a program is what it wrote; its error is then `Command exited with code 1`. An answer over HTTP has its status. */
function rustReason(inner: JsonObject): Reason | undefined {
  const error = textMember(inner, 'error') ?? '';
  const wrote = /^$|exited with code \d+$/.test(error) ? textMember(inner, 'stderr') : undefined;
  const status = /^HTTP (\d{3}) response$/.exec(error)?.[1];
  return reasonOf(wrote ?? error, { ...inner, ...(status !== undefined && { status_code: Number(status) }) });
}

/** A script that gives nothing has its output in the place of a result. */
function isOutputOnly({ data, stdout, stderr }: JsonObject): boolean {
  if (!isJsonObject(data) || typeof stdout !== 'string' || typeof stderr !== 'string') return false;
  return Object.keys(data).length === 2 && data['stdout'] === stdout && data['stderr'] === stderr;
}

function rustValue(data: unknown): StoredValue {
  const ref = isJsonObject(data) && Object.keys(data).length === 1 ? idText(data['_ref']) : undefined;
  return ref === undefined
    ? { kind: 'value', value: data }
    : { kind: 'reference', ref, beside: {}, isToolAnswer: true };
}

/**
 * A step in list form goes on after an error where its policy allows it. Only later steps are given the outcome of its
 * tasks, and never the error. A task that was tried again with success has no error.
 */
function handledError(value: StepValue | undefined): Reason | undefined {
  const whole = value?.kind === 'value' && isJsonObject(value.value) ? value.value : {};
  const metrics = isJsonObject(whole['metrics']) ? whole['metrics'] : {};
  const tasks = Array.isArray(metrics['tasks']) ? metrics['tasks'].filter(isJsonObject) : [];
  const ends = new Map(tasks.map(({ name, status }) => [name, status]));
  const [failed] = [...ends].find(([, status]) => status === 'error') ?? [];
  return typeof failed !== 'string' || !isListForm(Object.keys(whole))
    ? undefined
    : plainReason(
        `task "${failed}" reported an error, which the policy of the playbook handled; NoETL keeps no reason of it`,
      );
}
