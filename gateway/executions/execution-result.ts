import { setTimeout as wait } from 'node:timers/promises';
import { Cache } from '../../plugins/cache.ts';
import { GatewayError } from '../../plugins/errors.ts';
import { approximateBytes, heapBytes } from '../../plugins/json/approximate-bytes.ts';
import {
  type ErrorView,
  failedText,
  failureText,
  notStored,
  plainReason,
  type Reason,
} from '../../plugins/noetl/failure-text.ts';
import { createMask, type IsSecretName, noSecretNames } from '../../plugins/noetl/hidden-values.ts';
import { isJsonObject, type JsonObject } from '../../plugins/noetl/json-object.ts';
import { compilePattern } from '../../plugins/noetl-auth/access/pattern.ts';
import { cached, once } from '../../plugins/single-flight.ts';
import type { Asking } from '../calls/root-fields.ts';
import type { Snapshot } from './execution-end.ts';
import type { ExecutionReads, ExecutionStatus } from './execution-read.ts';
import {
  collectSteps,
  contextReferences,
  contextsWith,
  type StepFacts,
  type StepValue,
  type StoredValue,
  withLost,
} from './execution-steps.ts';
import { failedMark, type LoopItem, type LoopValue, partMark, withWhole } from './loop-items.ts';
import { isChildStart, isLoopSummary, isNoResult, keptOfLast, saysNothing, unwrapped } from './result-forms.ts';
import { byId, decodeRunEvents, isOfLoop, type RunEvent } from './run-event.ts';

/** Whether reasons of failures stay in NoETL, and the roles that read them as NoETL stored them. */
export type ErrorRule = 'shown' | 'hidden' | { readonly full: readonly string[] };

/** The config's rule for the results of some playbooks. Paths are dotted: `data.rows.0.id`. */
export interface ResultRule {
  /** The step whose result is the playbook's. */
  readonly step?: string | undefined;
  /** Which part of that step's result. */
  readonly path?: string | undefined;
  /** Which part of that step's result is `textOutput`. */
  readonly text?: string | undefined;
  /** Default: the config's setting for all playbooks. */
  readonly errors?: ErrorRule | undefined;
  /** `shown`: members that are secrets by name are not masked. Default `masked`. */
  readonly secrets?: 'shown' | 'masked' | undefined;
}

/** Finds the config's rule for a playbook: an exact path first, then the first pattern that matches. */
export type ResultRules = (path: string | undefined) => ResultRule;

const noRule: ResultRule = {};

/** @param rules by catalog path or pattern (`api_integration/*`) */
export function compileResultRules(rules: Readonly<Record<string, ResultRule>> = {}): ResultRules {
  const patterns = Object.entries(rules).map(([pattern, rule]) => ({ matches: compilePattern(pattern), rule }));
  return (path) => {
    if (path === undefined) return noRule;
    if (Object.hasOwn(rules, path)) return rules[path] ?? noRule;
    return patterns.find(({ matches }) => matches(path))?.rule ?? noRule;
  };
}

/** A step that failed, and why, for callers. */
export interface Failure {
  readonly step: string;
  readonly message: string;
  readonly code: string | null;
  readonly httpStatus: number | null;
  readonly retryable: boolean | null;
}

/** The result of an execution. `step` undefined: the results of all steps, by name. */
export interface Produced {
  readonly value: unknown;
  readonly step: string | undefined;
}

/** The result of a step is known to be lost. */
export class ResultLost extends Error {
  readonly step: string;
  constructor(step: string, { text }: Reason) {
    super(failureText(text));
    this.step = step;
  }
}

/** The result as JSON in UTF-8, and about how many bytes the value takes. */
export interface ResultJson {
  readonly json: Buffer;
  readonly bytes: number;
}

type Serialize = (value: unknown) => unknown;

export interface OutcomeOptions {
  readonly reads: Pick<ExecutionReads, 'withEvents' | 'eventsOfType' | 'status' | 'resolve'>;
  readonly results: ResultRules;
  readonly isSecret: IsSecretName;
  /** For playbooks without a rule of their own. */
  readonly errors: ErrorRule;
  /** Counts the bytes that were read with a snapshot. */
  readonly count: (snapshot: Snapshot, bytes: number) => void;
  /** Called for each call that was made beyond the snapshot's own. */
  readonly spent: (snapshot: Snapshot, calls: number) => void;
}

/** How a caller with these roles reads errors of the playbook on that path. */
export function errorViewOf(
  { results, errors }: Pick<OutcomeOptions, 'results' | 'errors'>,
  path: string | undefined,
  roles: readonly string[] = [],
): ErrorView {
  const rule = results(path).errors ?? errors;
  if (typeof rule === 'string') return rule;
  return roles.some((role) => rule.full.includes(role)) ? 'full' : 'shown';
}

const eventsForSteps = 500;
/** Of the contexts of later steps: each holds the results of all steps before, the newest the most. */
const maxContexts = 2;
/** A larger JSON is written each time, bytes. */
const maxJson = 1024 * 1024;

/**
 * What an execution resulted in, by one snapshot. Each part is read from NoETL when it is first asked for, once for all
 * who ask; the bytes of what was read count with the snapshot.
 */
export class Outcome {
  readonly #snapshot: Snapshot;
  readonly #asking: Asking;
  readonly #options: OutcomeOptions;
  readonly #rule: ResultRule;
  readonly #bytes = new Map<string, number>();
  readonly #references = new Cache<string, Promise<unknown>>({ max: maxReferences });
  readonly #events = once(() => this.#readEvents());
  #hasAllEvents = true;
  #hasSteps = false;
  #json: (ResultJson & { readonly serialize: Serialize }) | undefined;

  constructor(snapshot: Snapshot, asking: Asking, options: OutcomeOptions) {
    this.#snapshot = snapshot;
    this.#asking = asking;
    this.#options = options;
    this.#rule = options.results(snapshot.detail.path);
  }

  /** The steps as the events report them: without results that only `/status` holds. */
  readonly facts = once(async (): Promise<readonly StepFacts[]> => {
    const steps = collectSteps({ events: await this.#events(), status: undefined, lostStep: this.#lostStep });
    return this.#withSteps('facts', steps);
  });

  /** The steps with their results. */
  readonly steps = once(async (): Promise<readonly StepFacts[]> => {
    this.#hasSteps = true;
    const { over, sources } = this.#snapshot;
    if (over === undefined) this.#options.spent(this.#snapshot, 1);
    const [events, status] = await Promise.all([this.#events(), this.#readStatus()]);
    const loopEvents = await this.#readLoopEvents(events, status);
    const reports = { events, status, lostStep: this.#lostStep, loopEvents };
    const references = contextReferences(reports).slice(0, maxContexts);
    const contexts = contextsWith(events, await Promise.all(references.map((ref) => this.#resolve(ref))));
    const collected = collectSteps(reports, contexts);
    const steps = over === undefined ? collected : collected.map(withLost);
    if (over !== undefined) Object.assign(sources, { newest: undefined, status: undefined });
    return this.#withSteps('steps', steps);
  });

  /** Null unless the execution completed. @throws ResultLost, ERR_UPSTREAM… */
  readonly produced = once(async (): Promise<Produced | null> => {
    const isCompleted = this.#snapshot.over?.end === 'COMPLETED';
    return this.#counted('result', isCompleted ? await producedBy(await this.#parts()) : null);
  });

  readonly text = once(async (): Promise<string | null> => {
    const produced = await this.produced();
    return produced === null ? null : resultText(await this.#parts(), produced);
  });

  /** The result as JSON, of which the last one is held for as long as the outcome. */
  async json(serialize: Serialize): Promise<ResultJson> {
    const produced = await this.produced();
    if (this.#json?.serialize === serialize) return this.#json;
    const value = produced?.value ?? null;
    const json = Buffer.from(JSON.stringify(value === null ? null : serialize(value)));
    const written = { serialize, json, bytes: approximateBytes(value) };
    if (produced !== null && json.length <= maxJson) {
      this.#json = written;
      this.#counted('json', json);
    }
    return written;
  }

  /** A step's own result; undefined when NoETL has no result. @throws ResultLost, ERR_UPSTREAM… */
  async stepResult(step: StepFacts): Promise<unknown> {
    return stepResult(step, await this.#parts());
  }

  /**
   * The step that failed first, else the one whose result is lost; undefined: none, or the execution completed anyway.
   * It may complete after a sub-playbook that failed, which is named, too.
   */
  async failedStep(): Promise<StepFacts | undefined> {
    const { over, detail } = this.#snapshot;
    if (over?.end !== 'COMPLETED') return failedOf(await this.facts());
    if (detail.server === 'rust') return undefined;
    // Of a finished execution the events are let go with the steps: they would be read again.
    const steps = await (this.#hasSteps ? this.steps() : this.facts());
    return steps.find(({ failedChild }) => failedChild !== undefined);
  }

  /** Null when there is no {@link failedStep}. */
  async failure(view: ErrorView): Promise<Failure | null> {
    const step = await this.failedStep();
    return step === undefined ? null : failureOf(step, view);
  }

  /** How a caller with these roles reads errors. */
  errorView(roles: readonly string[]): ErrorView {
    return errorViewOf(this.#options, this.#snapshot.detail.path, roles);
  }

  get #lostStep(): string | undefined {
    const { over } = this.#snapshot;
    return over?.isResultLost === true ? over.lastStep : undefined;
  }

  async #parts(): Promise<OutcomeParts> {
    const mask = createMask(this.#rule.secrets === 'shown' ? noSecretNames : this.#options.isSecret);
    const resolve: OutcomeParts['resolve'] = (ref, step) => this.#resolve(ref, step);
    const lastStep = this.#snapshot.over?.lastStep;
    return { steps: await this.steps(), lastStep, rule: this.#rule, resolve, mask };
  }

  /** Counts the steps. Of a finished execution they stay, and not the events that they were made of. */
  #withSteps(part: string, steps: readonly StepFacts[]): readonly StepFacts[] {
    if (this.#snapshot.over !== undefined) this.#events.forget();
    this.#counted(part, steps);
    return this.errorView([]) === 'hidden' ? steps.map(withoutReason) : steps;
  }

  #counted<T>(part: string, value: T): T {
    this.#bytes.set(part, Buffer.isBuffer(value) ? value.length : heapBytes(value));
    const sum = this.#bytes.values().reduce((all, each) => all + each, 0);
    this.#options.count(this.#snapshot, sum);
    return value;
  }

  async #readEvents(): Promise<readonly RunEvent[]> {
    const { sources, detail, over } = this.#snapshot;
    // The snapshot has them all; a run with more needs another read.
    if (sources.newest?.hasAllEvents === true) return decodeRunEvents(sources.newest.events);
    this.#options.spent(this.#snapshot, 1);
    const { events, hasAllEvents } = await this.#options.reads.withEvents(detail.id, eventsForSteps, this.#asking);
    const decoded = decodeRunEvents(events);
    this.#hasAllEvents = hasAllEvents;
    return over === undefined ? this.#counted('events', decoded) : decoded;
  }

  /** A loop of the Python server has 13 events for each iteration: of a long run the two types that hold its items are read alone. */
  async #readLoopEvents(
    events: readonly RunEvent[],
    status: ExecutionStatus | undefined,
  ): Promise<readonly RunEvent[]> {
    const { id, server } = this.#snapshot.detail;
    const hasLoop =
      events.some(isOfLoop) ||
      Object.values(status?.variables ?? {}).some((value) => isJsonObject(value) && isLoopSummary(value));
    if (this.#hasAllEvents || server === 'rust' || !hasLoop) return [];
    this.#options.spent(this.#snapshot, 2);
    const read = (type: string) => this.#options.reads.eventsOfType(id, type, this.#asking);
    const [issued, done] = await Promise.all([read('command.issued'), read('call.done')]);
    return byId([...decodeRunEvents(issued), ...decodeRunEvents(done), ...events]);
  }

  /** Results are in `/status` on the Python server, in the events on the Rust server. */
  async #readStatus(): Promise<ExecutionStatus | undefined> {
    const { detail, over, sources } = this.#snapshot;
    if (detail.server === 'rust') return undefined;
    const read = () => this.#options.reads.status(detail.id, this.#asking);
    return sources.status ?? statusNaming(over?.lastStep, read);
  }

  #resolve(ref: string, step?: string): Promise<unknown> {
    const { reads } = this.#options;
    const read = async () => {
      const whole = await reads.resolve(this.#snapshot.detail.id, ref, this.#asking);
      return this.#counted(`${ref} ${step}`, step === undefined ? whole : resultIn(whole, step));
    };
    return cached(this.#references, `${ref} ${step}`, read);
  }
}

/** NoETL's engine may lag its own terminal event for a moment: `/status` is read again until it names the last step. */
async function statusNaming(
  step: string | undefined,
  read: () => Promise<ExecutionStatus | undefined>,
): Promise<ExecutionStatus | undefined> {
  for (const pauseMs of [100, 400, 0]) {
    const status = await read();
    const names = [status?.currentStep, ...(status?.completedSteps ?? [])];
    if (pauseMs === 0 || step === undefined || status === undefined || names.includes(step)) return status;
    await wait(pauseMs);
  }
  return undefined;
}

/** `ctx` of a context, with that step's result alone. */
function resultIn(context: unknown, step: string): JsonObject {
  const ctx = isJsonObject(context) ? context['ctx'] : undefined;
  return isJsonObject(ctx) && Object.hasOwn(ctx, step) ? { [step]: ctx[step] } : {};
}

/** The inputs of a result. */
export interface OutcomeParts {
  readonly steps: readonly StepFacts[];
  /** The step that ended last; undefined while the execution runs. */
  readonly lastStep: string | undefined;
  readonly rule: ResultRule;
  /**
   * Asks NoETL for what is behind a reference; of a context for its `ctx`, where no more than the result of `step` is held.
   * @throws when it cannot find out
   */
  readonly resolve: (ref: string, step?: string) => Promise<unknown>;
  /** Masks secrets, unless the rule shows them. */
  readonly mask: (value: unknown) => unknown;
}

/**
 * The result of an execution that completed, without guessing: (1) the step and path that the config names; (2) else the
 * last step's own result, or of several steps that end the run the results by name; (3) where the last step only ends
 * the run, the results of all steps by name.
 * @throws {@link ResultLost} when NoETL could not store the last step's result; ERR_RESULT_TOO_LARGE for (3) with more than
 * {@link maxReferences} large results
 */
export async function producedBy(parts: OutcomeParts): Promise<Produced> {
  const { steps, lastStep, rule } = parts;
  const named = steps.find(({ name }) => name === (rule.step ?? lastStep));
  const partOf = (value: unknown, step: string | undefined): Produced => ({
    value: at(value, rule.path) ?? null,
    step,
  });
  if (rule.step !== undefined) return partOf(named && (await stepResult(named, parts)), rule.step);
  if (named?.status === 'FAILED') return { value: null, step: named.name };
  const own = named && (await stepResult(named, parts));
  if (named === undefined || saysEnd(own)) return partOf(await valuesByName(steps, parts), undefined);
  const ends = steps.filter((step) => step.isEnd || step === named);
  const values = ends.length === 1 ? {} : await valuesByName(ends, parts);
  return Object.keys(values ?? {}).length > 1 ? partOf(values, undefined) : partOf(own, named.name);
}

/** @returns undefined when none of the steps gave anything */
async function valuesByName(all: readonly StepFacts[], parts: OutcomeParts): Promise<JsonObject | undefined> {
  const steps = all.filter(({ status }) => status !== 'FAILED');
  assertReadable(steps);
  const values = await Promise.all(
    steps.map(async (step) => [step, step.value?.kind === 'lost' ? undefined : await stepResult(step, parts)] as const),
  );
  const found = values.flatMap(([{ name, error }, value]) => {
    // A step whose error was handled gave nothing, which NoETL stores as null.
    const isNothing = saysNothing(value) || isEmpty(value) || (value === null && error !== undefined);
    return isNothing ? [] : [[name, value] as const];
  });
  return found.length === 0 ? undefined : Object.fromEntries(found);
}

/** The last step's `{}` is its result; among the results of all steps it adds nothing. */
function isEmpty(value: unknown): boolean {
  return isJsonObject(value) && Object.keys(value).length === 0;
}

/** A step's own result, unwrapped and masked; undefined when NoETL has no result. @throws {@link ResultLost} */
export async function stepResult(step: StepFacts, parts: OutcomeParts): Promise<unknown> {
  const { value } = step;
  if (value?.kind === 'lost') throw new ResultLost(step.name, value.reason);
  if (value === undefined) return undefined;
  if (value.kind === 'items') return parts.mask(await loopValue(value, parts));
  const own = parts.mask(await plainValue(value, parts));
  const isPart = value.kind === 'value' ? value.isPart : undefined;
  if (isPart === undefined) return own;
  return { ...(isJsonObject(own) ? own : {}), ...partMark, _note: keptOfLast[isPart] };
}

/** What a last step only says of its end, although it may have given more. */
const saysEnd = (value: unknown): boolean => {
  if (!isJsonObject(value)) return saysNothing(value);
  const { _truncated: isPart, _note: _, ...own } = value;
  return saysNothing(isPart === true ? own : value);
};

/** @throws ERR_RESULT_TOO_LARGE beyond the references that are read */
async function loopValue(loop: LoopValue, parts: OutcomeParts): Promise<JsonObject> {
  if (referencesIn(loop) > maxReferences) {
    throw tooManyLarge('a loop', 'let a later step of the playbook gather what is needed');
  }
  // One after the other: a context holds the results of all steps before it.
  const items: ItemValue[] = [];
  for (const item of loop.items) items.push(await itemValue(item, parts));
  return {
    items: items.map(({ value }) => value),
    total: loop.total,
    kept: items.filter(({ isWhole }) => isWhole).length,
    failed: loop.items.filter(({ state }) => state === 'failed').length,
  };
}

interface ItemValue {
  readonly value: unknown;
  readonly isWhole: boolean;
}

async function itemValue(item: LoopItem, parts: OutcomeParts): Promise<ItemValue> {
  if (item.state === 'failed') {
    const { childId } = item;
    return { value: { ...failedMark, ...(childId !== undefined && { execution_id: childId }) }, isWhole: false };
  }
  const { value, ...more } = await wholeItem(item, parts);
  const own = await plainValue(value, parts);
  // Of a sub-playbook that was only started there is no more than its id.
  const isStarted = value.kind === 'value' && isJsonObject(value.value) && isChildStart(value.value);
  if (isNoResult(own)) return { value: null, isWhole: true };
  const isWhole = more.state === 'whole' || isStarted;
  return { value: isWhole ? own : { ...(isJsonObject(own) ? own : {}), ...partMark }, isWhole };
}

async function wholeItem(
  item: Exclude<LoopItem, { state: 'failed' }>,
  { resolve }: OutcomeParts,
): Promise<typeof item> {
  if (item.state === 'whole' || item.within === undefined) return item;
  const { ref, step } = item.within;
  const found = await resolve(ref, step);
  return isJsonObject(found) && Object.hasOwn(found, step) ? withWhole(item, found[step]) : item;
}

async function plainValue(value: StoredValue, parts: OutcomeParts): Promise<unknown> {
  if (value.kind === 'value') return unwrapped(value.value);
  const whole = await parts.resolve(value.ref);
  if (whole === undefined) return unwrapped(value.beside);
  if (value.isToolAnswer === true && isToolAnswer(whole)) return unwrapped(whole['data']);
  // Of an SQL step the reference holds the rows alone.
  const isRows = Array.isArray(whole) && Object.hasOwn(value.beside, 'row_count');
  return isRows ? { rows: whole, row_count: value.beside['row_count'] } : unwrapped(whole);
}

const isToolAnswer = (whole: unknown): whole is JsonObject =>
  isJsonObject(whole) && ['data', 'duration_ms', 'status'].every((name) => Object.hasOwn(whole, name));

/** Large results, which NoETL stores behind references, that are read for one answer: each costs a call. */
export const maxReferences = 16;

/** How many references a step's value has. */
export function referencesIn(value: StepValue | undefined): number {
  if (value?.kind === 'items') {
    // What a reference of the Python server holds is left out beyond a bound of its own.
    return value.items.filter((item) => item.state !== 'failed' && isToolReference(item.value)).length;
  }
  return value?.kind === 'reference' ? 1 : 0;
}

const isToolReference = (value: StoredValue): boolean => value.kind === 'reference' && value.isToolAnswer === true;

/** @throws ERR_RESULT_TOO_LARGE when together they have more than {@link maxReferences}; nothing is left out in silence */
export function assertReadable(steps: readonly StepFacts[]): void {
  const count = steps.reduce((sum, step) => sum + referencesIn(step.value), 0);
  if (count > maxReferences) throw tooManyLarge('the steps', 'select single steps with steps(names: […])');
}

const tooManyLarge = (what: string, advice: string): GatewayError =>
  new GatewayError(
    'ERR_RESULT_TOO_LARGE',
    `${what} gave more than the ${maxReferences} large results that the gateway reads for one answer; ${advice}`,
  );

/** The text of a result: what the config names, a result that is text, else the first member that holds one. */
export async function resultText(parts: OutcomeParts, produced: Produced): Promise<string | null> {
  const { steps, rule } = parts;
  if (rule.text !== undefined) {
    const named = steps.find(({ name }) => name === (rule.step ?? produced.step));
    const text = named === undefined ? produced.value : await stepResult(named, parts);
    return textIn(at(text, rule.text));
  }
  if (produced.step !== undefined || !isJsonObject(produced.value)) return textOf(produced.value);
  const texts = Object.entries(produced.value).map(([name, value]) =>
    // A `message` of the first step greets: the run went on after it.
    name === steps[0]?.name && isJsonObject(value) ? textOf({ ...value, message: undefined }) : textOf(value),
  );
  return firstText(texts.reverse());
}

/** Members that carry a result's text for people, by rank. */
const textMembers = ['textOutput', 'text_output', 'summary_text', 'summary', 'answer', 'response', 'message'];

function textOf(value: unknown): string | null {
  if (!isJsonObject(value)) return textIn(value);
  return firstText(textMembers.map((name) => textIn(Object.hasOwn(value, name) ? value[name] : undefined)));
}

const firstText = (texts: readonly (string | null)[]): string | null => texts.find((text) => text !== null) ?? null;

const textIn = (value: unknown): string | null => (typeof value === 'string' && value.trim() !== '' ? value : null);

/** A step as callers see it where reasons stay in NoETL. */
const withoutReason = ({ error, value, ...step }: StepFacts): StepFacts => ({
  ...step,
  error: error && plainReason(failedText),
  value: value?.kind === 'lost' ? { ...value, reason: plainReason(notStored) } : value,
});

/** The first step that failed, else the one whose result is lost. */
export function failedOf(steps: readonly StepFacts[]): StepFacts | undefined {
  return steps.find(({ status }) => status === 'FAILED') ?? steps.find(({ value }) => value?.kind === 'lost');
}

/** Why a step failed, whether or not NoETL keeps a reason. */
export const failureOf = (step: StepFacts, view: ErrorView): Failure =>
  stepFailure(step, view) ?? failureWith(step.name, plainReason(failedText), view);

/** Of a step that completed: the error that was handled. */
export function stepFailure({ name, error, value }: StepFacts, view: ErrorView): Failure | undefined {
  const reason = error ?? (value?.kind === 'lost' ? value.reason : undefined);
  return reason && failureWith(name, reason, view);
}

function failureWith(step: string, { text, code, httpStatus, retryable }: Reason, view: ErrorView): Failure {
  const known = { code: code ?? null, httpStatus: httpStatus ?? null, retryable: retryable ?? null };
  return { step, message: failureText(text, view), ...known };
}

/** The part of a value at a dotted path; an index selects an item of a list. */
function at(value: unknown, path: string | undefined): unknown {
  if (path === undefined) return value;
  return path.split('.').reduce<unknown>((part, name) => {
    if (Array.isArray(part)) return /^\d{1,9}$/.test(name) ? part[Number(name)] : undefined;
    return isJsonObject(part) && Object.hasOwn(part, name) ? part[name] : undefined;
  }, value);
}
