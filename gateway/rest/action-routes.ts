import type { Caller } from '../../plugins/call-context.ts';
import { type ErrorCode, errorCodes, GatewayError } from '../../plugins/errors.ts';
import { parseJson } from '../../plugins/json/lossless-json.ts';
import { isJsonObject, type JsonObject, textMember } from '../../plugins/noetl/json-object.ts';
import { type Answer, errorAnswer, json, notAllowed, toGatewayError } from '../http/answer.ts';
import type { Exchange } from '../http/exchange.ts';
import { parseBody, readBody, requireJson } from '../http/read-body.ts';
import { runFailure } from '../operations/action-run.ts';
import type { ExecutableSchema } from '../operations/executable-schema.ts';
import { deepestRun, documentOf } from '../operations/whole-document.ts';
import type { RequireCaller } from './rest-routes.ts';

export interface ActionRoutesGiven extends Pick<ExecutableSchema, 'rootFields' | 'schema'> {
  /** Runs a GraphQL operation of a caller who is known: every decision, limit and line of the audit log is that of `/graphql`. */
  readonly run: (
    exchange: Exchange,
    caller: Caller,
    operation: { readonly query: string; readonly variables: JsonObject },
  ) => Promise<Answer>;
  readonly requireCaller: RequireCaller;
  readonly maxBodyBytes: number;
  /** The longest wait of an action without a bound of its own, seconds. */
  readonly maxWaitSeconds: number;
  readonly onError: (error: unknown, exchange: Exchange) => void;
}

/** An action as routes have it: its operations, as GraphQL documents. */
interface ActionRoute {
  readonly field: string;
  readonly start: string;
  readonly read: string;
  readonly hasInput: boolean;
  readonly maxWaitSeconds: number;
}

const prefix = '/actions/';

/** `searchFlights` is `search-flights`. */
export const actionPath = (field: string): string =>
  `${prefix}${field.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;

/**
 * `POST /actions/<name>` starts an action: its body is the input, and `Prefer: wait=<seconds>` waits for the end (RFC 7240). 200 with the
 * output, or 202 with the place of the run: `GET /actions/<name>/runs/<id>`.
 * @returns undefined for a path that no action has
 */
export function createActionRoutes(given: ActionRoutesGiven): (exchange: Exchange) => Promise<Answer> | undefined {
  const actions = new Map([...given.rootFields].flatMap(([field, { row }]) => routeOf(field, row, given)));
  return (exchange) => {
    if (!exchange.path.startsWith(prefix)) return undefined;
    const [, base = '', id] = /^(\/actions\/[a-z0-9-]+)(?:\/runs\/(\d{1,20}))?$/.exec(exchange.path) ?? [];
    const action = actions.get(base);
    if (action === undefined) return undefined;
    return answerOf(exchange, action, id, given).catch((error: unknown) => {
      if (toGatewayError(error).status >= 500) given.onError(error, exchange);
      return errorAnswer(error);
    });
  };
}

type Row = NonNullable<ReturnType<ExecutableSchema['rootFields']['get']>>['row'];

function routeOf(field: string, { action }: Row, given: ActionRoutesGiven) {
  if (action?.part !== 'start') return [];
  const start = given.schema.getMutationType()?.getFields()[field];
  const read = given.schema.getQueryType()?.getFields()[`${field}Run`];
  if (start === undefined || read === undefined) return [];
  const route: ActionRoute = {
    field,
    start: documentOf(start, 'mutation', deepestRun),
    read: documentOf(read, 'query', deepestRun),
    hasInput: start.args.some(({ name }) => name === 'input'),
    maxWaitSeconds: action.wait ?? given.maxWaitSeconds,
  };
  return [[actionPath(field), route] as const];
}

async function answerOf(
  exchange: Exchange,
  action: ActionRoute,
  id: string | undefined,
  given: ActionRoutesGiven,
): Promise<Answer> {
  const allowed = id === undefined ? ['POST'] : ['GET', 'HEAD'];
  if (!allowed.includes(exchange.method)) return notAllowed([...allowed, 'OPTIONS'].join(', '));
  // The session before the body: a caller without one sends nothing that is parsed.
  const caller = await given.requireCaller(exchange);
  const ask = async (query: string, field: string, variables: JsonObject) => {
    const { body } = await given.run(exchange, caller, { query, variables });
    return runIn(parseJson(String(body)), field);
  };
  if (id !== undefined) return json(200, await ask(action.read, `${action.field}Run`, { id }));
  const input = await inputOf(exchange, given.maxBodyBytes);
  const waitSeconds = waitOf(exchange, action.maxWaitSeconds);
  const run = await ask(action.start, action.field, { ...(action.hasInput && { input }), waitSeconds });
  return startAnswer(run, exchange, waitSeconds);
}

function startAnswer(run: JsonObject, exchange: Exchange, waitSeconds: number): Answer {
  const headers = waitSeconds === 0 ? {} : { 'preference-applied': `wait=${waitSeconds}` };
  const location = `${exchange.path}/runs/${textMember(run, 'id') ?? ''}`;
  if (run['status'] === 'COMPLETED') return json(200, run['output'], { ...headers, 'content-location': location });
  const failure = runFailure(run);
  if (failure === undefined) return json(202, run, { ...headers, location, 'retry-after': '1' });
  const answer = errorAnswer(failure);
  return { ...answer, headers: { ...answer.headers, ...headers, 'content-location': location } };
}

async function inputOf({ request, bodyLease }: Exchange, maxBytes: number): Promise<JsonObject> {
  const body = await readBody(request, { maxBytes, lease: bodyLease });
  if (body.length === 0) return {};
  requireJson(request);
  const input = parseBody(body);
  if (!isJsonObject(input)) throw new GatewayError('ERR_REQUEST_INVALID', 'the body must be an object: the input');
  return input;
}

/** The seconds of `Prefer: wait=30`, not more than the action allows; other preferences are ignored (RFC 7240, section 2). */
function waitOf({ request }: Exchange, max: number): number {
  const header = request.headers['prefer'];
  const seconds = /(?:^|[,\s])wait=(\d{1,5})(?:$|[,;\s])/i.exec(String(header ?? ''))?.[1];
  return seconds === undefined ? 0 : Math.min(Number(seconds), max);
}

/** The run of a GraphQL answer. @throws its first error, with the sentences of all of them */
function runIn(body: unknown, field: string): JsonObject {
  const { errors, data } = isJsonObject(body) ? body : { errors: undefined, data: undefined };
  const found = Array.isArray(errors) ? errors.filter(isJsonObject) : [];
  if (found.length > 0) {
    const message = [...new Set(found.map((error) => String(error['message'])))].join('; ');
    throw new GatewayError(codeOf(found[0]?.['extensions']), message);
  }
  const run = isJsonObject(data) ? data[field] : undefined;
  if (isJsonObject(run)) return run;
  throw new GatewayError('ERR_NOT_FOUND', 'execution not found');
}

function codeOf(extensions: unknown): ErrorCode {
  const code = isJsonObject(extensions) ? extensions['code'] : undefined;
  return errorCodes.find((known) => known === code) ?? 'ERR_INTERNAL';
}
