import type { Clock } from '../../plugins/clock.ts';
import { parseExecutionId } from '../../plugins/noetl/execution-state.ts';
import { isJsonObject, type JsonObject } from '../../plugins/noetl/json-object.ts';
import { holdsTemplateMark } from '../../plugins/noetl/template-mark.ts';
import type { Observe } from '../../plugins/observe.ts';
import type { CallbackReply } from '../callbacks/callback-registry.ts';
import { type Answer, json, notAllowed } from '../http/answer.ts';
import type { Exchange } from '../http/exchange.ts';
import { parseBody, readBody } from '../http/read-body.ts';
import { keyOfSecret, type LiveRequest, type LiveRequests } from './live-requests.ts';
import type { Delivery } from './result-queue.ts';
import { retryWithBackoff } from './retry.ts';

export interface CallbackRouteOptions {
  readonly requests: LiveRequests;
  readonly observe: Observe;
  readonly clock: Clock;
  /** Of a body. */
  readonly maxBytes: number;
  /** The playbook has called back, with what cannot be delivered: its execution is read. */
  readonly onUseless: (request: LiveRequest) => void;
  /** The result is in the queue. */
  readonly onFinished: (request: LiveRequest) => void;
}

/** Several slashes before `api` are accepted: the playbook puts the address together from `gateway_url`. */
const route = /^\/cb\/([A-Za-z0-9_-]{43})\/+api\/internal\/(callback|callback\/async|progress)\/?$/;
const delivered: CallbackReply = { status: 200, body: { status: 'delivered' } };
const sent: CallbackReply = { status: 200, body: { status: 'sent' } };
const longestText = 4_096;

/** A callback waits this long for a store that is away: an error would turn its playbook FAILED, milliseconds. */
const storeWaitMs = 10_000;

/** Answers callbacks of playbooks that users started. */
export function createCallbackRoute(options: CallbackRouteOptions): (exchange: Exchange) => Promise<Answer> {
  const { requests, observe, clock, maxBytes } = options;
  const answer = createCallbackAnswers(options);
  return async (exchange) => {
    if (exchange.method !== 'POST') return notAllowed('POST');
    const [, secret, kind] = route.exec(exchange.path) ?? [];
    const retried = { forMs: storeWaitMs, clock };
    // The secret first: without it not a byte of the body is read.
    const request =
      secret === undefined ? undefined : await retryWithBackoff(() => requests.find(keyOfSecret(secret)), retried);
    if (request === undefined) {
      observe({ type: 'callback_refused', reason: 'secret' });
      return json(403, { error: 'This callback is not expected.', code: 'ERR_ACCESS_DENIED' }, { connection: 'close' });
    }
    const bytes = await readBody(exchange.request, { maxBytes, lease: exchange.bodyLease });
    // Workers send `application/json`. The media type is not checked, so that no result is lost: only the text must be JSON.
    const sent = bytes.length === 0 ? undefined : parseBody(bytes);
    const { status, body } = await retryWithBackoff(() => answer(request, kind === 'progress', sent), retried);
    return json(status, body);
  };
}

type CallbackAnswer = (request: LiveRequest, isProgress: boolean, body: unknown) => Promise<CallbackReply>;

/**
 * Answers callbacks as NoETL's playbooks expect them. What is late, repeated or useless is answered 200 and does nothing: an error would
 * turn the playbook FAILED. Only a wrong body is an error.
 */
function createCallbackAnswers({ requests, observe, onUseless, onFinished }: CallbackRouteOptions): CallbackAnswer {
  async function result(request: LiveRequest, body: JsonObject): Promise<CallbackReply> {
    const executionId = request.executionId ?? parseExecutionId(body['execution_id']) ?? null;
    const outcome = outcomeOf(body);
    // The end is then read from the execution itself.
    if (outcome === undefined) {
      observe({ type: 'callback_refused', reason: 'shape' });
      onUseless(request);
      return delivered;
    }
    if (await requests.finish(request, { executionId, ...outcome })) onFinished(request);
    else observe({ type: 'callback_refused', reason: 'late' });
    return delivered;
  }

  async function progress(request: LiveRequest, body: JsonObject): Promise<CallbackReply> {
    const { step, message, progress: share } = body;
    const isUseless = holdsTemplateMark([step, message]);
    // Progress after the result would be shown as if the playbook still ran.
    const isPending = await requests.isPending(request);
    if (isUseless || !isPending) {
      observe({ type: 'callback_refused', reason: isUseless ? 'shape' : 'late' });
      return sent;
    }
    await requests.progress(request, {
      executionId: request.executionId ?? parseExecutionId(body['execution_id']) ?? null,
      step: shortText(step),
      message: shortText(message),
      progress: numberOf(share),
    });
    return sent;
  }

  return async (request, isProgress, body) => {
    if (!isJsonObject(body) || typeof body['request_id'] !== 'string') {
      observe({ type: 'callback_refused', reason: 'body' });
      return { status: 400, body: { error: 'A callback needs a request_id.', code: 'ERR_REQUEST_INVALID' } };
    }
    // The secret is right and the id is not: an answer to another request. It changes nothing.
    if (body['request_id'] !== request.requestId) {
      observe({ type: 'callback_refused', reason: 'late' });
      return isProgress ? sent : delivered;
    }
    return isProgress ? progress(request, body) : result(request, body);
  };
}

/** @returns undefined: it holds templates that were not rendered, or a status that is not one. */
function outcomeOf(body: JsonObject): Omit<Delivery, 'requestId' | 'executionId' | 'at'> | undefined {
  const { status = 'COMPLETED', data = null, error } = body;
  if (typeof status !== 'string' || holdsTemplateMark([status, data, error])) return undefined;
  // A playbook words a failure by its status or by an `error`; either is one.
  const isFailed = ['FAILED', 'ERROR'].includes(status.toUpperCase()) || (error !== undefined && error !== null);
  return isFailed ? { status: 'FAILED', error: errorOf(error) } : { status: shortText(status) ?? 'COMPLETED', data };
}

/** The error in the form of JSON-RPC 2.0, section 5.1. Without a code of its own it is -32000, a server error. */
function errorOf(error: unknown): NonNullable<Delivery['error']> {
  const { code, message, data = null } = isJsonObject(error) ? error : { message: error };
  return {
    code: typeof code === 'number' && Number.isSafeInteger(code) ? code : -32_000,
    message: shortText(message) || 'Playbook execution failed',
    data,
  };
}

const shortText = (value: unknown): string | null => (typeof value === 'string' ? value.slice(0, longestText) : null);

/** Rendered templates come as text. */
function numberOf(value: unknown): number | null {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : null;
}
