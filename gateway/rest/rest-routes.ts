import type { IncomingMessage } from 'node:http';
import type { Caller } from '../../plugins/call-context.ts';
import type { Clock } from '../../plugins/clock.ts';
import { GatewayError } from '../../plugins/errors.ts';
import { createAuthenticator } from '../../plugins/noetl-auth/authenticator.ts';
import type { Observe } from '../../plugins/observe.ts';
import { restPathOf } from '../../plugins/operation.ts';
import type { OperationKind } from '../../plugins/operation-kind.ts';
import type { Parts } from '../compose.ts';
import type { ResolvedConfig } from '../config/gateway-config.ts';
import { type Answer, json, notAllowed, plainText } from '../http/answer.ts';
import { type Exchange, mcpPath, metadataPath, readHeaderOf } from '../http/exchange.ts';
import { parseBody, readBody, requireJson } from '../http/read-body.ts';
import { createOneTimeCodes, type OneTimeCodes } from '../identity/one-time-codes.ts';
import { createSignIn } from '../identity/sign-in.ts';
import { guessLimit } from '../limits/rate-limits.ts';
import { type RestOperation, templateOf } from '../operations/rest-operations.ts';
import { createAuthRoutes } from './auth-routes.ts';
import { createBrowserLogin } from './browser-login.ts';
import { findRoute, type Handlers, methodsAt, type Route, routes } from './generated/routes.gen.ts';

/** The context of a handler besides the body, for one request. */
export interface RestContext {
  readonly exchange: Exchange;
  /** Present on routes that require a session. */
  readonly caller: Caller | undefined;
  /** Headers that the handler adds to its answer. */
  readonly answerHeaders: Record<string, string>;
}

/** The caller of a REST request. @throws 401 and 503 errors when there is no session or it cannot be found out */
export type RequireCaller = (exchange: Exchange) => Promise<Caller>;

/** @param checkCookieOrigin throws for a cookie that another site sent along */
export function createRequireCaller(
  { sessions, limits }: Pick<Parts, 'sessions' | 'limits'>,
  observe: Observe,
  checkCookieOrigin: (exchange: Exchange) => void,
): RequireCaller {
  const authenticate = createAuthenticator({ sessions, observe });
  return async (exchange) => {
    const found = await authenticate(readHeaderOf(exchange.request), guessLimit(limits, exchange.clientIp, observe));
    if ('refused' in found) throw found.refused;
    if (found.source === 'cookie') checkCookieOrigin(exchange);
    return found.caller;
  };
}

/** An app exchanges the code of a browser login at once. */
const codeMs = 60_000;

/** The inputs of the routes. */
export interface RestGiven {
  readonly config: ResolvedConfig;
  readonly parts: Parts;
  readonly observe: Observe;
  readonly clock: Clock;
  readonly requireCaller: RequireCaller;
  readonly tickets: OneTimeCodes;
  /** The runtime contract, and the OpenAPI document as YAML where the project was generated with it. */
  readonly documents: { readonly contract: Readonly<Record<string, unknown>>; readonly openapi: string | undefined };
}

/**
 * The REST routes with their handlers. Paths, bodies and answers are those of the generated table.
 * @returns undefined for a path that the table does not have
 */
export function createRest(given: RestGiven): (exchange: Exchange) => Promise<Answer> | undefined {
  const { config, parts, observe, documents } = given;
  const { sessions, limits, verifier, login } = parts;
  const maxSessionMs = config.sessions.maxMs;
  const signIn = createSignIn({ verifier, backend: login, sessions, limits, observe, maxSessionMs });
  // In the session store, so that any replica can redeem them.
  const codes = createOneTimeCodes(parts.store, 'login code', codeMs, given.clock);
  const { publicUrl } = config.listen;
  const handlers: Handlers<RestContext> = {
    ...createAuthRoutes({ ...given, signIn, codes, setCookie: config.auth.setCookie }),
    ...createBrowserLogin({ known: verifier.known, signIn, codes, limits, observe, publicUrl }),
    runtimeContract: async () => json(200, documents.contract),
    restDocument: async () => yaml(documents.openapi),
    // It asks nothing: a probe that depends on NoETL would restart every replica in an outage.
    health: async () => 'ok',
  };
  return (exchange) => {
    const { method, path } = exchange;
    const route = findRoute(method === 'HEAD' ? 'GET' : method, path);
    if (route !== undefined) return answer(route, handlers, exchange, given);
    const known = methodsAt(path);
    return known.length === 0 ? undefined : Promise.resolve(notAllowed([...known, 'OPTIONS'].join(', ')));
  };
}

function yaml(document: string | undefined): Answer {
  if (document !== undefined) return plainText(200, document, { 'content-type': 'application/yaml; charset=utf-8' });
  throw new GatewayError('ERR_NOT_FOUND', 'this project has no docs/generated/rest.yaml; run: noetl-gateway generate');
}

async function answer(
  route: Route,
  handlers: Handlers<RestContext>,
  exchange: Exchange,
  { config, requireCaller }: RestGiven,
): Promise<Answer> {
  // The session before the body: a caller without one sends nothing that is parsed.
  const caller = route.session === 'required' ? await requireCaller(exchange) : undefined;
  const context: RestContext = { exchange, caller, answerHeaders: {} };
  const result = await route.handle(handlers, await bodyOf(route, exchange, config.limits.bodyBytes), context);
  // The table's own check of the body, with every problem at once.
  if ('problems' in result) throw new GatewayError('ERR_REQUEST_INVALID', result.problems.join('; '));
  if (route.answer === 'whole') return result.value as Answer;
  return route.answer === 'text'
    ? plainText(200, String(result.value))
    : json(200, result.value, context.answerHeaders);
}

/** A caller that is not known yet has little time: these bodies are small. */
const strangerTimeoutMs = 5_000;

async function bodyOf(route: Route, { request, bodyLease }: Exchange, maxBodyBytes: number): Promise<unknown> {
  if (route.body === 'none') return undefined;
  const maxBytes = Math.min(route.maxBodyBytes, maxBodyBytes);
  const body = await readBody(request, { maxBytes, timeoutMs: strangerTimeoutMs, lease: bodyLease });
  if (body.length === 0 && route.body === 'optional') return undefined;
  if (route.bodyType === 'form') return formOf(request, body);
  requireJson(request);
  return parseBody(body);
}

/** Names and texts of a form. Of a name that is there twice the first one counts. */
function formOf(request: IncomingMessage, body: Buffer): Readonly<Record<string, string>> {
  const type = request.headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase();
  if (type !== 'application/x-www-form-urlencoded') {
    throw new GatewayError('ERR_MEDIA_TYPE', 'the body must be a form: application/x-www-form-urlencoded');
  }
  // Reversed, since of equal names the last one stays in an object.
  return Object.fromEntries([...new URLSearchParams(body.toString('utf8'))].reverse());
}

/** Of the form of the answer, not of the gateway: clients of the earlier gateway know this one. */
const contractVersion = '2026-04-26';

export interface RuntimeContractGiven {
  readonly version: string;
  readonly operations: readonly RestOperation[];
  readonly auth0: ResolvedConfig['auth']['contract'];
  /** Further ways in, which the config can switch off. */
  readonly served: { readonly events: boolean; readonly mcp: boolean };
}

/** Kinds of operations and not their names: a row may have any name. */
const readAndCancel: Readonly<Record<string, OperationKind>> = {
  status: 'status',
  detail: 'execution',
  events: 'events',
  cancel: 'cancel',
};
/** What the CLI calls its operations. */
const cliOperations = { exec: 'execute', ...readAndCancel, catalog_register: 'catalogWrite' } as const;
/** Calls of an execution's life, under the names that the earlier gateway gave them. */
const executionCalls = { start: 'execute', ...readAndCancel } as const;

/** `GET /api/runtime/contract`: what is served, and nothing that is not. */
export function runtimeContract({
  version,
  operations,
  auth0,
  served,
}: RuntimeContractGiven): Readonly<Record<string, unknown>> {
  const own = (session: 'none' | 'required') =>
    routes.filter((route) => route.session === session).map(({ method, path }) => `${method} ${path}`);
  const login = loginOf(auth0);
  return {
    gateway_version: version,
    contract_version: contractVersion,
    summary: 'The gateway in front of NoETL: GraphQL, and the calls of NoETL’s own API that are listed here.',
    // Sorted, so that the answer is the same for the same config.
    routes: {
      public: [...own('none'), 'GET /graphql', ...(served.mcp ? [`GET ${metadataPath}${mcpPath}`] : [])].sort(),
      protected: [
        ...own('required'),
        'POST /graphql',
        ...(served.events ? ['GET /events'] : []),
        ...(served.mcp ? [`POST ${mcpPath}`] : []),
        ...operations.map(callOf),
      ].sort(),
    },
    proxy_contract: {
      incoming_prefix: '/noetl/',
      upstream_prefix: '/api/',
      supported_methods: [...new Set(operations.map(({ method }) => method))].sort(),
      authentication: {
        required: true,
        accepted_headers: ['Authorization: Bearer', 'X-Session-Token', 'Cookie: session_token'],
      },
      // None in either direction: a call is made anew from the call plan (ADR 0017).
      forwarded_request_headers: [],
      forwarded_response_headers: [],
    },
    cli_operation_mapping: { ...mapped(cliOperations, operations), ...catalogLists(operations) },
    execution_contract: mapped(executionCalls, operations),
    agent_contract: catalogLists(operations),
    ...(login !== undefined && { auth0: login }),
  };
}

const callOf = (operation: RestOperation): string => `${operation.method} ${restPathOf(templateOf(operation))}`;

/** Names with the call that does it. A name whose operation is not open is left out. */
function mapped(
  names: Readonly<Record<string, OperationKind>>,
  operations: readonly RestOperation[],
): Readonly<Record<string, string>> {
  const calls = Object.entries(names).flatMap(([name, kind]) => {
    const found = operations.find((operation) => operation.kind === kind);
    return found === undefined ? [] : [[name, callOf(found)] as const];
  });
  return Object.fromEntries(calls);
}

function catalogLists(operations: readonly RestOperation[]): Readonly<Record<string, string>> {
  const lists = operations.filter(({ kind }) => kind === 'catalog');
  const agents = lists.find((operation) => templateOf(operation).includes('/agents/'));
  const all = lists.find((operation) => operation !== agents);
  return {
    ...(all !== undefined && { catalog_list: callOf(all) }),
    ...(agents !== undefined && { agent_catalog_list: callOf(agents) }),
  };
}

/** Without a domain there is nothing to log in at. */
function loginOf({ domain, clientId, redirectUri, audience }: RuntimeContractGiven['auth0']) {
  if (domain === undefined) return undefined;
  return {
    domain,
    ...(clientId !== undefined && { client_id: clientId }),
    ...(redirectUri !== undefined && { redirect_uri: redirectUri }),
    ...(audience !== undefined && { audience }),
  };
}
