import type { Clock } from '../../plugins/clock.ts';
import type { SessionToken } from '../../plugins/noetl-auth/session/session-token.ts';
import type { AnswerStream } from '../http/answer-stream.ts';
import type { LiveClient } from './client-ids.ts';
import {
  helloFrame,
  pingComment,
  pingFrame,
  progressFrame,
  resultFrames,
  retryLine,
  sessionEndedFrame,
} from './frames.ts';
import { type LiveRequest, type LiveRequests, pendingView } from './live-requests.ts';
import type { LiveEntry, LiveStore } from './live-store.ts';
import type { QueueItem } from './result-queue.ts';
import type { Wakes } from './wakes.ts';

export interface EventStreamOptions {
  readonly store: LiveStore;
  readonly requests: LiveRequests;
  readonly wakes: Wakes;
  readonly clock: Clock;
  readonly version: string;
  readonly heartbeatMs: number;
  /** The stream ends after this; 0: never, milliseconds. */
  readonly connectionMs: number;
  readonly keepMs: number;
  /** Follows the requests of a client that is there. */
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
/** The session is checked again after this, and what was missed is found, milliseconds. */
const lookMs = 5_000;
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
  const { store, wakes, clock, heartbeatMs, connectionMs } = options;
  // Before the first look: what comes between the look and the wait ends the wait at once.
  const turn = wakes.open(listener.client.queue);
  try {
    const cursor = await createCursor(store, listener, options);
    if (!(await greet(out, listener, cursor.at(), options))) return;
    const now = clock();
    const endsAt = connectionMs > 0 ? now + connectionMs : Number.POSITIVE_INFINITY;
    const times = { pingAt: now + heartbeatMs, sentAt: now, watchAt: now + orphanMs };
    while (!out.signal.aborted && clock() < endsAt) {
      if (!(await takeTurn(out, listener, cursor, times, options))) return;
      await beat(out, times, options);
      await watchOrphans(listener, times, options);
      const next = Math.min(times.pingAt, times.sentAt + silentMs, clock() + lookMs, endsAt);
      await turn.wait(Math.max(1, next - clock()), out.signal);
    }
  } finally {
    turn.close();
  }
}

/** @returns false: the stream is over */
async function takeTurn(
  out: AnswerStream,
  listener: Listener,
  cursor: Cursor,
  times: Times,
  options: EventStreamOptions,
): Promise<boolean> {
  if (!(await cursor.isOurs())) return false;
  // Without an answer nothing is delivered, and nothing is lost.
  const mayStay = await listener.mayStay().catch(() => undefined);
  if (mayStay === false) await out.write(sessionEndedFrame);
  if (mayStay === true && (await deliver(out, listener, cursor, options))) times.sentAt = options.clock();
  return mayStay !== false;
}

interface Times {
  pingAt: number;
  sentAt: number;
  watchAt: number;
}

/** The replica that started a playbook watches it. That one may be gone: what is pending for long is watched here too. */
async function watchOrphans({ client }: Listener, times: Times, options: EventStreamOptions): Promise<void> {
  const { requests, clock, watch } = options;
  const now = clock();
  if (now < times.watchAt) return;
  times.watchAt = now + orphanMs;
  const pending = await requests.pending(client.queue).catch(() => []);
  for (const request of pending) if (request.registeredAt <= now - orphanMs) watch(request);
}

/** The `ping` event of the heartbeat, and a comment where nothing was sent for a while. */
async function beat(out: AnswerStream, times: Times, { clock, heartbeatMs }: EventStreamOptions): Promise<void> {
  const now = clock();
  if (now >= times.pingAt) await out.write(pingFrame);
  else if (now - times.sentAt >= silentMs) await out.write(pingComment);
  else return;
  times.sentAt = clock();
  if (now >= times.pingAt) times.pingAt = clock() + heartbeatMs;
}

/** Sends `hello` with what the client waits for, and watches it. @returns false: the client has left */
async function greet(
  out: AnswerStream,
  { client }: Listener,
  position: string,
  { requests, version, watch }: EventStreamOptions,
): Promise<boolean> {
  const pending = await requests.pending(client.queue);
  for (const request of pending) watch(request);
  const hello = helloFrame(version, client.clientId, pending.map(pendingView), eventId(client, position));
  return (await out.write(retryLine + hello)) && out.write(pingFrame);
}

type Cursor = Awaited<ReturnType<typeof createCursor>>;

/** Up to where a client has its results, and whether this stream is its newest one. */
async function createCursor(store: LiveStore, { client, lastEventId }: Listener, options: EventStreamOptions) {
  const { clock, keepMs } = options;
  const until = () => new Date(clock() + keepMs);
  const [cursorName, streamName] = [`cursor.${client.queue}`, `stream.${client.queue}`];
  const mine = crypto.randomUUID();
  await store.set(streamName, mine, until());
  await store.wake(client.queue);
  // The client's own word first: it knows what it has received. Then what was delivered before, then all that is kept.
  let position = positionOf(client, lastEventId) ?? (await store.get(cursorName)) ?? '0';
  let keptAt = clock();
  return {
    at: () => position,
    async move(id: string): Promise<void> {
      position = id;
      // A position that is not kept costs a second delivery at most, never a lost result.
      await store.set(cursorName, id, until()).catch(() => {});
    },
    /** Of two streams of one client the newer one gets the results. */
    async isOurs(): Promise<boolean> {
      const newest = await store.get(streamName).catch(() => mine);
      if (newest !== undefined && newest !== mine) return false;
      if (newest === undefined || clock() - keptAt > keepMs / 2) {
        keptAt = clock();
        await store.set(streamName, mine, until()).catch(() => {});
      }
      return true;
    },
  };
}

/** Sends what is in the queue, one entry after the other. @returns whether there was something */
async function deliver(
  out: AnswerStream,
  listener: Listener,
  cursor: Cursor,
  options: EventStreamOptions,
): Promise<boolean> {
  let hasSent = false;
  for (;;) {
    const entries = await options.store.read(listener.client.queue, cursor.at()).catch(() => []);
    if (entries.length === 0) return hasSent;
    for (const entry of entries) {
      const isSent = await deliverEntry(out, listener, cursor, entry, options);
      if (!isSent) return hasSent;
      hasSent = true;
      // After it was sent: a stream that breaks in between sends it again.
      await cursor.move(entry.id);
    }
  }
}

/** @returns false: not now. What the user may no longer see counts as delivered. */
async function deliverEntry(
  out: AnswerStream,
  listener: Listener,
  cursor: Cursor,
  entry: LiveEntry,
  options: EventStreamOptions,
): Promise<boolean> {
  let item: QueueItem | undefined;
  try {
    item = await options.requests.read(entry);
  } catch {
    return false;
  }
  if (item === undefined) return true;
  await untilAnswered(item, out.signal, options);
  if (out.signal.aborted || !(await cursor.isOurs())) return false;
  try {
    // Decided now, and not when the playbook was started: grants and roles may have changed.
    if (!(await listener.maySee(item.path))) return true;
    return await out.write(await framesOf(item, entry, listener.client, options));
  } catch {
    return false;
  }
}

async function framesOf(
  item: QueueItem,
  entry: LiveEntry,
  client: LiveClient,
  { requests }: EventStreamOptions,
): Promise<string> {
  const id = eventId(client, entry.id);
  const found = item.kind === 'result' ? item.delivery : item.progress;
  // A callback that came first did not have to know its execution.
  const executionId = found.executionId ?? (await requests.find(item.key))?.executionId ?? null;
  return item.kind === 'result'
    ? resultFrames({ ...item.delivery, executionId }, id)
    : progressFrame({ ...item.progress, executionId }, id);
}

/** Waits until the client has had the answer to its start. */
async function untilAnswered(
  item: QueueItem,
  signal: AbortSignal,
  { requests, clock }: EventStreamOptions,
): Promise<void> {
  const until = clock() + longestHoldMs;
  while (!signal.aborted && clock() < until) {
    const request = await requests.find(item.key).catch(() => undefined);
    if (request === undefined) return;
    const leftMs = request.answeredAt === undefined ? 50 : request.answeredAt + afterAnswerMs - clock();
    if (leftMs <= 0) return;
    await new Promise((resolve) => setTimeout(resolve, leftMs));
  }
}

/** The client is part of the id, so that a browser that connects again by itself is known by it. */
const eventId = ({ clientId }: LiveClient, position: string): string => `${clientId}/${position}`;

function positionOf({ clientId }: LiveClient, lastEventId: string | undefined): string | undefined {
  if (lastEventId === undefined || !lastEventId.startsWith(`${clientId}/`)) return undefined;
  const position = lastEventId.slice(clientId.length + 1);
  return /^[\d-]{1,64}$/.test(position) ? position : undefined;
}
