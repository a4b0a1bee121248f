import type { IncomingMessage } from 'node:http';
import type { Caller } from '../../core/call-context.ts';
import { GatewayError } from '../../core/errors.ts';
import { type Answer, json, plainText } from '../http/answer.ts';
import type { Exchange } from '../http/exchange.ts';
import { notAllowed } from '../http/public-routes.ts';
import { parseBody, readBody, requireJson } from '../http/read-body.ts';
import { findRoute, type Handlers, methodsAt, type Route } from './generated/routes.gen.ts';
import type { RestContext } from './rest-context.ts';

export interface RestRoutesOptions {
  readonly handlers: Handlers<RestContext>;
  /** The caller's session. @throws 401 and 503 errors when there is no session or it cannot be found out */
  readonly requireCaller: (exchange: Exchange) => Promise<Caller>;
  readonly maxBodyBytes: number;
}

/** Answers the routes of the generated table; undefined for a path that it does not have. */
export function createRestRoutes(options: RestRoutesOptions): (exchange: Exchange) => Promise<Answer> | undefined {
  return (exchange) => {
    const { method, path } = exchange;
    const route = findRoute(method === 'HEAD' ? 'GET' : method, path);
    if (route !== undefined) return answer(route, exchange, options);
    const known = methodsAt(path);
    return known.length === 0 ? undefined : Promise.resolve(notAllowed([...known, 'OPTIONS'].join(', ')));
  };
}

async function answer(route: Route, exchange: Exchange, options: RestRoutesOptions): Promise<Answer> {
  // The session before the body: a caller without one sends nothing that is parsed.
  const caller = route.session === 'required' ? await options.requireCaller(exchange) : undefined;
  const context: RestContext = { exchange, caller, answerHeaders: {} };
  const result = await route.handle(options.handlers, await bodyOf(route, exchange, options.maxBodyBytes), context);
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
  const fields = [...new URLSearchParams(body.toString('utf8'))].reverse();
  return Object.fromEntries(fields);
}
