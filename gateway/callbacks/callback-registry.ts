import { createHash, randomBytes, randomUUID } from 'node:crypto';
import type { Clock } from '../../plugins/clock.ts';
import type { AuthAnswer } from '../../plugins/noetl/auth-answer.ts';
import { isJsonObject } from '../../plugins/noetl/json-object.ts';
import { holdsTemplateMark } from '../../plugins/noetl/template-mark.ts';
import type { Observe } from '../../plugins/observe.ts';

/** One expected callback. `gatewayUrl` holds the secret: it goes to the playbook and nowhere else. */
export interface PendingCallback {
  readonly requestId: string;
  readonly gatewayUrl: string;
  readonly callbackSubject: string;
  /** Resolves once, with the first answer; never rejects. */
  readonly answer: Promise<AuthAnswer>;
  /** Stops waiting. A callback that comes later is answered, and does nothing. */
  close(): void;
}

/** The response to the playbook that calls back. NoETL turns a playbook FAILED when it is an error. */
export interface CallbackReply {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/** Callbacks of auth playbooks that this process has started (ADR 0009). */
export interface CallbackRegistry {
  /** Expects a callback; call before the playbook is started. `internalUrl`: how playbooks reach the internal listener. */
  open(internalUrl: string): PendingCallback;
  /**
   * Answers a POST to the internal listener. `path` has no query; `body` is parsed JSON, its size already limited.
   * - right secret and request id → 200 `{"delivered": true}`, the waiter goes on
   * - a secret issued recently, another or no longer expected request → 200 `{"delivered": false}`
   * - anything else → 4xx, and nothing happens
   */
  handle(path: string, body: unknown): CallbackReply;
  /** Whether the address of a callback holds a secret that was issued here. */
  isExpected(path: string): boolean;
  /** How many callbacks are waited for; for metrics and tests. */
  readonly size: number;
}

interface Entry {
  readonly requestId: string;
  readonly resolve: (answer: AuthAnswer) => void;
}

export interface CallbackRegistryOptions {
  readonly clock: Clock;
  readonly observe: Observe;
  /** For how long a secret is remembered after its request is over: late callbacks must not fail their playbook. */
  readonly keepMs?: number;
  /** How many of those are remembered. */
  readonly keepAtMost?: number;
}

const route = /^\/cb\/([A-Za-z0-9_-]{43})\/+api\/internal\/(callback|callback\/async|progress)\/?$/;
const longestId = 200;

/**
 * Matches callbacks to those who wait for them. Each request has a secret of 256 bits inside the `gateway_url` that its
 * playbook is given, so that unmodified playbooks, which post to `{gateway_url}/api/internal/callback`, prove that they
 * were started by this process. Secrets are kept as SHA-256 and found by it: no comparison depends on their bytes.
 */
export function createCallbackRegistry(options: CallbackRegistryOptions): CallbackRegistry {
  const { observe } = options;
  const entries = createEntries(options);

  function handle(path: string, body: unknown): CallbackReply {
    const [, secret, kind] = route.exec(path) ?? [];
    const key = secret === undefined ? undefined : keyOf(secret);
    if (key === undefined || !entries.knows(key)) {
      observe({ type: 'callback_refused', reason: 'secret' });
      return { status: 403, body: { error: 'This callback is not expected.', code: 'ERR_ACCESS_DENIED' } };
    }
    const message = readMessage(body);
    if (message === undefined) {
      observe({ type: 'callback_refused', reason: 'body' });
      return { status: 400, body: { error: 'A callback needs a request_id.', code: 'ERR_REQUEST_INVALID' } };
    }
    return deliver(key, kind, message);
  }

  function deliver(key: string, kind: string | undefined, message: Message): CallbackReply {
    const entry = entries.waitingFor(key, message.requestId);
    if (entry === undefined) {
      observe({ type: 'callback_refused', reason: 'late' });
      return { status: 200, body: { delivered: false, message: 'No pending request found for this request_id' } };
    }
    if (kind === 'progress') return { status: 200, body: { status: 'sent' } };
    // The waiting login does not accept it; an unrendered template has a count of its own.
    if (holdsTemplateMark(message.data)) observe({ type: 'callback_refused', reason: 'shape' });
    entries.close(key);
    entry.resolve({ status: message.status, data: message.data });
    return { status: 200, body: { delivered: true, message: 'Callback delivered successfully' } };
  }

  return {
    handle,
    isExpected(path) {
      const secret = route.exec(path)?.[1];
      return secret !== undefined && entries.knows(keyOf(secret));
    },
    get size() {
      return entries.size();
    },
    open(internalUrl) {
      const secret = randomBytes(32).toString('base64url');
      const requestId = randomUUID();
      const { promise, resolve } = Promise.withResolvers<AuthAnswer>();
      entries.add(keyOf(secret), { requestId, resolve });
      return {
        requestId,
        gatewayUrl: `${internalUrl.replace(/\/+$/, '')}/cb/${secret}`,
        callbackSubject: `noetl.callbacks.${requestId}`,
        answer: promise,
        close: () => entries.close(keyOf(secret)),
      };
    },
  };
}

/** The requests waited for, and the secrets of those that no longer are: neither grows without bound. */
function createEntries(options: CallbackRegistryOptions) {
  const { clock, keepMs = 15 * 60_000, keepAtMost = 10_000 } = options;
  const waiting = new Map<string, Entry>();
  /** When each stopped being waited for; the oldest first. */
  const closedAt = new Map<string, number>();

  function forgetOld(): void {
    for (const [key, at] of closedAt) {
      if (clock() - at <= keepMs && closedAt.size <= keepAtMost) return;
      closedAt.delete(key);
    }
  }

  return {
    size: () => waiting.size,
    add: (key: string, entry: Entry) => void waiting.set(key, entry),
    waitingFor(key: string, requestId: string): Entry | undefined {
      const entry = waiting.get(key);
      return entry?.requestId === requestId ? entry : undefined;
    },
    knows(key: string): boolean {
      forgetOld();
      return waiting.has(key) || closedAt.has(key);
    },
    close(key: string): void {
      if (!waiting.delete(key)) return;
      closedAt.set(key, clock());
      forgetOld();
    },
  };
}

interface Message extends AuthAnswer {
  readonly requestId: string;
}

/** `execution_id` and `step` come as text, as numbers or not at all; nothing depends on them. */
function readMessage(body: unknown): Message | undefined {
  if (!isJsonObject(body)) return undefined;
  const { request_id: requestId, status = 'success', data = null } = body;
  if (typeof requestId !== 'string' || requestId === '' || requestId.length > longestId) return undefined;
  return typeof status === 'string' ? { requestId, status, data } : undefined;
}

function keyOf(secret: string): string {
  return createHash('sha256').update(secret).digest('base64url');
}
