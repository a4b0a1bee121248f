import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../../plugins/clock.ts';
import type { SessionToken } from '../../plugins/noetl-auth/session/session-token.ts';
import type { AnswerStream } from '../http/answer.ts';
import type { QueueEntry, SharedStore } from '../stores/shared-store.ts';
import type { LiveClient, LiveRequest, LiveRequests } from './live-requests.ts';
import type { Delivery, Progress, QueueItem } from './result-queue.ts';

export interface EventStreamOptions {
  readonly store: SharedStore;
  readonly requests: LiveRequests;
  readonly notifications: Notifications;
  readonly clock: Clock;
  readonly version: string;
  readonly heartbeatMs: number;
  /** The stream ends after this; 0: never, milliseconds. */
  readonly connectionMs: number;
  readonly keepMs: number;
  /** Follows the requests of a client that is connected. */
  readonly watch: (request: LiveRequest) => void;
}

/** Who listens. */
export interface Listener {
  readonly client: LiveClient;
  readonly token: SessionToken;
  /** False: the session is over. @throws when it cannot be found out */
  readonly mayStay: () => Promise<boolean>;
  /** Whether the user may see the results of the playbook on that path, now. @throws when it cannot be found out */
  readonly maySee: (path: string) => Promise<boolean>;
  /** The client's `Last-Event-ID`. */
  readonly lastEventId: string | undefined;
}

/** A stream that is silent for this long gets a comment, milliseconds. */
const silentMs = 15_000;
/** The session is checked again after this, and the queue is read for entries whose notification was missed, milliseconds. */
const pollMs = 5_000;
/** A request without a result for this long is watched by the replica that its client listens to, milliseconds. */
const orphanMs = 15_000;
/** A result goes out this long after the answer to the start: clients forget what comes before it, milliseconds. */
const afterAnswerMs = 150;
/** A replica that died before it reported that its client was answered does not hold a result for longer, milliseconds. */
const longestHoldMs = 10_000;

/** One `GET /events`: hello, then results as they come, until the session ends or the client leaves. */
export async function runEventStream(
  out: AnswerStream,
  listener: Listener,
  options: EventStreamOptions,
): Promise<void> {
  // Before the first read: what comes between the read and the wait ends the wait at once.
  const subscription = options.notifications.subscribe(listener.client.queue);
  try {
    const cursor = await createCursor(listener, options);
    await new EventStream(out, listener, cursor, options).run(subscription);
  } finally {
    subscription.close();
  }
}

class EventStream {
  readonly #out: AnswerStream;
  readonly #listener: Listener;
  readonly #cursor: Cursor;
  readonly #options: EventStreamOptions;
  #pingAt: number;
  #sentAt: number;
  #watchAt: number;

  constructor(out: AnswerStream, listener: Listener, cursor: Cursor, options: EventStreamOptions) {
    this.#out = out;
    this.#listener = listener;
    this.#cursor = cursor;
    this.#options = options;
    this.#sentAt = options.clock();
    this.#pingAt = this.#sentAt + options.heartbeatMs;
    this.#watchAt = this.#sentAt + orphanMs;
  }

  async run(subscription: Subscription): Promise<void> {
    const { clock, connectionMs } = this.#options;
    if (!(await this.#greet())) return;
    const endsAt = connectionMs > 0 ? clock() + connectionMs : Number.POSITIVE_INFINITY;
    while (!this.#out.signal.aborted && clock() < endsAt) {
      if (!(await this.#deliverIfAllowed())) return;
      await this.#ping();
      await this.#watchOrphans();
      const next = Math.min(this.#pingAt, this.#sentAt + silentMs, clock() + pollMs, endsAt);
      await subscription.wait(Math.max(1, next - clock()), this.#out.signal);
    }
  }

  /** Sends `hello` with what the client waits for, and watches it. @returns false: the client has left */
  async #greet(): Promise<boolean> {
    const { client } = this.#listener;
    const { requests, version, watch } = this.#options;
    const pending = await requests.pending(client.queue);
    for (const request of pending) watch(request);
    const id = eventId(client, this.#cursor.position());
    const hello = helloFrame(version, client.clientId, pending.map(pendingView), id);
    return (await this.#out.write(retryLine + hello)) && this.#out.write(pingFrame);
  }

  /** @returns false: the stream is over */
  async #deliverIfAllowed(): Promise<boolean> {
    if (!(await this.#cursor.isNewest())) return false;
    // Without an answer nothing is delivered, and nothing is lost.
    const mayStay = await this.#listener.mayStay().catch(() => undefined);
    if (mayStay === false) await this.#out.write(sessionEndedFrame);
    if (mayStay === true && (await this.#deliver())) this.#sentAt = this.#options.clock();
    return mayStay !== false;
  }

  /** The `ping` event of the heartbeat, and a comment where nothing was sent for a while. */
  async #ping(): Promise<void> {
    const { clock, heartbeatMs } = this.#options;
    const now = clock();
    if (now >= this.#pingAt) await this.#out.write(pingFrame);
    else if (now - this.#sentAt >= silentMs) await this.#out.write(pingComment);
    else return;
    this.#sentAt = clock();
    if (now >= this.#pingAt) this.#pingAt = clock() + heartbeatMs;
  }

  /** The replica that started a playbook watches it. That one may be gone: what is pending for long is watched here too. */
  async #watchOrphans(): Promise<void> {
    const { requests, clock, watch } = this.#options;
    const now = clock();
    if (now < this.#watchAt) return;
    this.#watchAt = now + orphanMs;
    const pending = await requests.pending(this.#listener.client.queue).catch(() => []);
    for (const request of pending) if (request.registeredAt <= now - orphanMs) watch(request);
  }

  /** Sends what is in the queue, one entry after the other. @returns whether there was something */
  async #deliver(): Promise<boolean> {
    let hasSent = false;
    for (;;) {
      const { queue } = this.#listener.client;
      const entries = await this.#options.store.read(queue, this.#cursor.position()).catch(() => []);
      if (entries.length === 0) return hasSent;
      for (const entry of entries) {
        if (!(await this.#deliverEntry(entry).catch(() => false))) return hasSent;
        hasSent = true;
        // After it was sent: a stream that breaks in between sends it again.
        await this.#cursor.move(entry.id);
      }
    }
  }

  /** @returns false: not now, and so does an error. What the user may no longer see counts as delivered. */
  async #deliverEntry(entry: QueueEntry): Promise<boolean> {
    const item = await this.#options.requests.read(entry);
    if (item === undefined) return true;
    await this.#untilAnswered(item);
    if (this.#out.signal.aborted || !(await this.#cursor.isNewest())) return false;
    // Decided now, and not when the playbook was started: grants and roles may have changed.
    if (!(await this.#listener.maySee(item.path))) return true;
    return this.#out.write(await this.#framesOf(item, eventId(this.#listener.client, entry.id)));
  }

  async #framesOf(item: QueueItem, id: string): Promise<string> {
    const found = item.kind === 'result' ? item.delivery : item.progress;
    // A callback that came first did not have to know its execution.
    const executionId = found.executionId ?? (await this.#options.requests.find(item.key))?.executionId ?? null;
    return item.kind === 'result'
      ? resultFrames({ ...item.delivery, executionId }, id)
      : progressFrame({ ...item.progress, executionId }, id);
  }

  /** Waits until the client has had the answer to its start. */
  async #untilAnswered(item: QueueItem): Promise<void> {
    const { requests, clock } = this.#options;
    const until = clock() + longestHoldMs;
    while (!this.#out.signal.aborted && clock() < until) {
      const request = await requests.find(item.key).catch(() => undefined);
      if (request === undefined) return;
      const leftMs = request.answeredAt === undefined ? 50 : request.answeredAt + afterAnswerMs - clock();
      if (leftMs <= 0) return;
      await sleep(leftMs);
    }
  }
}

type Cursor = Awaited<ReturnType<typeof createCursor>>;

/** Up to where a client has its results, and whether this stream is its newest one. */
async function createCursor({ client, lastEventId }: Listener, { store, clock, keepMs }: EventStreamOptions) {
  const until = () => new Date(clock() + keepMs);
  const [cursorName, streamName] = [`cursor.${client.queue}`, `stream.${client.queue}`];
  const streamId = crypto.randomUUID();
  await store.set(streamName, streamId, until());
  await store.notify(client.queue);
  // The client's own word first: it knows what it has received. Then what was delivered before, then all that is kept.
  let position = positionOf(client, lastEventId) ?? (await store.get(cursorName)) ?? '0';
  let keptAt = clock();
  return {
    position: () => position,
    async move(id: string): Promise<void> {
      position = id;
      // A position that is not kept costs a second delivery at most, never a lost result.
      await store.set(cursorName, id, until()).catch(() => {});
    },
    /** Of two streams of one client the newer one gets the results. */
    async isNewest(): Promise<boolean> {
      const newest = await store.get(streamName).catch(() => streamId);
      if (newest !== undefined && newest !== streamId) return false;
      if (newest === undefined || clock() - keptAt > keepMs / 2) {
        keptAt = clock();
        await store.set(streamName, streamId, until()).catch(() => {});
      }
      return true;
    },
  };
}

/** The client is part of the id, so that a browser that connects again by itself is known by it. */
const eventId = ({ clientId }: LiveClient, position: string): string => `${clientId}/${position}`;

function positionOf({ clientId }: LiveClient, lastEventId: string | undefined): string | undefined {
  if (lastEventId === undefined || !lastEventId.startsWith(`${clientId}/`)) return undefined;
  const position = lastEventId.slice(clientId.length + 1);
  return /^[\d-]{1,64}$/.test(position) ? position : undefined;
}

/** Notifies the streams of this process that something came for their client. */
export interface Notifications {
  /** @param queue undefined: all of them */
  notify(queue: string | undefined): void;
  subscribe(queue: string): Subscription;
}

/** The notifications of one stream. */
interface Subscription {
  /** Resolves at a notification, after that time, or when the client has left; at once when one came since the last wait. */
  wait(ms: number, signal: AbortSignal): Promise<void>;
  close(): void;
}

/** A notification carries nothing: a stream that gets one reads the store, so one too many does no harm. */
export function createNotifications(): Notifications {
  const queues = new Map<string, Set<Subscriber>>();
  const notifyAll = (subscribers: Iterable<Subscriber>): void => {
    for (const subscriber of subscribers) {
      subscriber.isNotified = true;
      subscriber.resume();
    }
  };
  return {
    notify(queue) {
      if (queue !== undefined) return notifyAll(queues.get(queue) ?? []);
      for (const subscribers of queues.values()) notifyAll(subscribers);
    },
    subscribe(queue) {
      const subscriber: Subscriber = { isNotified: false, resume: () => {} };
      const subscribers = queues.get(queue) ?? new Set();
      queues.set(queue, subscribers.add(subscriber));
      return {
        async wait(ms, signal) {
          if (!subscriber.isNotified && !signal.aborted) await wait(subscriber, ms, signal);
          subscriber.isNotified = false;
        },
        close() {
          subscribers.delete(subscriber);
          if (subscribers.size === 0) queues.delete(queue);
        },
      };
    },
  };
}

/** `isNotified` remembers a notification that came while the stream did not wait. */
interface Subscriber {
  isNotified: boolean;
  resume: () => void;
}

function wait(subscriber: Subscriber, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    // One end for the timer, the notification and a client that leaves; each removes the others.
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      subscriber.resume = () => {};
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done, { once: true });
    subscriber.resume = done;
  });
}

/** Frames of `GET /events`: one JSON-RPC 2.0 object each, named by its method. The form is that of the earlier gateway. */

/**
 * A JSON-RPC 2.0 object as text. It has no line break, so it is one `data` line (HTML Standard, server-sent events).
 */
const rpc = (members: object): string => JSON.stringify({ jsonrpc: '2.0', ...members });

/** @param id of the event, for `Last-Event-ID` */
function frame(event: string, data: string, id?: string): string {
  return `${id === undefined ? '' : `id: ${id}\n`}event: ${event}\ndata: ${data}\n\n`;
}

/** A request whose result has not been delivered. Casing is that of the earlier gateway, also below. */
interface PendingView {
  readonly requestId: string;
  readonly executionId: string | null;
  readonly playbookPath: string;
}

/** A request as `hello` names it. */
const pendingView = ({ requestId, executionId, path }: LiveRequest): PendingView => ({
  requestId,
  executionId: executionId ?? null,
  playbookPath: path,
});

/** The first frame of a stream. */
function helloFrame(version: string, clientId: string, pending: readonly PendingView[], id: string): string {
  const result = {
    protocolVersion: '2024-11-05',
    serverInfo: { name: 'noetl-gateway', version },
    clientId,
    capabilities: { playbooks: true, callbacks: true, subscriptions: false, playbookState: true },
    ...(pending.length === 0 ? {} : { pendingRequests: pending }),
  };
  return frame('message', rpc({ id: 1, result }), id);
}

/** The heartbeat, as an event. */
const pingFrame = frame('ping', rpc({ method: 'ping', params: {} }));
/** Keeps the connection open. Clients do not see a comment (HTML Standard, server-sent events). */
const pingComment = ': ping\n\n';
/** How long a browser waits before it connects again. */
const retryLine = 'retry: 3000\n\n';

/** The web UI logs out at this code. */
const unauthorized = -32001;

/** The last frame of a stream whose session is over. */
export const sessionEndedFrame = frame(
  'error',
  rpc({ error: { code: unauthorized, message: 'Invalid or expired session' } }),
);

/** State before result: one client ends its wait at the state, and forgets the request at the result. */
function resultFrames(delivery: Delivery, id: string): string {
  const { requestId, executionId, status, data = null, error, at } = delivery;
  const isFailed = error !== undefined;
  const state = {
    execution_id: executionId,
    event_type: isFailed ? 'playbook.failed' : 'playbook.completed',
    step_name: null,
    status: isFailed ? 'failed' : 'completed',
    at,
  };
  const result = isFailed
    ? { requestId, executionId, status: 'FAILED', error }
    : { requestId, executionId, status, data };
  return (
    frame('playbook/state', rpc({ method: 'playbook/state', params: state })) +
    frame('playbook/result', rpc({ method: 'playbook/result', params: result }), id)
  );
}

/** A frame of a playbook's own report. @param id of the event, for `Last-Event-ID` */
function progressFrame({ requestId, executionId, step, message, progress }: Progress, id: string): string {
  const params = { requestId, executionId, step, message, progress };
  return frame('playbook/progress', rpc({ method: 'playbook/progress', params }), id);
}
