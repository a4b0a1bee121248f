import { GatewayError } from '../../plugins/errors.ts';
import { approximateBytes } from '../../plugins/json/approximate-bytes.ts';
import { eventView } from '../../plugins/noetl/event-view.ts';
import { type ErrorView, failedText } from '../../plugins/noetl/failure-text.ts';
import { isJsonObject, type JsonObject } from '../../plugins/noetl/json-object.ts';
import { kept } from '../../plugins/single-flight.ts';
import type { CallPlan } from '../calls/call-plan.ts';
import type { Asking } from '../calls/root-fields.ts';
import { askingOf, type RootAnswer, type RootCall } from '../calls/root-fields.ts';
import type { AnyUpstreamRow } from '../config/gateway-config.ts';
import { type Snapshot, stateOf } from './execution-end.ts';
import {
  assertReadable,
  type Failure,
  failureOf,
  type Outcome,
  ResultLost,
  referencesIn,
  stepFailure,
} from './execution-result.ts';
import type { StepFacts } from './execution-steps.ts';
import { type ExecutionGate, type Executions, executionIdOf, noSuchExecution } from './executions.ts';

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
  return async (call) => {
    const asking = askingOf(row, call.context);
    const snapshot = await executions.readAllowed(call, executionIdOf(call.decision.args[argument]), asking, gate);
    const reader = { roles: asking.user?.roles, childFailure: childFailures(call, executions, gate, asking) };
    return executionView(snapshot, () => executions.outcome(snapshot, asking), maxBytes, reader);
  };
}

/** Who reads an execution. */
export interface ExecutionReader {
  /** Some may read errors as NoETL stored them. */
  readonly roles: readonly string[] | undefined;
  /** Why a sub-playbook failed; undefined: this reader may not see its execution, or it has no reason. */
  readonly childFailure?: (id: string) => Promise<Failure | undefined>;
}

/** Sub-playbooks of sub-playbooks that are followed to a reason. */
const deepestChild = 3;

/** Reasons of sub-playbooks for a caller, by the rule by which this caller sees their executions. */
export function childFailures(
  call: RootCall,
  executions: Executions,
  gate: ExecutionGate,
  asking: Asking,
): (id: string) => Promise<Failure | undefined> {
  return async (first) => {
    let found: Failure | undefined;
    let id: string | undefined = first;
    try {
      for (let depth = 0; id !== undefined && depth < deepestChild; depth += 1) {
        const snapshot = await executions.readAllowed(call, executionIdOf(id), asking, gate);
        const outcome = executions.outcome(snapshot, asking);
        const step = await outcome.failedStep();
        if (step === undefined) break;
        found = failureOf(step, outcome.errorView(call.context.caller.session.user.roles));
        id = step.failedChild;
      }
    } catch (error) {
      if (!(error instanceof GatewayError) || error.code !== 'ERR_NOT_FOUND') throw error;
    }
    return found;
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
  reader: ExecutionReader,
): Readonly<Record<string, unknown>> {
  const { detail, over } = snapshot;
  const { id, path } = detail;
  const bounded = (value: unknown) => withinBytes(value, maxBytes);
  const steps = new Map<string, ReturnType<typeof stepViews>>();
  const failure = kept(async () => {
    const step = await outcome().failedStep();
    return step === undefined ? null : shownFailure(step, failureOf, outcome(), reader);
  });
  return {
    id,
    executionId: id,
    path: path ?? null,
    name: path === undefined ? null : lastSegment(path),
    version: detail.version ?? null,
    status: stateOf(snapshot),
    result: resultMember(outcome, maxBytes),
    resultStep: kept(() =>
      outcome()
        .produced()
        .then((found) => found?.step ?? null)
        .catch(whenLost(({ step }) => step)),
    ),
    textOutput: kept(() =>
      outcome()
        .text()
        .catch(whenLost(() => null)),
    ),
    error: kept(async () => (over?.end === 'FAILED' ? ((await failure())?.message ?? failedText) : null)),
    failure,
    steps({ names = null }: { names?: readonly string[] | null } = {}) {
      const key = JSON.stringify(names);
      const views = steps.get(key) ?? stepViews(outcome(), over !== undefined, names, bounded, reader);
      steps.set(key, views);
      return views;
    },
    currentStep: kept(async () =>
      over === undefined ? stepUnderWay(await outcome().facts()) : (over.lastStep ?? null),
    ),
    progress: over === undefined ? progressOf(detail.progress) : 100,
    startedAt: () => isoText(detail.startedAt?.getTime()),
    finishedAt: () => isoText(over?.finishedAt),
    parentId: detail.parentId ?? null,
  };
}

/** Makes what `use` says of a lost result; rethrows every other error. */
const whenLost =
  <T>(use: (lost: ResultLost) => T) =>
  (error: unknown): T => {
    if (error instanceof ResultLost) return use(error);
    throw error;
  };

/** What NoETL could not store is an error that names it, never another step's result. */
const reported = <T>(value: Promise<T>): Promise<T> =>
  value.catch(
    whenLost((error) => {
      throw new GatewayError('ERR_RESULT_LOST', `step "${error.step}": ${error.message}`, { cause: error });
    }),
  );

/** The result; and its JSON, which is held for as long as the execution is. */
function resultMember(
  outcome: () => Outcome,
  maxBytes: number,
): (() => unknown) & { readonly json: (serialize: (value: unknown) => unknown) => Promise<Buffer> } {
  const produced = kept(() => outcome().produced());
  const value = kept(async () => withinBytes((await reported(produced()))?.value ?? null, maxBytes));
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
  names: readonly string[] | null,
  bounded: (value: unknown) => unknown,
  reader: ExecutionReader,
) {
  const steps = isOver ? await outcome.steps() : await outcome.facts();
  const wanted = names === null ? steps : steps.filter(({ name }) => names.includes(name));
  const resultOf = async (step: StepFacts) => {
    const all = await outcome.steps();
    const whole = all.find(({ name }) => name === step.name) ?? step;
    if (referencesIn(whole.value) > 0)
      assertReadable(all.filter(({ name }) => wanted.some((each) => each.name === name)));
    return outcome.stepResult(whole);
  };
  return wanted.map((step, index) => ({
    ...stepView(step, outcome, index < maxChildFailures ? reader : { roles: reader.roles }),
    result: kept(async () => bounded((await reported(resultOf(step))) ?? null)),
  }));
}

/** Failed sub-playbooks whose reasons are read are among the first steps: each costs some calls. */
const maxChildFailures = 32;

function stepView(step: StepFacts, outcome: Outcome, reader: ExecutionReader) {
  const failure = kept(async () => (await shownFailure(step, stepFailure, outcome, reader)) ?? null);
  return {
    name: step.name,
    status: step.status,
    startedAt: isoText(step.startedAt),
    finishedAt: isoText(step.finishedAt),
    attempts: step.attempts,
    lastSeenAt: isoText(step.lastSeenAt),
    executionId: step.failedChild ?? step.childIds.at(-1) ?? null,
    executionIds: step.childIds,
    error: kept(async () => (await failure())?.message ?? null),
    failure,
  };
}

/** The failure of a step; where its sub-playbook failed, the sub-playbook's, for those who may see that. */
async function shownFailure<F extends Failure | undefined>(
  step: StepFacts,
  own: (step: StepFacts, view: ErrorView) => F,
  outcome: Outcome,
  { roles, childFailure }: ExecutionReader,
): Promise<Failure | F> {
  const view = outcome.errorView(roles ?? []);
  const { failedChild, name } = step;
  const found = failedChild === undefined || view === 'hidden' ? undefined : await childFailure?.(failedChild);
  return found === undefined ? own(step, view) : { ...found, step: name };
}

const stepUnderWay = (steps: readonly StepFacts[]): string | null =>
  (steps.findLast(({ status }) => status === 'RUNNING' || status === 'PENDING') ?? steps.at(-1))?.name ?? null;

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

/** ISO 8601; null for undefined. */
export const isoText = (ms: number | undefined): string | null =>
  ms === undefined ? null : new Date(ms).toISOString();

/** The protocol names a playbook by the last segment of its path. */
export const lastSegment = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

/**
 * A page of an execution's events as callers see it: secrets masked, errors as `execution` reports them, and the same
 * status as `execution`, whatever NoETL claims at the moment.
 * @param body NoETL's answer; undefined: this server has events in its detail only (Rust)
 * @param id canonical digits
 * @throws ERR_NOT_FOUND when NoETL does not know the execution
 */
export async function eventsAnswer(
  id: string,
  body: unknown,
  executions: Executions,
  asking: Asking,
  roles?: readonly string[],
): Promise<unknown> {
  const snapshot = await executions.read(id, asking);
  if (snapshot === undefined) throw noSuchExecution();
  const { path } = snapshot.detail;
  const page: JsonObject = isJsonObject(body)
    ? body
    : // Newest first, as the pages of the other server.
      { execution_id: id, events: (await executions.events(id, asking)).toReversed(), pagination: null };
  const shown = Array.isArray(page['events']) ? page['events'] : [];
  const view = executions.errorView(path, roles);
  const events = shown.map((event) => executions.masked(eventView(event, view), path));
  return { ...page, path: path ?? null, status: stateOf(snapshot), events };
}
