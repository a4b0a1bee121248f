import { GatewayError } from '../../plugins/errors.ts';
import { idText, rawNumber } from '../../plugins/json/lossless-json.ts';
import { parseExecutionId } from '../../plugins/noetl/execution-state.ts';
import { isJsonObject, type JsonObject, textMember } from '../../plugins/noetl/json-object.ts';
import { startAnswer } from '../../plugins/noetl/upstream-answer.ts';
import { accessDenied } from '../../plugins/noetl-auth/access/standing-decision.ts';
import type { Observe } from '../../plugins/observe.ts';
import { gatewayArguments, type OperationKind, usualStartMembers } from '../../plugins/operation-kind.ts';
import type { Upstream } from '../../plugins/ports.ts';
import { type CallPlan, callFor, ownPathsOf } from '../calls/call-plan.ts';
import type { TemplatePiece } from '../calls/compile-call-plan.ts';
import { type Asking, bound, plansOf, type RootAnswer, type RootCall, type RootField } from '../calls/root-fields.ts';
import { type AnyUpstreamRow, isGatewayRow } from '../config/gateway-config.ts';
import { answerCancelExecution, answerRerunExecution, type CommandOptions } from '../executions/execution-commands.ts';
import type { ExecutionList } from '../executions/execution-list.ts';
import { answerOperation, type OperationOptions } from './answer-operation.ts';
import { answerDetail, answerStatus, detailQuery } from './read-execution.ts';
import { measuredAnswer, reportingOutcome } from './report-outcome.ts';
import {
  assertWithin,
  bodyObject,
  readWireArguments,
  unprocessable,
  type WireArguments,
  type WireRequest,
  wireAnswer,
  withStatusOf,
} from './wire.ts';

/** A call of NoETL's own API that was read: its arguments are for the decision, and nothing has been done. */
export interface RestCall extends WireArguments {
  /** Answers it, once it has been decided: the body, in NoETL's form. */
  readonly answer: (call: RootCall) => Promise<unknown>;
  /** Of the response, once it has been answered. */
  readonly headers?: () => Readonly<Record<string, string>>;
}

/** An operation that is served below `/noetl`. */
export interface RestOperation {
  readonly field: string;
  readonly root: 'query' | 'mutation';
  readonly kind: OperationKind;
  readonly method: string;
  /** Of NoETL's own path. */
  readonly path: readonly TemplatePiece[];
  /** Arguments of the path that hold catalog paths: several segments. */
  readonly catalogPaths: ReadonlySet<string>;
  /** Arguments that hold ids of executions. */
  readonly executionIds: ReadonlySet<string>;
  /** @throws ERR_REQUEST_INVALID, ERR_NOT_FOUND for a `catalog_id` that does not exist */
  readonly read: (request: WireRequest, asking: Asking) => Promise<RestCall>;
}

/** Its path as NoETL's document has it: `/api/executions/{id}`. */
export const templateOf = ({ path }: RestOperation): string =>
  path.map((piece) => ('text' in piece ? piece.text : `{${piece.argument}}`)).join('');

export type RestOptions = Omit<OperationOptions, 'type' | 'asIs'> & CommandOptions & { readonly observe: Observe };

/**
 * The operations whose rows have `rest: true`: the whole of what clients reach below `/noetl` (ADR 0017).
 * @returns in the order of the schema's root fields; streams and fields of the gateway's own are not among them
 */
export function restOperations(fields: ReadonlyMap<string, RootField>, options: RestOptions): readonly RestOperation[] {
  const entryPlan = [...fields.values()].find(
    ({ plan }) => plan?.kind === 'catalogEntry' && plan.method === 'POST',
  )?.plan;
  return [...fields].flatMap(([field, { root, row, plan }]) => {
    if (isGatewayRow(row) || row.rest !== true || plan === undefined || root === 'subscription') return [];
    const { kind, method, route, catalogPaths, executionIds } = plan;
    // Where NoETL has always read catalog entries, next to where it starts playbooks.
    const entryRoute = entryPlan?.route ?? `${route.slice(0, route.indexOf('/', 1))}/catalog/resource`;
    const reader = readerOf(plan, row, options, entryRoute);
    const read: RestOperation['read'] = async (request, asking) => {
      const call = await reader(request, asking);
      const answer = reportingOutcome(call.answer, { root, row, plan }, options.observe);
      return { ...call, answer: measuredAnswer(field, answer, options.observe) };
    };
    const path = kind === 'rerun' ? rerunPath(fields) : plan.path;
    return [{ field, root, kind, method, path, catalogPaths, executionIds, read }];
  });
}

/** Clients of the earlier gateway call it, although no server has it. */
const rerunPath = (fields: ReadonlyMap<string, RootField>): readonly TemplatePiece[] => [
  { text: `${ownPathsOf(plansOf(fields)).executions}/` },
  { argument: 'id' },
  { text: '/rerun' },
];

function readerOf(
  plan: CallPlan,
  row: AnyUpstreamRow,
  options: RestOptions,
  entryRoute: string,
): RestOperation['read'] {
  const reader =
    (answer: RestCall['answer'], prepared = (request: WireRequest) => request): RestOperation['read'] =>
    async (request) => ({ ...readWireArguments(plan, prepared(request)), answer });
  const answer = answerOperation(plan, row, { ...options, type: undefined, asIs: true });
  switch (plan.kind) {
    case 'execute':
      return readerOfStart(plan, row, options, entryRoute);
    case 'rerun': {
      const rerun = answerRerunExecution(plan, row, options);
      return reader(
        async (call) => ({ execution_id: ((await rerun(call)) as JsonObject)['id'], status: 'started' }),
        (request) => ({ ...request, body: withWorkload(bodyObject(request.body), plan) }),
      );
    }
    case 'cancel':
      return reader(answerCancelExecution(plan, row, options));
    case 'execution':
      return readerOfDetail(plan, row, options);
    case 'status':
      return reader(answerStatus(plan, row, options));
    case 'executions':
      return readerOfList(plan, answer);
    case 'catalogEntry':
      return plan.method === 'POST' ? readerOfEntry(plan, answer, options.upstream, entryRoute) : reader(answer);
    case 'credentialWrite':
      return reader(answer, withCredentialType);
    default:
      return reader(answer);
  }
}

/**
 * Arguments that the gateway answers to itself are read by their names. The body is NoETL's list; what else is known of it is in
 * headers, by the names of the Rust server.
 */
function readerOfList(plan: CallPlan, answer: RootAnswer): RestOperation['read'] {
  return async (request) => {
    const { query, ...rest } = withPageSize(request);
    const { args, guarded } = readWireArguments(plan, { ...rest, query });
    for (const name of Object.keys(gatewayArguments.executions ?? {})) {
      const value = query.get(name);
      // A document may have it as well; then it has been read.
      if (value === null || !plan.argumentNames.has(name) || Object.hasOwn(guarded, name)) continue;
      assertWithin(plan, name, name, value);
      Object.assign(args, { [name]: value });
      Object.assign(guarded, { [name]: value });
    }
    let headers: Readonly<Record<string, string>> = {};
    return {
      args,
      guarded,
      headers: () => headers,
      async answer(call) {
        const list = (await answer(call)) as ExecutionList;
        headers = listHeaders(list);
        return list.rows;
      },
    };
  };
}

const listHeaders = ({ hasMore, stoppedAt }: ExecutionList): Readonly<Record<string, string>> => ({
  'x-noetl-has-more': String(hasMore),
  ...(stoppedAt !== undefined && { 'x-noetl-stopped-at': stoppedAt }),
});

/**
 * Lists also take `limit` and `offset`, the Rust server's words for the size and the place of a page. Their pages are counted here, so the numbers
 * are judged here. @throws ERR_REQUEST_INVALID (422), as NoETL answers
 */
function withPageSize(request: WireRequest): WireRequest {
  const { query } = request;
  for (const name of ['page', 'page_size', 'limit', 'offset']) {
    if (query.getAll(name).some((value) => !/^-?\d{1,9}$/.test(value)))
      throw unprocessable(`${name} must be a whole number`);
  }
  const paged = new URLSearchParams(query);
  const limit = query.get('limit');
  if (limit !== null && !query.has('page_size')) paged.set('page_size', limit);
  const offset = Number(query.get('offset') ?? 0);
  if (offset > 0 && !query.has('page')) {
    const size = Number(paged.get('page_size') ?? 100);
    if (offset % size !== 0) throw unprocessable('offset must be a multiple of limit');
    paged.set('page', String(offset / size + 1));
  }
  return { ...request, query: paged };
}

/** NoETL's document has `credential_type`, and its clients read `type` as well. */
function withCredentialType(request: WireRequest): WireRequest {
  const body = request.body === undefined ? {} : bodyObject(request.body);
  return Object.hasOwn(body, 'type') ? { ...request, body: { credential_type: body['type'], ...body } } : request;
}

/** `payload` is another word for the workload; NoETL takes `workload` where both are there. */
function withWorkload(body: JsonObject, { start }: CallPlan): JsonObject {
  const { workload } = start ?? usualStartMembers;
  return Object.hasOwn(body, workload) || !Object.hasOwn(body, 'payload')
    ? body
    : { ...body, [workload]: body['payload'] };
}

function readerOfDetail(plan: CallPlan, row: AnyUpstreamRow, options: RestOptions): RestOperation['read'] {
  const detail = answerDetail(plan, row, options);
  return async (request) => {
    // A list of known names: what else a client sends is not passed on.
    const query = detailQuery.flatMap((name) => request.query.getAll(name).map((value) => [name, value] as const));
    const { args, guarded } = readWireArguments(plan, request);
    // The query goes to NoETL beside the arguments, so the guard sees it as well.
    return {
      args,
      guarded: { ...Object.fromEntries(query), ...guarded },
      answer: (call) => detail({ ...call, query }),
    };
  };
}

/** An entry that is named by its id is decided on its path, and read by path and version. */
function readerOfEntry(
  plan: CallPlan,
  answer: RestCall['answer'],
  upstream: Upstream,
  entryRoute: string,
): RestOperation['read'] {
  return async (request, asking) => {
    const body = bodyObject(request.body);
    const entry = await entryNamedById(body, entryRoute, upstream, asking);
    const named = entry === undefined ? body : { ...body, path: entry.path, version: entry.version };
    return { ...readWireArguments(plan, { ...request, body: named }), answer };
  };
}

/**
 * `POST /noetl/execute`: NoETL's own answer to a start that was decided on its path. Never sent twice. A start is read as
 * NoETL takes it: `path` or `catalog_id`, and `workload`, which is also called `payload`.
 */
function readerOfStart(
  plan: CallPlan,
  row: AnyUpstreamRow,
  { upstream, reserved }: RestOptions,
  entryRoute: string,
): RestOperation['read'] {
  const members = plan.start ?? usualStartMembers;
  return async (request, asking) => {
    const body = withWorkload(bodyObject(request.body), plan);
    // It names another run as the parent, and no rule is asked about that one.
    if (isGiven(body['parent_execution_id'])) throw unprocessable('parent_execution_id is not accepted from clients');
    const workload = body[members.workload] ?? {};
    if (!isJsonObject(workload)) throw unprocessable(`${members.workload} must be an object`);
    const version = versionOf(body['version']);
    const entry = await entryNamedById(body, entryRoute, upstream, asking);
    const path = entry?.path ?? body[members.playbook];
    if (typeof path !== 'string') throw unprocessable('path or catalog_id is required');
    const named = { ...body, [members.workload]: workload, [members.playbook]: path };
    const wire = readWireArguments(plan, { ...request, body: named });
    return { ...wire, answer: (call) => start(call, entry, version) };
  };

  async function start({ decision, context }: RootCall, entry: NamedEntry | undefined, version: number | undefined) {
    const made = callFor(plan, decision.args);
    const { [members.playbook]: path, ...rest } = bodyObject(made.body);
    // The path has been decided on; reserved ones are refused whatever the decision was.
    if (typeof path !== 'string' || reserved.has(path)) throw accessDenied();
    // The entry that the decision was made on: its path could name a newer version by now.
    const named =
      entry === undefined
        ? { [members.playbook]: path, ...(version !== undefined && { version }) }
        : { catalog_id: rawNumber(entry.catalogId) };
    const call = { ...bound(made, row, context), body: { ...named, ...rest }, idempotent: false } as const;
    const reply = await upstream.request({ ...call, class: 'start' });
    return withStatusOf(reply, () => startAnswer(reply));
  }
}

const isGiven = (value: unknown): boolean => value !== undefined && value !== null;

/** A number, or digits; clients that mean the newest one send null, or `latest`, which NoETL does not know here. */
function versionOf(given: unknown): number | undefined {
  if (!isGiven(given) || given === 'latest') return undefined;
  const text = idText(given);
  if (text === undefined || !/^\d{1,9}$/.test(text)) throw unprocessable('version must be a whole number');
  return Number(text);
}

/** A catalog entry that a client names by its id. Neither changes: a new version is a new entry. */
interface NamedEntry {
  /** Canonical digits. */
  readonly catalogId: string;
  readonly path: string;
  readonly version: unknown;
}

/**
 * The entry that a body names by `catalog_id`, which is resolved to its path before anything is decided.
 * @param route where NoETL reads one entry, for example `/api/catalog/resource`
 * @returns undefined: the body names no entry
 * @throws ERR_NOT_FOUND with the words `playbook not found`; ERR_REQUEST_INVALID for what is not an id, and when the body also
 *   names another path: NoETL would follow the id
 */
async function entryNamedById(
  body: JsonObject,
  route: string,
  upstream: Upstream,
  asking: Asking,
): Promise<NamedEntry | undefined> {
  if (!isGiven(body['catalog_id'])) return undefined;
  const catalogId = parseExecutionId(body['catalog_id']);
  if (catalogId === undefined) throw unprocessable('catalog_id must be the digits of an id');
  const call = { method: 'POST', path: route, route, body: { catalog_id: catalogId }, idempotent: true } as const;
  const entry = wireAnswer(await upstream.request({ ...call, ...asking }), 'playbook not found');
  const path = isJsonObject(entry) ? textMember(entry, 'path') : undefined;
  if (!isJsonObject(entry) || path === undefined) {
    throw new GatewayError('ERR_UPSTREAM', 'NoETL answered in a form that the gateway does not know');
  }
  if (isGiven(body['path']) && body['path'] !== path)
    throw unprocessable('path and catalog_id name different playbooks; send one of them');
  return { catalogId, path, version: entry['version'] };
}
