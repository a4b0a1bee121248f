import type { Caller } from '../../plugins/call-context.ts';
import { GatewayError } from '../../plugins/errors.ts';
import { parseExecutionId } from '../../plugins/noetl/execution-state.ts';
import { type DecisionOptions, decideCall } from '../../plugins/noetl-auth/decide-call.ts';
import { questionsOf } from '../../plugins/noetl-auth/questions.ts';
import { restPathOf, restPathProblem } from '../../plugins/operation.ts';
import { type Answer, errorAnswer, json, toGatewayError } from '../http/answer.ts';
import { type Exchange, headersOf } from '../http/exchange.ts';
import { parseBody, readBody, requireJson } from '../http/read-body.ts';
import { type RestOperation, templateOf } from '../operations/rest-operations.ts';

export interface NoetlApiOptions {
  readonly operations: readonly RestOperation[];
  readonly deciding: DecisionOptions;
  /** The caller's session. @throws 401 and 503 errors when it is missing or cannot be found out */
  readonly requireCaller: (exchange: Exchange) => Promise<Caller>;
  readonly maxBodyBytes: number;
  readonly onError: (error: unknown, exchange: Exchange) => void;
}

const notOpen = () =>
  new GatewayError(
    'ERR_NOT_FOUND',
    'this call of NoETL’s API is not open here; GET /api/runtime/contract lists those that are, and everything else is reached through POST /graphql',
  );

/**
 * `/noetl/*`: NoETL's own API for clients that speak it. An allow-list of operations, each under the rule of its row;
 * nothing else of a request reaches NoETL, neither its path nor its headers.
 */
export function createNoetlApi(options: NoetlApiOptions): (exchange: Exchange) => Promise<Answer> {
  const routes = createRouteTable(options.operations);
  return async (exchange) => {
    try {
      // HEAD is answered as GET; the listener leaves the body out.
      const found = routes(exchange.path);
      const route = found.get(exchange.method === 'HEAD' ? 'GET' : exchange.method);
      return route === undefined ? otherMethods(found) : await answer(route, exchange, options);
    } catch (error) {
      if (toGatewayError(error).status >= 500) options.onError(error, exchange);
      return apiErrorAnswer(error);
    }
  };
}

/** 405 where the path has other methods. @throws ERR_NOT_FOUND */
function otherMethods(found: ReadonlyMap<string, MatchedRoute>): Answer {
  if (![...found.values()].some(isOfThatPath)) throw notOpen();
  const allow = [...found.keys(), 'OPTIONS'].join(', ');
  const answer = apiErrorAnswer(new GatewayError('ERR_METHOD', `this path takes ${allow}`));
  return { ...answer, headers: { ...answer.headers, allow } };
}

/** `/noetl/executions/cleanup` is another call of NoETL's, not one on the execution `cleanup`. */
const isOfThatPath = ({ operation, params }: MatchedRoute): boolean =>
  [...operation.executionIds].every((name) => parseExecutionId(params[name]) !== undefined);

/**
 * The session first, then the input, then the decision; NoETL is asked by `answer` and by nothing before it, except for
 * the path of an execution or of a `catalog_id`.
 */
async function answer(
  { operation, params }: MatchedRoute,
  exchange: Exchange,
  options: NoetlApiOptions,
): Promise<Answer> {
  const caller = await options.requireCaller(exchange);
  const { requestId } = exchange;
  const body = await bodyOf(exchange, options.maxBodyBytes);
  const query = new URLSearchParams(exchange.search);
  const { field, root } = operation;
  const {
    args,
    guarded,
    answer,
    headers: own,
  } = await operation.read({ params, query, body }, { requestId, user: caller.session.user });
  const headers = () => Object.entries(headersOf(exchange.request));
  const decision = await decideCall(
    { name: field, root, args, guarded },
    { caller, requestId, headers },
    options.deciding,
  );
  if (decision.outcome === 'denied') throw decision.error;
  const decisions = new Map([[field, decision]]);
  const context = { caller, decisions, ...questionsOf({ caller, requestId }, options.deciding.checker) };
  const answered = (await answer({ root, decision, context })) ?? null;
  return json(200, answered, own?.());
}

async function bodyOf({ request, method, bodyLease }: Exchange, maxBytes: number): Promise<unknown> {
  if (method === 'GET' || method === 'HEAD') return undefined;
  const body = await readBody(request, { maxBytes, lease: bodyLease });
  // Clients send calls without a body, and without a type then.
  if (body.length === 0) return undefined;
  requireJson(request);
  return parseBody(body);
}

/**
 * An error as clients of NoETL's API read it: they look at `error`, `detail` or `message`, which are the same sentence.
 * `code` is the gateway's, as everywhere.
 */
function apiErrorAnswer(thrown: unknown): Answer {
  const { message } = toGatewayError(thrown);
  const answer = errorAnswer(thrown);
  const body = { ...(JSON.parse(String(answer.body)) as object), detail: message, message };
  return { ...answer, body: JSON.stringify(body) };
}

/** An operation that a path names, with the path's parameters decoded. */
interface MatchedRoute {
  readonly operation: RestOperation;
  readonly params: Readonly<Record<string, string>>;
}

/** Which operations a path names, by their method; empty for a path that is not open. */
type RouteTable = (path: string) => ReadonlyMap<string, MatchedRoute>;

/** A path as an expression; each of its groups is a parameter. */
interface Pattern {
  readonly operation: RestOperation;
  readonly names: readonly string[];
  readonly path: RegExp;
  /** Characters that are no parameter. */
  readonly literal: number;
}

/**
 * The routes of operations, made once. Literal segments match exactly; a parameter is one segment, a catalog path several.
 * Of several operations with the same method the one with the most literal text counts.
 * @throws TypeError when a path cannot be served: a parameter that is a part of a segment, or two catalog paths
 */
export function createRouteTable(operations: readonly RestOperation[]): RouteTable {
  // The most literal text first, so that a fixed segment wins over a parameter.
  const patterns = operations.map(patternOf).sort((a, b) => b.literal - a.literal);
  return (path) => {
    const found = new Map<string, MatchedRoute>();
    for (const pattern of patterns) {
      const { operation } = pattern;
      const params = found.has(operation.method) ? undefined : paramsOf(pattern, path);
      if (params !== undefined) found.set(operation.method, { operation, params });
    }
    return found;
  };
}

function patternOf(operation: RestOperation): Pattern {
  const { field, catalogPaths } = operation;
  const text = templateOf(operation);
  const problem = restPathProblem(text, (name) => catalogPaths.has(name));
  if (problem !== undefined) throw new TypeError(`${field}: it cannot be served below /noetl: ${problem}`);
  const names: string[] = [];
  let literal = 0;
  const segments = restPathOf(text)
    .split('/')
    .map((segment) => {
      const name = /^\{(\w+)\}$/.exec(segment)?.[1];
      if (name === undefined) {
        literal += segment.length;
        return segment.replaceAll(/\W/g, '\\$&');
      }
      names.push(name);
      // There is at most one catalog path.
      return catalogPaths.has(name) ? '(.+)' : '([^/]+)';
    });
  return { operation, names, path: new RegExp(`^${segments.join('/')}$`), literal };
}

/** @returns the decoded parameters; undefined when the path is another one. What values may be is the call plan's matter. */
function paramsOf({ path, names }: Pattern, asked: string): Record<string, string> | undefined {
  const groups = path.exec(asked)?.slice(1);
  if (groups === undefined) return undefined;
  try {
    // Decoded once; what is not valid percent-encoding is not a path of ours.
    return Object.fromEntries(groups.map((part, index) => [names[index] ?? '', decodeURIComponent(part ?? '')]));
  } catch {
    return undefined;
  }
}
