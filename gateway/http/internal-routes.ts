import { GatewayError } from '../../plugins/errors.ts';
import type { CallbackRegistry } from '../callbacks/callback-registry.ts';
import type { Telemetry } from '../observe/telemetry.ts';
import { type Answer, errorAnswer, json, plainText } from './answer.ts';
import { isConsolePath } from './console-path.ts';
import type { Exchange } from './exchange.ts';
import { notAllowed } from './public-routes.ts';
import { parseBody, readBody } from './read-body.ts';
import type { Readiness } from './readiness.ts';

/** What the internal port reports of this process. */
export interface InternalViews {
  readonly readiness: Pick<Readiness, 'check'>;
  readonly telemetry: Pick<Telemetry, 'metricsPage'>;
  readonly callbacks: Pick<CallbackRegistry, 'handle' | 'isExpected'>;
}

export interface InternalRoutesOptions {
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
