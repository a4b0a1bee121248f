import { parseExecutionId } from '../../plugins/noetl/execution-state.ts';
import { isJsonObject, type JsonObject } from '../../plugins/noetl/json-object.ts';
import { holdsTemplateMark } from '../../plugins/noetl/template-mark.ts';
import type { Observe } from '../../plugins/observe.ts';
import type { CallbackReply } from '../callbacks/callback-registry.ts';
import type { Delivery } from './frames.ts';
import { keyOfSecret, type LiveRequest, type LiveRequests } from './live-requests.ts';

export interface LiveCallbacksOptions {
  readonly requests: LiveRequests;
  readonly observe: Observe;
  /** The playbook has called back, with what cannot be delivered: its execution is looked at. */
  readonly onUseless: (request: LiveRequest) => void;
  /** The result is in the queue. */
  readonly onFinished: (request: LiveRequest) => void;
}

/** Answers callbacks of playbooks that users started. */
export interface LiveCallbacks {
  /** The request that a callback's address belongs to; undefined when its secret is not ours. @throws ERR_STORE */
  find(path: string): Promise<LiveRequest | undefined>;
  /**
   * What is late, repeated or useless is answered 200 and does nothing: an error would turn the playbook FAILED.
   * @param body parsed JSON, its size already limited. @throws ERR_STORE
   */
  handle(request: LiveRequest, path: string, body: unknown): Promise<CallbackReply>;
}

/** Several slashes before `api` are accepted: the playbook puts the address together from `gateway_url`. */
const route = /^\/cb\/([A-Za-z0-9_-]{43})\/+api\/internal\/(callback|callback\/async|progress)\/?$/;
const delivered: CallbackReply = { status: 200, body: { status: 'delivered' } };
const sent: CallbackReply = { status: 200, body: { status: 'sent' } };
const longestText = 4_096;

/** Answers callbacks as NoETL's playbooks expect them; only a wrong body is an error. */
export function createLiveCallbacks({ requests, observe, onUseless, onFinished }: LiveCallbacksOptions): LiveCallbacks {
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
    const isPending = (await requests.pending(request.queue)).some(({ requestId }) => requestId === request.requestId);
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

  return {
    async find(path) {
      const secret = route.exec(path)?.[1];
      return secret === undefined ? undefined : requests.find(keyOfSecret(secret));
    },
    async handle(request, path, body) {
      if (!isJsonObject(body) || typeof body['request_id'] !== 'string') {
        observe({ type: 'callback_refused', reason: 'body' });
        return { status: 400, body: { error: 'A callback needs a request_id.', code: 'ERR_REQUEST_INVALID' } };
      }
      const isProgress = route.exec(path)?.[2] === 'progress';
      // The secret is right and the id is not: an answer to another request. It changes nothing.
      if (body['request_id'] !== request.requestId) {
        observe({ type: 'callback_refused', reason: 'late' });
        return isProgress ? sent : delivered;
      }
      return isProgress ? progress(request, body) : result(request, body);
    },
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
