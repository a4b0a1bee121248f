import { GatewayError } from '../../plugins/errors.ts';
import { idText } from '../../plugins/json/lossless-json.ts';
import type { Mutable } from '../../plugins/mutable.ts';
import { withoutControlNames } from '../../plugins/noetl/control-names.ts';
import type { End } from '../../plugins/noetl/execution-state.ts';
import { isJsonObject, type JsonObject } from '../../plugins/noetl/json-object.ts';
import { holdsTemplateMark } from '../../plugins/noetl/template-mark.ts';
import { objectAnswer, startAnswer } from '../../plugins/noetl/upstream-answer.ts';
import { accessDenied } from '../../plugins/noetl-auth/access/standing-decision.ts';
import type { User } from '../../plugins/noetl-auth/session/session.ts';
import { type StartMembers, usualStartMembers } from '../../plugins/operation-kind.ts';
import type { Upstream, UpstreamCall } from '../../plugins/ports.ts';
import { type CallPlan, callFor } from '../calls/call-plan.ts';
import { askingOf, bound, type RootAnswer, type RootCall } from '../calls/root-fields.ts';
import type { AnyUpstreamRow } from '../config/gateway-config.ts';
import { missingExecution } from './execution-read.ts';
import { executionView, lastSegment } from './execution-views.ts';
import { type ExecutionGate, type Executions, executionIdOf, noSuchExecution } from './executions.ts';

/** A start whose result is delivered to a client by itself. */
export interface CallbackRequest {
  readonly requestId: string;
  /** The client that it is delivered to; another one than was asked for when that is another user's. */
  readonly clientId: string;
  /** The values that the playbook needs to call back; part of its workload. Holds a secret. */
  readonly workload: Readonly<Record<string, string>>;
  /** NoETL has named the execution. Never throws: the execution runs, even if its result is lost. */
  started(executionId: string): Promise<void>;
  /** NoETL has refused it. Never throws. */
  refused(): Promise<void>;
}

/** Registers starts whose results go to clients. */
export interface CallbackRequests {
  /**
   * Registers a start, before NoETL is asked: the playbook may call back before NoETL has answered.
   * @param clientId text from outside
   * @throws ERR_STORE, ERR_RATE_LIMITED: the user has too many requests without a result
   */
  open(start: { readonly clientId: string; readonly user: User; readonly path: string }): Promise<CallbackRequest>;
}

export interface CommandOptions {
  readonly upstream: Upstream;
  readonly executions: Executions;
  readonly gate: ExecutionGate;
  readonly reserved: ReadonlySet<string>;
  /** The longest that `waitSeconds` may ask for, seconds. */
  readonly maxWaitSeconds: number;
  readonly maxResultBytes: number;
  /** Delivers results to clients; absent: nothing does. */
  readonly requests?: CallbackRequests | undefined;
}

/**
 * `executePlaybook`: starts a run, once; what starts work is never sent a second time. With `waitSeconds` the answer
 * waits for the end of the run, if it comes in time.
 * An unknown playbook's message holds the words `playbook not found`, which clients look for.
 */
export function answerExecutePlaybook(plan: CallPlan, row: AnyUpstreamRow, options: CommandOptions): RootAnswer {
  const members = plan.start ?? usualStartMembers;
  return async (call) => {
    const start = callFor(plan, call.decision.args);
    const body = isJsonObject(start.body) ? start.body : {};
    const path = body[members.playbook];
    const workload = body[members.workload] ?? {};
    if (typeof path !== 'string' || !isJsonObject(workload)) {
      throw new GatewayError('ERR_REQUEST_INVALID', 'the variables of a playbook are an object');
    }
    if (body[members.workload] !== workload) start.body = { ...body, [members.workload]: workload };
    return startAndWait(call, row, bound(start, row, call.context), { path, members }, options);
  };
}

/**
 * Starts a run, and waits for its end as long as `waitSeconds`.
 * @param playbook its path, and what the parts of the call are named on the wire
 */
async function startAndWait(
  call: RootCall,
  row: AnyUpstreamRow,
  start: Mutable<UpstreamCall>,
  { path, members }: { readonly path: string; readonly members: StartMembers },
  options: CommandOptions,
): Promise<unknown> {
  const { args } = call.decision;
  const waitSeconds = waitOf(args['waitSeconds'], options.maxWaitSeconds);
  const clientId = textOrNull(args['clientId']);
  const user = call.context.caller.session.user;
  // Before the start: the playbook may call back before NoETL has answered.
  const request = clientId === null ? undefined : await options.requests?.open({ clientId, user, path });
  let id: string;
  try {
    id = await startPlaybook(withCallback(start, members, request), path, members.execution, options);
  } catch (error) {
    if (isRefused(error)) await request?.refused();
    throw error;
  }
  // At once: from here on the run exists, whatever fails below.
  call.started?.(id);
  if (request !== undefined) await request.started(id);
  const started = startedView(id, path, request?.requestId ?? null, request?.clientId ?? clientId);
  return waitSeconds === 0 ? started : { ...started, ...(await endedView(call, row, id, waitSeconds, options)) };
}

/** The start with what its playbook needs to call back. No caller gives members of these names: `callFor` refuses them. */
function withCallback(
  start: Mutable<UpstreamCall>,
  members: StartMembers,
  request: CallbackRequest | undefined,
): Mutable<UpstreamCall> {
  if (request === undefined || !isJsonObject(start.body)) return start;
  const workload = start.body[members.workload];
  const own = isJsonObject(workload) ? workload : {};
  start.body = { ...start.body, [members.workload]: { ...own, ...request.workload } };
  return start;
}

/** Without an answer of NoETL the playbook may run, and call back. */
const isRefused = (error: unknown): boolean =>
  error instanceof GatewayError && error.code !== 'ERR_UPSTREAM' && error.code !== 'ERR_UPSTREAM_TIMEOUT';

/**
 * Sends the start, once: a connection that breaks may have started the run, so it is never sent again.
 * @param idMember the member of NoETL's answer that is the new id
 * @returns the new execution's id, as text
 * @throws ERR_ACCESS_DENIED for a reserved path; ERR_UPSTREAM when NoETL names no execution; what `startAnswer` throws
 */
function startPlaybook(
  start: Mutable<UpstreamCall>,
  path: string,
  idMember: string,
  { upstream, reserved }: Pick<CommandOptions, 'upstream' | 'reserved'>,
): Promise<string> {
  // Whatever rule the field has: no caller starts an auth playbook.
  if (reserved.has(path)) throw accessDenied();
  start.idempotent = false;
  start.class = 'start';
  return upstream.request(start).then((reply) => {
    const id = idText(startAnswer(reply)[idMember]);
    if (id === undefined) throw new GatewayError('ERR_UPSTREAM', 'NoETL did not name the execution that it started');
    return id;
  });
}

/** The answer to a start, before anything is known of the run. */
const startedView = (id: string, path: string, requestId: string | null, clientId: string | null) => ({
  id,
  executionId: id,
  name: lastSegment(path),
  path,
  status: 'running',
  textOutput: null,
  requestId,
  clientId,
  result: null,
  error: null,
  execution: null,
});

const textOrNull = (value: unknown): string | null => (typeof value === 'string' ? value : null);

/** @throws ERR_REQUEST_INVALID */
function waitOf(value: unknown, max: number): number {
  if (value === undefined || value === null) return 0;
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= max) return value;
  throw new GatewayError('ERR_REQUEST_INVALID', `waitSeconds must be between 0 and ${max}`);
}

/** What is known after waiting: the finished execution, or the one that still runs. */
async function endedView(
  call: RootCall,
  row: AnyUpstreamRow,
  id: string,
  waitSeconds: number,
  { executions, maxResultBytes }: CommandOptions,
): Promise<Readonly<Record<string, unknown>>> {
  const asking = askingOf(row, call.context);
  const snapshot = await executions.waitForEnd(id, waitSeconds * 1_000);
  if (snapshot === undefined) return {};
  const execution = executionView(
    snapshot,
    () => executions.outcome(snapshot, asking),
    row.maxResponseBytes ?? maxResultBytes,
    // Who may start a playbook may not see every execution that it starts.
    { roles: asking.user?.roles },
  );
  const { result, textOutput, error } = execution;
  return {
    execution,
    ...(snapshot.over === undefined ? {} : { status: execution['status'], result, textOutput, error }),
  };
}

/**
 * `rerunExecution`: starts the playbook of an execution again, in its newest version, with the workload that the execution
 * had. Members of `variables` replace those of the same name.
 */
export function answerRerunExecution(plan: CallPlan, row: AnyUpstreamRow, options: CommandOptions): RootAnswer {
  const members = plan.start ?? usualStartMembers;
  const { executions, gate } = options;
  return async (call) => {
    const { args } = call.decision;
    const variables = args['variables'] ?? {};
    if (!isJsonObject(variables)) {
      throw new GatewayError('ERR_REQUEST_INVALID', 'the variables of a playbook are an object');
    }
    const id = executionIdOf(args['id']);
    const asking = askingOf(row, call.context);
    // The gate judges the rule on the path of this execution, before anything is started.
    const before = await executions.readAllowedNow(call, id, asking, gate);
    const path = before.detail.path;
    if (path === undefined) throw new GatewayError('ERR_UPSTREAM', 'NoETL did not name the playbook of the execution');
    const made = callFor(plan, args);
    const workload = { ...reusable(await executions.workload(before, asking)), ...variables };
    const body = {
      ...(isJsonObject(made.body) ? made.body : {}),
      [members.playbook]: path,
      [members.workload]: workload,
    };
    made.body = body;
    return startAndWait(call, row, bound(made, row, call.context), { path, members }, options);
  };
}

/**
 * What of a workload is sent again. The control names of the earlier request are over. Values that NoETL would evaluate come from the playbook's own defaults, which apply by
 * themselves; no value of a caller holds any.
 */
function reusable(workload: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(withoutControlNames(workload)).filter(
      ([name, value]) => !holdsTemplateMark(name) && !holdsTemplateMark(value),
    ),
  );
}

/**
 * `cancelExecution`: reads first, since NoETL would turn a finished run into a cancelled one. A finished run is
 * reported with its real state and left alone; an end that is only inferred is watched until it is certain. The answer
 * has the form of NoETL's `POST /api/executions/{id}/cancel`, in both cases.
 * @returns an answer that throws ERR_NOT_FOUND alike for what is hidden and what is missing, and ERR_UPSTREAM when
 * NoETL does not cancel
 */
export function answerCancelExecution(
  plan: CallPlan,
  row: AnyUpstreamRow,
  { upstream, executions, gate }: Pick<CommandOptions, 'upstream' | 'executions' | 'gate'>,
): RootAnswer {
  const [argument = 'id'] = plan.executionIds;

  return async (call) => {
    const { decision, context } = call;
    const id = executionIdOf(decision.args[argument]);
    const asking = askingOf(row, context);
    const snapshot = await executions.readAllowedNow(call, id, asking, gate);
    const before = await executions.certainEnd(snapshot, asking);
    if (before !== undefined) return finished(id, before);
    const reply = await upstream.request(bound(callFor(plan, decision.args), row, context));
    // Before the answer is judged: after a call, successful or not, what was read before does not count any more.
    executions.changed(id);
    // One server refuses what has ended in the meantime.
    const after = reply.status === 422 ? await executions.read(id, asking) : undefined;
    const meanwhile = after === undefined ? undefined : await executions.certainEnd(after, asking);
    return meanwhile === undefined ? cancelled(id, objectAnswer(reply, missingExecution)) : finished(id, meanwhile);
  };
}

function finished(id: string, end: End | undefined): unknown {
  return {
    status: 'already_completed',
    execution_id: id,
    cancelled_executions: [],
    message: `The execution is already ${end ?? 'over'}.`,
  };
}

function cancelled(id: string, body: Readonly<Record<string, unknown>>): unknown {
  if (body['status'] === 'not_found') throw noSuchExecution();
  if (body['status'] === 'already_completed')
    return { ...(finished(id, 'COMPLETED') as object), message: 'The execution is already over.' };
  // A new word of NoETL must not be taken for a cancelled run.
  if (body['status'] !== 'cancelled') throw new GatewayError('ERR_UPSTREAM', 'NoETL did not cancel the execution');
  const listed = Array.isArray(body['cancelled_executions']) ? body['cancelled_executions'] : [id];
  const ids = listed.map(idText).filter((each) => each !== undefined);
  return {
    status: 'cancelled',
    execution_id: id,
    cancelled_executions: ids,
    message: `Cancelled ${ids.length} execution(s).`,
  };
}
