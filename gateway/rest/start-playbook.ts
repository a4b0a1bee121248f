import { idText, rawNumber } from '../../plugins/json/lossless-json.ts';
import { isJsonObject, type JsonObject } from '../../plugins/noetl/json-object.ts';
import { startAnswer } from '../../plugins/noetl/start-answer.ts';
import { accessDenied } from '../../plugins/noetl-auth/access/standing-decision.ts';
import { usualStartMembers } from '../../plugins/operation-kind.ts';
import type { Upstream } from '../../plugins/ports.ts';
import type { AnyUpstreamRow } from '../config/gateway-config.ts';
import { type CallPlan, callFor } from '../operations/call-plan/call-plan.ts';
import { bound, type RootCall } from '../operations/root-call.ts';
import type { NamedEntry } from './catalog-id.ts';
import { withStatusOf } from './wire-answer.ts';
import { bodyObject, readWireArguments, unprocessable, type WireArguments, type WireRequest } from './wire-request.ts';

/** A client's options of a start besides playbook and variables. */
export interface StartChoice {
  readonly entry: NamedEntry | undefined;
  readonly version: unknown;
}

/**
 * The arguments of a start as NoETL takes it: `path` or `catalog_id`, and `workload`, which is also called `payload`.
 * @throws ERR_REQUEST_INVALID (422)
 */
export function readStart(
  plan: CallPlan,
  request: WireRequest,
  entry: NamedEntry | undefined,
): WireArguments & { readonly choice: StartChoice } {
  const members = plan.start ?? usualStartMembers;
  const body = withWorkload(bodyObject(request.body), plan);
  // It names another run as the parent, and no rule is asked about that one.
  if (isGiven(body['parent_execution_id'])) throw unprocessable('parent_execution_id is not accepted from clients');
  if (entry === undefined && typeof body[members.playbook] !== 'string') {
    throw unprocessable('path or catalog_id is required');
  }
  const workload = body[members.workload] ?? {};
  if (!isJsonObject(workload)) throw unprocessable(`${members.workload} must be an object`);
  const version = versionOf(body['version']);
  const named = { ...body, [members.workload]: workload, ...(entry && { [members.playbook]: entry.path }) };
  const { args, guarded } = readWireArguments(plan, { ...request, body: named });
  return { args, guarded, choice: { entry, version } };
}

/** `payload` is another word for the workload; NoETL takes `workload` where both are there. */
export function withWorkload(body: JsonObject, { start }: CallPlan): JsonObject {
  const { workload } = start ?? usualStartMembers;
  return Object.hasOwn(body, workload) || !Object.hasOwn(body, 'payload')
    ? body
    : { ...body, [workload]: body['payload'] };
}

const isGiven = (value: unknown): boolean => value !== undefined && value !== null;

/** A number, or digits; clients that mean the newest one send null, or `latest`, which NoETL does not know here. */
function versionOf(given: unknown): unknown {
  if (!isGiven(given) || given === 'latest') return undefined;
  const text = idText(given);
  if (text === undefined || !/^\d{1,9}$/.test(text)) throw unprocessable('version must be a whole number');
  return Number(text);
}

/** `POST /noetl/execute`: NoETL's own answer to a start that was decided on its path. Never sent twice. */
export function answerStart(
  plan: CallPlan,
  row: AnyUpstreamRow,
  { upstream, reserved }: { readonly upstream: Upstream; readonly reserved: ReadonlySet<string> },
) {
  const members = plan.start ?? usualStartMembers;
  return async ({ decision, context }: RootCall, { entry, version }: StartChoice): Promise<unknown> => {
    const made = callFor(plan, decision.args);
    const { [members.playbook]: path, ...rest } = bodyObject(made.body);
    // The path has been decided on; reserved ones are refused whatever the decision was.
    if (typeof path !== 'string' || reserved.has(path)) throw accessDenied();
    // The entry that the decision was made on: its path could name a newer version by now.
    const named =
      entry === undefined
        ? { [members.playbook]: path, ...(version !== undefined && { version }) }
        : { catalog_id: rawNumber(entry.catalogId) };
    const reply = await upstream.request({
      ...bound(made, row, context),
      body: { ...named, ...rest },
      idempotent: false,
      class: 'start',
    });
    return withStatusOf(reply, () => startAnswer(reply));
  };
}
