import type { IncomingMessage } from 'node:http';
import type { Caller } from '../../plugins/call-context.ts';
import type { Clock } from '../../plugins/clock.ts';
import { GatewayError } from '../../plugins/errors.ts';
import { createAuthenticator } from '../../plugins/noetl-auth/authenticator.ts';
import type { Observe } from '../../plugins/observe.ts';
import type { Parts } from '../compose.ts';
import type { ResolvedConfig } from '../config/gateway-config.ts';
import { type Answer, json, plainText } from '../http/answer.ts';
import type { Exchange } from '../http/exchange.ts';
import { readHeaderOf } from '../http/header-values.ts';
import { notAllowed } from '../http/public-routes.ts';
import { parseBody, readBody, requireJson } from '../http/read-body.ts';
import { createOneTimeCodes, type OneTimeCodes } from '../identity/one-time-codes.ts';
import { createSignIn } from '../identity/sign-in.ts';
import { guessLimit } from '../limits/guess-limit.ts';
import { createAuthRoutes } from './auth-routes.ts';
import { createBrowserLogin } from './browser-login.ts';
import { findRoute, type Handlers, methodsAt, type Route } from './generated/routes.gen.ts';

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
