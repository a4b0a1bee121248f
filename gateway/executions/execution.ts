import { GatewayError } from '../../plugins/errors.ts';
import { approximateBytes } from '../../plugins/json/approximate-bytes.ts';
import { kept } from '../../plugins/kept.ts';
import { failedText, notStored } from '../../plugins/noetl/failure-text.ts';
import type { AnyUpstreamRow } from '../config/gateway-config.ts';
import type { CallPlan } from '../operations/call-plan/call-plan.ts';
import { askingOf, type RootAnswer } from '../operations/root-call.ts';
import type { ExecutionGate } from './execution-gate.ts';
import { type Executions, executionIdOf, lastSegment, stateOf } from './executions.ts';
import { assertReadable, ResultLost, referencesIn } from './outcome.ts';
import type { Outcome } from './outcomes.ts';
import type { Snapshot } from './snapshots.ts';
import type { StepFacts } from './steps.ts';

/**
 * `execution(id)`: the state of a run, `RUNNING` until it is surely over; what it produced is read only when asked for.
 * A failed or cancelled run has no result; its steps show how far it came.
 */
export function answerExecution(
  plan: CallPlan,
  row: AnyUpstreamRow,
  executions: Executions,
  gate: ExecutionGate,
  maxResultBytes: number,
): RootAnswer {
  const [argument = 'id'] = plan.executionIds;
  const maxBytes = row.maxResponseBytes ?? maxResultBytes;
  return (call) => {
    const { decision, context } = call;
    const asking = askingOf(row, context);
    const allowed = executions.allowed(call, executionIdOf(decision.args[argument]), asking, gate);
    return allowed.then((snapshot) => executionView(snapshot, () => executions.outcome(snapshot, asking), maxBytes));
  };
}

/**
 * The fields of an `Execution`; functions are called when the field is selected. Each is worked out once for an answer,
 * however often it is called, so that an answer that is completed a second time asks NoETL for nothing.
 * @param outcome called when a field needs it: a poll of the status does not
 */
export function executionView(
  snapshot: Snapshot,
  outcome: () => Outcome,
  maxBytes: number,
): Readonly<Record<string, unknown>> {
  const { detail, over } = snapshot;
  const { id, path } = detail;
  const made = new KeptMembers();
  const produced = () => made.of('produced', () => outcome().produced());
  // A view is made for every poll, and few polls select a function: what a function needs is made when it is called.
  return {
    id,
    executionId: id,
    path: path ?? null,
    name: path === undefined ? null : lastSegment(path),
    version: detail.version ?? null,
    status: stateOf(snapshot),
    result: resultMember(made, produced, outcome, maxBytes),
    resultStep: () => made.of('resultStep', () => resultStepOf(produced())),
    textOutput: () => made.of('textOutput', () => textOrNull(outcome().text())),
    error: () => made.of('error', () => errorOf(over, outcome)),
    failure: () => made.of('failure', () => outcome().failure()),
    steps: ({ names }: { names?: readonly string[] | null } = {}) =>
      made.of(`steps ${JSON.stringify(names ?? null)}`, () =>
        stepViews(outcome(), over !== undefined, names ?? undefined, (value) => withinBytes(value, maxBytes)),
      ),
    currentStep: () => made.of('currentStep', () => currentStepOf(over, outcome)),
    progress: over === undefined ? progressOf(detail.progress) : 100,
    startedAt: () => isoText(detail.startedAt?.getTime()),
    finishedAt: () => isoText(over?.finishedAt),
    parentId: detail.parentId ?? null,
  };
}

/** What members of one view became, each made on its first call. */
class KeptMembers {
  #made: Map<string, unknown> | undefined;

  of<T>(name: string, make: () => T): T {
    this.#made ??= new Map();
    if (!this.#made.has(name)) this.#made.set(name, make());
    return this.#made.get(name) as T;
  }
}

const resultStepOf = (produced: ReturnType<Outcome['produced']>) =>
  unlessLost(
    produced,
    (found) => found?.step ?? null,
    (lost) => lost.step,
  );

const textOrNull = (text: ReturnType<Outcome['text']>) =>
  unlessLost(
    text,
    (found) => found,
    () => null,
  );

const errorOf = async (over: Snapshot['over'], outcome: () => Outcome) =>
  over?.end === 'FAILED' ? ((await outcome().failure())?.message ?? failedText) : null;

const currentStepOf = async (over: Snapshot['over'], outcome: () => Outcome) =>
  over === undefined ? stepUnderWay(await outcome().facts()) : (over.lastStep ?? null);

/** The result; and its JSON, which is kept for as long as the execution is. */
function resultMember(
  made: KeptMembers,
  produced: Outcome['produced'],
  outcome: () => Outcome,
  maxBytes: number,
): (() => unknown) & { readonly json: (serialize: (value: unknown) => unknown) => Promise<Buffer> } {
  const bounded = async () => withinBytes((await reported(produced()))?.value ?? null, maxBytes);
  const value = () => made.of('result', bounded);
  const json = async (serialize: (value: unknown) => unknown): Promise<Buffer> => {
    // What fails is not asked for again.
    await produced();
    const { json, bytes } = await outcome().json(serialize);
    // Words what is too large.
    if (bytes > maxBytes) await value();
    return json;
  };
  return Object.assign(value, { json });
}

/** NoETL reports 100 for a run that seems to be over between two steps. */
const progressOf = (progress: number | undefined): number | null => (progress === 100 ? 0 : (progress ?? null));

/** While an execution runs, the results of its steps are read only when they are selected: they cost a call more. */
async function stepViews(
  outcome: Outcome,
  isOver: boolean,
  names: readonly string[] | undefined,
  bounded: (value: unknown) => unknown,
) {
  const steps = isOver ? await outcome.steps() : await outcome.facts();
  const wanted = names === undefined ? steps : steps.filter(({ name }) => names.includes(name));
  const resultOf = async (step: StepFacts) => {
    const all = await outcome.steps();
    const whole = all.find(({ name }) => name === step.name) ?? step;
    if (referencesIn(whole.value) > 0)
      assertReadable(all.filter(({ name }) => wanted.some((each) => each.name === name)));
    return outcome.stepResult(whole);
  };
  return wanted.map((step) => ({
    name: step.name,
    status: step.status,
    startedAt: isoText(step.startedAt),
    finishedAt: isoText(step.finishedAt),
    attempts: step.attempts,
    lastSeenAt: isoText(step.lastSeenAt),
    executionId: step.childId ?? null,
    result: kept(async () => bounded((await reported(resultOf(step))) ?? null)),
    error: step.error ?? (step.value?.kind === 'lost' ? notStored : null),
  }));
}

const stepUnderWay = (steps: readonly StepFacts[]): string | null =>
  (steps.findLast(({ status }) => status === 'RUNNING' || status === 'PENDING') ?? steps.at(-1))?.name ?? null;

/** What NoETL could not store is an error that names it, never another step's result. */
function reported<T>(value: Promise<T>): Promise<T> {
  return unlessLost(
    value,
    (found) => found,
    (error) => {
      throw new GatewayError('ERR_RESULT_LOST', `step "${error.step}": ${error.message}`, { cause: error });
    },
  );
}

async function unlessLost<T, R>(value: Promise<T>, found: (value: T) => R, lost: (error: ResultLost) => R): Promise<R> {
  try {
    return found(await value);
  } catch (error) {
    if (error instanceof ResultLost) return lost(error);
    throw error;
  }
}

function withinBytes(value: unknown, maxBytes: number): unknown {
  if (approximateBytes(value, maxBytes) <= maxBytes) return value;
  const size = sizeText(approximateBytes(value));
  throw new GatewayError(
    'ERR_RESULT_TOO_LARGE',
    `the result is ${size}, more than the ${sizeText(maxBytes)} of this operation: select single steps with steps(names: […]), or have a step and a path for this playbook set under results in gateway.config.ts`,
  );
}

function sizeText(bytes: number): string {
  return bytes < 1_000_000 ? `${Math.ceil(bytes / 1_000)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}

const isoText = (ms: number | undefined): string | null => (ms === undefined ? null : new Date(ms).toISOString());
