import { GatewayError } from '../../plugins/errors.ts';
import { failedText, notStored } from '../../plugins/noetl/failure-text.ts';
import { isJsonObject, type JsonObject } from '../../plugins/noetl/json-object.ts';
import type { ResultRule } from './result-rules.ts';
import { type KeptValue, type StepValue, saysNothing, unwrapped } from './step-value.ts';
import type { StepFacts } from './steps.ts';

/** The first step that failed, and its error. */
export interface Failure {
  readonly step: string | null;
  readonly message: string;
}

/** The result of an execution. `step` undefined: the results of all steps, by name. */
export interface Produced {
  readonly value: unknown;
  readonly step: string | undefined;
}

/** The result of a step is known to be lost. @see notStored */
export class ResultLost extends Error {
  readonly step: string;
  constructor(step: string) {
    super(notStored);
    this.step = step;
  }
}

/** The inputs of an outcome. */
export interface OutcomeParts {
  readonly steps: readonly StepFacts[];
  /** The step that ended last; undefined while the execution runs. */
  readonly lastStep: string | undefined;
  readonly rule: ResultRule;
  /** Asks NoETL for what is behind a reference. @throws when it cannot find out */
  readonly resolve: (ref: string) => Promise<unknown>;
  /** Masks secrets, unless the rule shows them. */
  readonly mask: (value: unknown) => unknown;
}

/** Members that carry a result's text for people, by rank. */
const textMembers = ['textOutput', 'text_output', 'summary_text', 'summary', 'answer', 'response', 'message'] as const;

/**
 * The result of an execution that completed, without guessing: (1) the step and path that the config names; (2) else the
 * last step's own result; (3) where the last step only ends the run, the results of all steps by name.
 * @throws {@link ResultLost} when NoETL could not store the last step's result; ERR_RESULT_TOO_LARGE for (3) with more than
 * {@link maxReferences} large results
 */
export async function producedBy(parts: OutcomeParts): Promise<Produced> {
  const { steps, lastStep, rule } = parts;
  const named = steps.find(({ name }) => name === (rule.step ?? lastStep));
  if (rule.step !== undefined) {
    const value = named === undefined ? null : await stepResult(named, parts);
    return { value: at(value, rule.path) ?? null, step: rule.step };
  }
  if (named?.status === 'FAILED') return { value: null, step: named.name };
  const own = named === undefined ? undefined : await stepResult(named, parts);
  if (named !== undefined && !saysNothing(own)) return { value: at(own, rule.path) ?? null, step: named.name };
  const all = await valuesByName(parts);
  return { value: Object.keys(all).length === 0 ? null : (at(all, rule.path) ?? null), step: undefined };
}

/** The text of a result: what the config names, a result that is text, else the first member that holds one. */
export async function resultText(parts: OutcomeParts, produced: Produced): Promise<string | null> {
  const { steps, rule } = parts;
  if (rule.text !== undefined) {
    const named = steps.find(({ name }) => name === (rule.step ?? produced.step));
    const text = named === undefined ? produced.value : await stepResult(named, parts);
    return textIn(at(text, rule.text));
  }
  if (typeof produced.value === 'string') return textIn(produced.value);
  if (produced.step !== undefined) return textMemberOf(produced.value);
  const results = isJsonObject(produced.value) ? Object.values(produced.value) : [];
  return (
    results
      .toReversed()
      .map(textOfStep)
      .find((text) => text !== null) ?? null
  );
}

const textOfStep = (value: unknown): string | null => (typeof value === 'string' ? textIn(value) : textMemberOf(value));

/** A step's own result, unwrapped and masked; undefined when NoETL keeps no result. @throws {@link ResultLost} */
export async function stepResult(step: StepFacts, parts: OutcomeParts): Promise<unknown> {
  const { value } = step;
  if (value?.kind === 'lost') throw new ResultLost(step.name);
  if (value === undefined) return undefined;
  return parts.mask(value.kind === 'items' ? await loopValue(value, parts) : await plainValue(value, parts));
}

type LoopValue = Extract<StepValue, { kind: 'items' }>;

/** In the form in which the Python server keeps a loop. @throws ERR_RESULT_TOO_LARGE beyond the references that are read */
async function loopValue(loop: LoopValue, parts: OutcomeParts): Promise<unknown> {
  if (referencesIn(loop) > maxReferences) throw tooManyLarge('a loop', gatherAdvice);
  const { items, failed } = loop;
  const results = await Promise.all(items.map((item) => plainValue(item, parts)));
  return { stats: { total: items.length + failed, failed, success: items.length }, results };
}

/** Large results, which NoETL keeps behind references, that are read for one answer: each costs a call. */
export const maxReferences = 16;

/** How many references a step's value has. */
export function referencesIn(value: StepValue | undefined): number {
  if (value?.kind === 'items') return value.items.filter(({ kind }) => kind === 'reference').length;
  return value?.kind === 'reference' ? 1 : 0;
}

const gatherAdvice = 'let a later step of the playbook gather what is needed';
const namesAdvice = 'select single steps with steps(names: […])';

const tooManyLarge = (what: string, advice: string): GatewayError =>
  new GatewayError(
    'ERR_RESULT_TOO_LARGE',
    `${what} gave more than the ${maxReferences} large results that the gateway reads for one answer; ${advice}`,
  );

/** @throws ERR_RESULT_TOO_LARGE when together they have more than {@link maxReferences}; nothing is left out in silence */
export function assertReadable(steps: readonly StepFacts[]): void {
  const count = steps.reduce((sum, step) => sum + referencesIn(step.value), 0);
  if (count > maxReferences) throw tooManyLarge('the steps', namesAdvice);
}

async function plainValue(value: KeptValue, parts: OutcomeParts): Promise<unknown> {
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

async function valuesByName(parts: OutcomeParts): Promise<JsonObject> {
  assertReadable(parts.steps);
  const values = await Promise.all(
    parts.steps.map(
      async (step) => [step.name, step.value?.kind === 'lost' ? undefined : await stepResult(step, parts)] as const,
    ),
  );
  return Object.fromEntries(values.filter(([, value]) => !saysNothing(value)));
}

/** @param hidden whether reasons stay in NoETL */
export function failureOf(steps: readonly StepFacts[], hidden: boolean): Failure | undefined {
  const failed = steps.find(({ status }) => status === 'FAILED');
  if (failed !== undefined) {
    return { step: failed.name, message: hidden ? failedText : (failed.error ?? failedText) };
  }
  const lost = steps.find(({ value }) => value?.kind === 'lost');
  return lost === undefined ? undefined : { step: lost.name, message: hidden ? failedText : notStored };
}

/** The part of a value at a dotted path; an index selects an item of a list. */
function at(value: unknown, path: string | undefined): unknown {
  if (path === undefined) return value;
  return path.split('.').reduce<unknown>((part, name) => {
    if (Array.isArray(part)) return /^\d{1,9}$/.test(name) ? part[Number(name)] : undefined;
    return isJsonObject(part) && Object.hasOwn(part, name) ? part[name] : undefined;
  }, value);
}

function textMemberOf(value: unknown): string | null {
  if (!isJsonObject(value)) return null;
  return (
    textMembers
      .map((name) => textIn(Object.hasOwn(value, name) ? value[name] : undefined))
      .find((text) => text !== null) ?? null
  );
}

const textIn = (value: unknown): string | null => (typeof value === 'string' && value.trim() !== '' ? value : null);
