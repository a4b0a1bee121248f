import type { CallPlan } from '../../core/call-plan/call-plan.ts';
import type { AnyUpstreamRow } from '../../core/config/operation-row.ts';
import { GatewayError } from '../../core/errors.ts';
import { failedText, notStored } from '../../core/execution/failure-text.ts';
import { assertReadable, ResultLost, referencesIn } from '../../core/execution/outcome.ts';
import type { StepFacts } from '../../core/execution/steps.ts';
import { approximateBytes } from '../../core/json/approximate-bytes.ts';
import { kept } from '../../core/once.ts';
import { askingOf, type RootAnswer } from '../root-call.ts';
import type { ExecutionGate } from './execution-gate.ts';
import { type Executions, executionIdOf, lastSegment, stateOf } from './executions.ts';
import type { Outcome } from './outcomes.ts';
import type { Snapshot } from './snapshots.ts';

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
  return async (call) => {
    const { decision, context } = call;
    const asking = askingOf(row, context);
    const snapshot = await executions.allowed(call, executionIdOf(decision.args[argument]), asking, gate);
    return executionView(snapshot, () => executions.outcome(snapshot, asking), row.maxResponseBytes ?? maxResultBytes);
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
  const bounded = (value: unknown) => withinBytes(value, maxBytes);
  const produced = kept(() => outcome().produced());
  return {
    id,
    executionId: id,
    path: path ?? null,
    name: path === undefined ? null : lastSegment(path),
    version: detail.version ?? null,
    status: stateOf(snapshot),
    result: resultMember(produced, outcome, maxBytes),
    resultStep: kept(() =>
      unlessLost(
        produced(),
        (produced) => produced?.step ?? null,
        (lost) => lost.step,
      ),
    ),
    textOutput: kept(() =>
      unlessLost(
        outcome().text(),
        (text) => text,
        () => null,
      ),
    ),
    error: kept(async () => (over?.end === 'FAILED' ? ((await outcome().failure())?.message ?? failedText) : null)),
    failure: kept(() => outcome().failure()),
    steps: keptByNames((names) => stepViews(outcome(), over !== undefined, names, bounded)),
    currentStep: kept(async () =>
      over === undefined ? stepUnderWay(await outcome().facts()) : (over.lastStep ?? null),
    ),
    progress: over === undefined ? progressOf(detail.progress) : 100,
    startedAt: () => isoText(detail.startedAt?.getTime()),
    finishedAt: () => isoText(over?.finishedAt),
    parentId: detail.parentId ?? null,
  };
}

/** The result; and its JSON, which is kept for as long as the execution is. */
function resultMember(produced: Outcome['produced'], outcome: () => Outcome, maxBytes: number) {
  const value = kept(async () => withinBytes((await reported(produced()))?.value ?? null, maxBytes));
  return Object.assign(value, {
    async json(serialize: (value: unknown) => unknown): Promise<Buffer> {
      // What fails is not asked for again.
      await produced();
      const { json, bytes } = await outcome().json(serialize);
      // Words what is too large.
      if (bytes > maxBytes) await value();
      return json;
    },
  });
}

/** By the names that are asked for. */
function keptByNames<T>(make: (names: readonly string[] | undefined) => T) {
  const made = new Map<string, T>();
  return ({ names }: { names?: readonly string[] | null } = {}): T => {
    const key = JSON.stringify(names ?? null);
    const value = made.get(key) ?? make(names ?? undefined);
    made.set(key, value);
    return value;
  };
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
