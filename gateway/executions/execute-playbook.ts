import { GatewayError } from '../../plugins/errors.ts';
import { idText } from '../../plugins/json/lossless-json.ts';
import type { Mutable } from '../../plugins/mutable.ts';
import { isJsonObject } from '../../plugins/noetl/json-object.ts';
import { startAnswer } from '../../plugins/noetl/start-answer.ts';
import { accessDenied } from '../../plugins/noetl-auth/access/standing-decision.ts';
import { type StartMembers, usualStartMembers } from '../../plugins/operation-kind.ts';
import type { Upstream, UpstreamCall } from '../../plugins/ports.ts';
import type { AnyUpstreamRow } from '../config/gateway-config.ts';
import { type CallPlan, callFor } from '../operations/call-plan/call-plan.ts';
import { askingOf, bound, type RootAnswer, type RootCall } from '../operations/root-call.ts';
import type { CallbackRequest, CallbackRequests } from './callback-requests.ts';
import { executionView } from './execution.ts';
import { type Executions, lastSegment } from './executions.ts';

export interface ExecutePlaybookOptions {
  readonly upstream: Upstream;
  readonly executions: Executions;
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
export function answerExecutePlaybook(
  plan: CallPlan,
  row: AnyUpstreamRow,
  options: ExecutePlaybookOptions,
): RootAnswer {
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
export async function startAndWait(
  call: RootCall,
  row: AnyUpstreamRow,
  start: Mutable<UpstreamCall>,
  { path, members }: { readonly path: string; readonly members: StartMembers },
  options: ExecutePlaybookOptions,
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
  { upstream, reserved }: Pick<ExecutePlaybookOptions, 'upstream' | 'reserved'>,
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
  { executions, maxResultBytes }: ExecutePlaybookOptions,
): Promise<Readonly<Record<string, unknown>>> {
  const asking = askingOf(row, call.context);
  const snapshot = await executions.waitForEnd(id, waitSeconds * 1_000);
  if (snapshot === undefined) return {};
  const execution = executionView(
    snapshot,
    () => executions.outcome(snapshot, asking),
    row.maxResponseBytes ?? maxResultBytes,
  );
  const { result, textOutput, error } = execution;
  return {
    execution,
    ...(snapshot.over === undefined ? {} : { status: execution['status'], result, textOutput, error }),
  };
}
