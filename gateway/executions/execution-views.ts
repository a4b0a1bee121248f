import { GatewayError } from '../../plugins/errors.ts';
import { approximateBytes } from '../../plugins/json/approximate-bytes.ts';
import { idText } from '../../plugins/json/lossless-json.ts';
import { eventView } from '../../plugins/noetl/event-view.ts';
import { parseExecutionState } from '../../plugins/noetl/execution-state.ts';
import { type ErrorView, failedText } from '../../plugins/noetl/failure-text.ts';
import { isJsonObject, type JsonObject } from '../../plugins/noetl/json-object.ts';
import type { UpstreamCall } from '../../plugins/ports.ts';
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

const isoText = (ms: number | undefined): string | null => (ms === undefined ? null : new Date(ms).toISOString());

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

/** The largest page of executions that both servers give. */
const largestPage = 100;
/** Pages of NoETL's list that are read to fill one page of what the caller may see. */
const maxPages = 10;

/**
 * `executions`: one page of what the caller may see, each in the state that `execution` shows.
 * @param ask sends a call and brings its answer into the documented form
 * @param visible leaves out the rows that the caller may not see
 */
export async function visibleExecutions(
  call: UpstreamCall,
  ask: (call: UpstreamCall) => Promise<unknown>,
  visible: (body: unknown) => Promise<unknown>,
  executions: Executions,
  asking: Asking,
): Promise<readonly unknown[]> {
  const rows = await visiblePage({
    ...pageOf(call),
    read: async (page, size) => listOf(await ask(pageOfCall(call, page, size))),
    visible: async (found) => listOf(await visible(found)),
  });
  return withSettledStates(rows, executions, asking);
}

function listOf(body: unknown): readonly unknown[] {
  if (Array.isArray(body)) return body;
  throw new GatewayError('ERR_UPSTREAM', 'NoETL answered in a form that the gateway does not know');
}

/** What is needed to page through what a caller may see. */
export interface VisiblePages {
  readonly page: number;
  readonly pageSize: number;
  /** One page of NoETL's list, in the documented form. */
  readonly read: (page: number, size: number) => Promise<readonly unknown[]>;
  readonly visible: (rows: readonly unknown[]) => Promise<readonly unknown[]>;
}

/**
 * A page of the executions that the caller may see: rows that are hidden do not use up places. A caller who may see
 * every row of a first page costs one call; else the pages of NoETL's list are walked, up to {@link maxPages}.
 */
export async function visiblePage({ page, pageSize, read, visible }: VisiblePages): Promise<readonly unknown[]> {
  if (page === 1) {
    const rows = await read(1, pageSize);
    const shown = await visible(rows);
    if (rows.length < Math.min(pageSize, largestPage)) return shown;
    if (shown.length === rows.length && (rows.length >= pageSize || pageSize <= largestPage)) return shown;
  }
  const wanted = page * pageSize;
  const found: unknown[] = [];
  for (let at = 1; at <= maxPages && found.length < wanted; at += 1) {
    const rows = await read(at, largestPage);
    found.push(...(await visible(rows)));
    if (rows.length < largestPage) break;
  }
  return found.slice((page - 1) * pageSize, wanted);
}

/** Which page a call asks for. */
export function pageOf({ query = [] }: UpstreamCall): { readonly page: number; readonly pageSize: number } {
  const number = (name: string, fallback: number) => {
    const value = Number(query.find(([wire]) => wire === name)?.[1] ?? fallback);
    return Number.isInteger(value) && value >= 1 ? value : fallback;
  };
  return { page: number('page', 1), pageSize: number('page_size', 100) };
}

/** The call for one page, in the words of both servers: each ignores the other's. */
export function pageOfCall(call: UpstreamCall, page: number, size: number): UpstreamCall {
  const own = new Set(['page', 'page_size', 'limit', 'offset']);
  const query = (call.query ?? []).filter(([name]) => !own.has(name));
  const paging = { page, page_size: size, limit: size, offset: (page - 1) * size };
  return { ...call, query: [...query, ...Object.entries(paging).map(([name, value]) => [name, `${value}`] as const)] };
}

/** Executions of one list that are read to settle their state; the rest are as NoETL lists them. */
const maxReads = 24;
const readsAtOnce = 8;

/**
 * Rows of a list with the state that `execution` shows. NoETL's list reports RUNNING for ever for runs without a terminal
 * event, and FAILED for runs that still work; those are read, and an end that is found is remembered.
 * @param rows in the documented form, those that the caller may see
 */
async function withSettledStates(
  rows: readonly unknown[],
  executions: Executions,
  asking: Asking,
): Promise<readonly unknown[]> {
  const settled = [...rows];
  const doubtful = rows
    .flatMap((row, index) => (isJsonObject(row) && isDoubtful(row) ? [{ row, index }] : []))
    .slice(0, maxReads);
  const settle = async ({ row, index }: (typeof doubtful)[number]) => {
    const id = idText(row['execution_id']) ?? '';
    // What is over already costs no call; NoETL's list may go on calling it RUNNING.
    const snapshot = executions.finished(id) ?? (await executions.read(id, asking));
    if (snapshot !== undefined) settled[index] = settledRow(row, snapshot);
  };
  for (let from = 0; from < doubtful.length; from += readsAtOnce) {
    await Promise.all(doubtful.slice(from, from + readsAtOnce).map(settle));
  }
  return settled;
}

function isDoubtful(row: JsonObject): boolean {
  const state = parseExecutionState(row['status']);
  return state === 'RUNNING' || state === 'FAILED';
}

function settledRow(row: JsonObject, snapshot: Snapshot): JsonObject {
  const { over, detail } = snapshot;
  const status = stateOf(snapshot);
  if (over === undefined && status === parseExecutionState(row['status'])) return row;
  const endedAt = over?.finishedAt;
  const seconds =
    endedAt === undefined || detail.startedAt === undefined
      ? undefined
      : (endedAt - detail.startedAt.getTime()) / 1_000;
  return {
    ...row,
    status,
    end_time: isoText(endedAt),
    progress: over === undefined ? 0 : 100,
    ...(seconds === undefined ? {} : { duration_seconds: seconds, duration_human: durationText(seconds) }),
    // The error of a run that still works is of one step that failed.
    ...(over === undefined ? { error: null } : {}),
  };
}

/** As NoETL writes it: `8s`, `2m 5s`, `1h 3m`. */
function durationText(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole}s`;
  return whole < 3_600
    ? `${Math.floor(whole / 60)}m ${whole % 60}s`
    : `${Math.floor(whole / 3_600)}h ${Math.floor((whole % 3_600) / 60)}m`;
}
