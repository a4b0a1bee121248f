import { isJsonObject } from '../../plugins/noetl/json-object.ts';
import { ownPathsOf } from '../../plugins/noetl/own-paths.ts';
import type { Observe } from '../../plugins/observe.ts';
import type { OperationKind } from '../../plugins/operation-kind.ts';
import { type AnyUpstreamRow, isGatewayRow } from '../config/gateway-config.ts';
import { answerCancelExecution, answerRerunExecution, type CommandOptions } from '../executions/execution-commands.ts';
import type { Asking } from '../executions/execution-read.ts';
import { answerOperation, type OperationOptions } from '../operations/answer-operation.ts';
import type { CallPlan } from '../operations/call-plan/call-plan.ts';
import type { TemplatePiece } from '../operations/call-plan/template.ts';
import { measuredAnswer, reportingOutcome } from '../operations/report-outcome.ts';
import type { RootCall } from '../operations/root-call.ts';
import { plansOf, type RootField } from '../operations/root-fields.ts';
import { entryNamedById } from './catalog-id.ts';
import { answerDetail, answerStatus, detailQuery } from './read-execution.ts';
import { answerStart, readStart, withWorkload } from './start-playbook.ts';
import { bodyObject, readWireArguments, unprocessable, type WireArguments, type WireRequest } from './wire-request.ts';

/** A call of NoETL's own API that was read: its arguments are for the decision, and nothing has been done. */
export interface RestCall extends WireArguments {
  /** Answers it, once it has been decided: the body, in NoETL's form. */
  readonly answer: (call: RootCall) => Promise<unknown>;
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

export type RestOptions = Omit<OperationOptions, 'type' | 'asIs'> & CommandOptions & { readonly observe: Observe };

/**
 * The operations whose rows have `rest: true`: the whole of what clients reach below `/noetl` (ADR 0017).
 * @returns in the order of the schema's root fields; streams and fields of the gateway's own are not among them
 */
export function restOperations(fields: ReadonlyMap<string, RootField>, options: RestOptions): readonly RestOperation[] {
  const entryRoute = [...fields.values()].find(({ plan }) => plan?.kind === 'catalogEntry' && plan.method === 'POST')
    ?.plan?.route;
  return [...fields].flatMap(([field, { root, row, plan }]) => {
    if (isGatewayRow(row) || row.rest !== true || plan === undefined || root === 'subscription') return [];
    const { method, catalogPaths, executionIds } = plan;
    const path = plan.kind === 'rerun' ? rerunPath(fields) : plan.path;
    const reader = readerOf(plan, row, options, entryRoute ?? besides(plan.route));
    const read: RestOperation['read'] = async (request, asking) => {
      const call = await reader(request, asking);
      const answer = reportingOutcome(call.answer, { root, row, plan }, options.observe);
      return { ...call, answer: measuredAnswer(field, answer, options.observe) };
    };
    return [{ field, root, kind: plan.kind, method, path, catalogPaths, executionIds, read }];
  });
}

/** Where NoETL has always read catalog entries, next to where it starts playbooks. */
const besides = (route: string): string => `${route.slice(0, route.indexOf('/', 1))}/catalog/resource`;

/** Clients of the earlier gateway call it, although no server has it. */
function rerunPath(fields: ReadonlyMap<string, RootField>): readonly TemplatePiece[] {
  const { executions } = ownPathsOf(plansOf(fields));
  return [{ text: `${executions}/` }, { argument: 'id' }, { text: '/rerun' }];
}

function readerOf(
  plan: CallPlan,
  row: AnyUpstreamRow,
  options: RestOptions,
  entryRoute: string,
): RestOperation['read'] {
  switch (plan.kind) {
    case 'execute':
      return readerOfStart(plan, row, options, entryRoute);
    case 'execution': {
      const detail = answerDetail(plan, row, options);
      return async (request) => {
        // A list of known names: what else a client sends is not passed on.
        const query = detailQuery.flatMap((name) => request.query.getAll(name).map((value) => [name, value] as const));
        const { args, guarded } = readWireArguments(plan, request);
        const answer = (call: RootCall) => detail({ ...call, query });
        // The query goes to NoETL beside the arguments, so the guard sees it as well.
        return { args, guarded: { ...Object.fromEntries(query), ...guarded }, answer };
      };
    }
    case 'status':
      return readerWith(plan, answerStatus(plan, row, options));
    case 'cancel':
      return readerWith(plan, answerCancelExecution(plan, row, options));
    case 'catalogEntry':
      return readerOfEntry(plan, row, options, entryRoute);
    case 'rerun':
      return readerOfRerun(plan, answerRerunExecution(plan, row, options));
    case 'credentialWrite':
      return readerOfCredential(plan, answerOperation(plan, row, { ...options, type: undefined, asIs: true }));
    default:
      return readerWith(plan, answerOperation(plan, row, { ...options, type: undefined, asIs: true }));
  }
}

/** Lists also take `limit`, the Rust server's word for the size of a page. Their pages are counted here, so the numbers are judged here. */
function readerWith(plan: CallPlan, answer: RestCall['answer']): RestOperation['read'] {
  return async (request) => {
    const limit = request.query.get('limit');
    if (plan.kind === 'executions') refuseOddPages(request.query);
    if (plan.kind === 'executions' && limit !== null && !request.query.has('page_size')) {
      const query = new URLSearchParams([...request.query, ['page_size', limit]]);
      return { ...readWireArguments(plan, { ...request, query }), answer };
    }
    return { ...readWireArguments(plan, request), answer };
  };
}

/** @throws ERR_REQUEST_INVALID (422), as NoETL answers */
function refuseOddPages(query: URLSearchParams): void {
  for (const name of ['page', 'page_size', 'limit']) {
    if (query.getAll(name).some((value) => !/^-?\d{1,9}$/.test(value)))
      throw unprocessable(`${name} must be a whole number`);
  }
}

/** NoETL's document has `credential_type`, and its clients read `type` as well. */
function readerOfCredential(plan: CallPlan, answer: RestCall['answer']): RestOperation['read'] {
  return async (request) => {
    const body = request.body === undefined ? undefined : bodyObject(request.body);
    const named = body !== undefined && Object.hasOwn(body, 'type') ? { credential_type: body['type'], ...body } : body;
    return { ...readWireArguments(plan, { ...request, body: named }), answer };
  };
}

function readerOfStart(
  plan: CallPlan,
  row: AnyUpstreamRow,
  options: RestOptions,
  entryRoute: string,
): RestOperation['read'] {
  const start = answerStart(plan, row, options);
  return async (request, asking) => {
    const entry = await entryNamedById(bodyObject(request.body), entryRoute, options.upstream, asking);
    const { args, guarded, choice } = readStart(plan, request, entry);
    return { args, guarded, answer: (call) => start(call, choice) };
  };
}

function readerOfRerun(plan: CallPlan, answer: RestCall['answer']): RestOperation['read'] {
  return async (request) => ({
    ...readWireArguments(plan, { ...request, body: withWorkload(bodyObject(request.body), plan) }),
    async answer(call) {
      const started = await answer(call);
      const id = isJsonObject(started) ? started['id'] : undefined;
      return { execution_id: id, status: 'started' };
    },
  });
}

/** An entry that is named by its id is decided on its path, and read by path and version. */
function readerOfEntry(
  plan: CallPlan,
  row: AnyUpstreamRow,
  options: RestOptions,
  entryRoute: string,
): RestOperation['read'] {
  const answer = answerOperation(plan, row, { ...options, type: undefined, asIs: true });
  return async (request, asking) => {
    if (plan.method !== 'POST') return { ...readWireArguments(plan, request), answer };
    const body = bodyObject(request.body);
    const entry = await entryNamedById(body, entryRoute, options.upstream, asking);
    const named = entry === undefined ? body : { ...body, path: entry.path, version: entry.version };
    return { ...readWireArguments(plan, { ...request, body: named }), answer };
  };
}
