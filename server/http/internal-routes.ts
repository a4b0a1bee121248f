import { GatewayError } from '../../core/errors.ts';
import { type Answer, errorAnswer, json, text } from './answer.ts';
import { isConsolePath } from './console-path.ts';
import type { Exchange } from './exchange.ts';
import { notAllowed } from './public-routes.ts';
import { parseBody, readBody } from './read-body.ts';
import type { Readiness } from './readiness.ts';

export interface InternalRoutesOptions {
  readonly readiness: Readiness;
  readonly metrics: () => Promise<{ readonly type: string; readonly body: string }>;
  readonly console: (exchange: Exchange) => Promise<Answer>;
  /** The answer of an auth playbook: path and body as they came. */
  readonly authCallback: (path: string, body: unknown) => { readonly status: number; readonly body: unknown };
  readonly isAuthCallback: (path: string) => boolean;
  /** Every other callback. */
  readonly callback: (exchange: Exchange) => Promise<Answer>;
}

/** Auth playbooks answer with results; a few hundred bytes is usual, a user with many roles a few thousand. */
const maxCallbackBytes = 256 * 1024;

/** What answers on the internal port: readiness, metrics, the console, and the callbacks of auth playbooks. */
export function createInternalRoutes(options: InternalRoutesOptions): (exchange: Exchange) => Promise<Answer> {
  const reads: Readonly<Record<string, () => Promise<Answer>>> = {
    '/health': async () => text(200, 'ok'),
    '/ready': () => ready(options),
    '/metrics': () => metrics(options),
  };
  return async (exchange) => {
    const { method, path } = exchange;
    const read = Object.hasOwn(reads, path) ? reads[path] : undefined;
    if (read !== undefined) return readsOnly(method, read);
    if (isConsolePath(path)) return options.console(exchange);
    if (path.includes('/api/internal/'))
      return options.isAuthCallback(path) ? callback(exchange, options) : options.callback(exchange);
    return errorAnswer(new GatewayError('ERR_NOT_FOUND', 'there is nothing at this path'));
  };
}

const readsOnly = async (method: string, read: () => Promise<Answer>): Promise<Answer> =>
  method === 'GET' || method === 'HEAD' ? read() : notAllowed('GET, HEAD');

async function callback(exchange: Exchange, options: InternalRoutesOptions): Promise<Answer> {
  if (exchange.method !== 'POST') return notAllowed('POST');
  const answer = options.authCallback(exchange.path, await callbackBody(exchange));
  return json(answer.status, answer.body);
}

/** Workers say `application/json`, but whether they do is no reason to lose an answer: only the text must be JSON. */
async function callbackBody({ request }: Exchange): Promise<unknown> {
  const body = await readBody(request, { maxBytes: maxCallbackBytes });
  return body.length === 0 ? undefined : parseBody(body);
}

async function ready({ readiness }: InternalRoutesOptions): Promise<Answer> {
  const report = await readiness.check();
  return json(report.ready ? 200 : 503, report);
}

async function metrics(options: InternalRoutesOptions): Promise<Answer> {
  const { type, body } = await options.metrics();
  return { status: 200, headers: { 'content-type': type, 'cache-control': 'no-store' }, body };
}
