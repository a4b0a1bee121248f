import { GatewayError } from '../plugins/errors.ts';
import { restPrefix } from '../plugins/operation.ts';
import type { CallbackRegistry } from './callbacks/callback-registry.ts';
import { type Answer, errorAnswer, graphqlErrorAnswer, json, notAllowed, plainText } from './http/answer.ts';
import type { Exchange } from './http/exchange.ts';
import { consolePath } from './http/exchange.ts';
import type { Cors } from './http/origins.ts';
import { parseBody, readBody } from './http/read-body.ts';
import type { Readiness } from './http/readiness.ts';
import type { BuiltPage } from './http/static-files.ts';
import { isMcpPath } from './mcp/mcp-login.ts';
import type { Telemetry } from './observe/telemetry.ts';

/** Whether a path is the console's: the page, its assets, or a route below it. */
export const isConsolePath = (path: string): boolean => path === consolePath || path.startsWith(`${consolePath}/`);

interface PublicRoutesOptions {
  readonly cors: Cors;
  readonly graphiql: BuiltPage;
  readonly graphql: (exchange: Exchange) => Promise<Answer>;
  /** The REST routes; undefined when no route has that path. */
  readonly rest: (exchange: Exchange) => Promise<Answer> | undefined;
  /** The routes below `/noetl/`. */
  readonly noetlApi: (exchange: Exchange) => Promise<Answer>;
  readonly events: (exchange: Exchange) => Promise<Answer>;
  /** Tools, and how programs log in; undefined: switched off. */
  readonly mcp: ((exchange: Exchange) => Promise<Answer>) | undefined;
  /** Callbacks of playbooks, where the config opens them here; undefined: they are not. */
  readonly callback: ((exchange: Exchange) => Promise<Answer>) | undefined;
  /** The console, where the config serves it here too. */
  readonly console: ((exchange: Exchange) => Promise<Answer>) | undefined;
  readonly onGraphqlError: (error: unknown, exchange: Exchange) => void;
}

/** The routes of the public port; it has no others. */
export function createPublicRoutes(options: PublicRoutesOptions): (exchange: Exchange) => Promise<Answer> {
  const others = otherRoutes(options);
  return (exchange) => {
    // By itself: each function that waits costs a promise, and these requests are the most.
    if (exchange.path === '/graphql' && exchange.method === 'POST') return graphqlAnswer(exchange, options);
    return others(exchange);
  };
}

function otherRoutes(options: PublicRoutesOptions): (exchange: Exchange) => Promise<Answer> {
  return async (exchange) => {
    if (exchange.method === 'OPTIONS') return options.cors.preflight(exchange.request.headers);
    if (exchange.path === '/graphql') return graphql(exchange, options);
    if (exchange.path.startsWith('/graphql/')) return asset(exchange, options.graphiql);
    if (exchange.path.startsWith(restPrefix)) return options.noetlApi(exchange);
    const other = otherRoute(exchange.path, options);
    if (other !== undefined) return other(exchange);
    return (await options.rest(exchange)) ?? notFound(exchange);
  };
}

function otherRoute(path: string, { events, callback, console, mcp }: PublicRoutesOptions) {
  if (path === '/events') return events;
  if (isMcpPath(path)) return mcp;
  if (isConsolePath(path)) return console;
  return path.startsWith('/cb/') ? callback : undefined;
}

/** `POST` and a program's `GET` with a query are GraphQL; any other `GET` is a person with a browser, and runs nothing. */
async function graphql(exchange: Exchange, options: PublicRoutesOptions): Promise<Answer> {
  const { method, search, request } = exchange;
  if (method === 'GET' || method === 'HEAD') {
    // A browser's address bar accepts `text/html`, so a link with a query opens the page and runs nothing.
    const asks = new URLSearchParams(search).has('query') && !(request.headers.accept ?? '').includes('text/html');
    if (!asks) return options.graphiql.page(header(request.headers['accept-encoding']));
  }
  if (method !== 'POST' && method !== 'GET') return notAllowed('GET, POST, OPTIONS');
  return graphqlAnswer(exchange, options);
}

/** An operation's answer; what stopped it before GraphQL saw it in GraphQL's form, too. */
export function graphqlAnswer(
  exchange: Exchange,
  options: Pick<PublicRoutesOptions, 'graphql' | 'onGraphqlError'>,
): Promise<Answer> {
  const failed = (error: unknown): Answer => {
    options.onGraphqlError(error, exchange);
    return graphqlErrorAnswer(error);
  };
  try {
    return options.graphql(exchange).catch(failed);
  } catch (error) {
    return Promise.resolve(failed(error));
  }
}

async function asset(exchange: Exchange, graphiql: BuiltPage): Promise<Answer> {
  if (exchange.method !== 'GET' && exchange.method !== 'HEAD') return notAllowed('GET, HEAD');
  const headers = exchange.request.headers;
  const name = exchange.path.slice('/graphql/'.length);
  const found = await graphiql.asset(name, header(headers['accept-encoding']), headers['if-none-match']);
  return found ?? notFound(exchange);
}

const header = (value: string | string[] | undefined): string | undefined =>
  Array.isArray(value) ? value.join() : value;

function notFound({ path }: Exchange): Answer {
  const hint = path.startsWith('/api/')
    ? '; NoETL’s own API is below /noetl/ (its command line: set NOETL_USE_GATEWAY=true), and GraphQL is POST /graphql'
    : '';
  return errorAnswer(new GatewayError('ERR_NOT_FOUND', `there is nothing at this path${hint}`));
}

/** What the internal port reports of this process. */
export interface InternalViews {
  readonly readiness: Pick<Readiness, 'check'>;
  readonly telemetry: Pick<Telemetry, 'metricsPage'>;
  readonly callbacks: Pick<CallbackRegistry, 'handle' | 'isExpected'>;
}

interface InternalRoutesOptions {
  readonly views: InternalViews;
  readonly console: (exchange: Exchange) => Promise<Answer>;
  /** Callbacks that no auth playbook makes. */
  readonly callback: (exchange: Exchange) => Promise<Answer>;
}

/** Auth playbooks answer with results; a few hundred bytes is usual, a user with many roles a few thousand. */
const maxCallbackBytes = 256 * 1024;

/** The routes of the internal port: readiness, metrics, the console, and the callbacks of auth playbooks. */
export function createInternalRoutes(options: InternalRoutesOptions): (exchange: Exchange) => Promise<Answer> {
  const reads: Readonly<Record<string, () => Promise<Answer>>> = {
    '/health': async () => plainText(200, 'ok'),
    '/ready': () => ready(options.views),
    '/metrics': () => metrics(options.views),
  };
  return async (exchange) => {
    const { method, path } = exchange;
    const read = Object.hasOwn(reads, path) ? reads[path] : undefined;
    if (read !== undefined) return readsOnly(method, read);
    if (isConsolePath(path)) return options.console(exchange);
    if (path.includes('/api/internal/')) return callback(exchange, options);
    return errorAnswer(new GatewayError('ERR_NOT_FOUND', 'there is nothing at this path'));
  };
}

const readsOnly = async (method: string, read: () => Promise<Answer>): Promise<Answer> =>
  method === 'GET' || method === 'HEAD' ? read() : notAllowed('GET, HEAD');

/** Workers send `application/json`. The media type is not checked, so that no answer is lost: only the text must be JSON. */
async function callback(exchange: Exchange, { views, callback: other }: InternalRoutesOptions): Promise<Answer> {
  if (!views.callbacks.isExpected(exchange.path)) return other(exchange);
  if (exchange.method !== 'POST') return notAllowed('POST');
  const body = await readBody(exchange.request, { maxBytes: maxCallbackBytes });
  const answer = views.callbacks.handle(exchange.path, body.length === 0 ? undefined : parseBody(body));
  return json(answer.status, answer.body);
}

async function ready(views: InternalViews): Promise<Answer> {
  const report = await views.readiness.check();
  return json(report.ready ? 200 : 503, report);
}

async function metrics(views: InternalViews): Promise<Answer> {
  const { type, body } = await views.telemetry.metricsPage();
  return { status: 200, headers: { 'content-type': type, 'cache-control': 'no-store' }, body };
}
