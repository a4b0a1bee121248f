import { GatewayError } from '../../plugins/errors.ts';
import { restPrefix } from '../../plugins/noetl/rest-path.ts';
import { isMcpPath } from '../mcp/mcp-login.ts';
import { type Answer, errorAnswer, graphqlErrorAnswer } from './answer.ts';
import type { BuiltPage } from './built-page.ts';
import { isConsolePath } from './console-path.ts';
import type { Cors } from './cors.ts';
import type { Exchange } from './exchange.ts';

export interface PublicRoutesOptions {
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

/** 405 with `Allow`. */
export function notAllowed(allow: string): Answer {
  const answer = errorAnswer(new GatewayError('ERR_METHOD', `this path takes ${allow}`));
  return { ...answer, headers: { ...answer.headers, allow } };
}

function notFound({ path }: Exchange): Answer {
  const hint = path.startsWith('/api/') ? '; NoETL’s own API is below /noetl/, and GraphQL is POST /graphql' : '';
  return errorAnswer(new GatewayError('ERR_NOT_FOUND', `there is nothing at this path${hint}`));
}
