import {
  type JetStreamManager,
  jetstream,
  jetstreamManager,
  type MsgRequest,
  RetentionPolicy,
  StorageType,
} from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import type { Clock } from '../../plugins/clock.ts';
import { maxQueued, maxRead, type Notice, type QueueEntry, type SharedStore } from './shared-store.ts';

/** Queues in a stream of JetStream, one subject each. */
export interface NatsQueues extends Pick<SharedStore, 'read'> {
  append(queue: string, text: string, once?: string): Promise<boolean>;
}

interface QueueNames {
  readonly stream: string;
  /** Entries and notices both name the queue at the end of their subject. */
  readonly entries: string;
  readonly notices: string;
}

/** @param bucket the name that the store's URL gives */
export const queueNames = (bucket: string, prefix: string): QueueNames => ({
  stream: `${bucket}_results_${prefix}`,
  entries: `noetl_gateway.results.${prefix}`,
  notices: `noetl_gateway.wake.${prefix}`,
});

const nanosPerMs = 1_000_000;

export async function openQueues(
  nc: NatsConnection,
  names: QueueNames,
  options: { readonly clock: Clock; readonly keepMs: number; readonly replicas: number; readonly timeoutMs: number },
): Promise<NatsQueues> {
  const { clock, keepMs, replicas, timeoutMs } = options;
  const jsm = await jetstreamManager(nc, { timeout: timeoutMs });
  const js = jetstream(nc, { timeout: timeoutMs });
  const config = {
    name: names.stream,
    subjects: [`${names.entries}.>`],
    retention: RetentionPolicy.Limits,
    storage: StorageType.File,
    num_replicas: replicas,
    max_msgs_per_subject: maxQueued,
    // The stream has one age for all entries.
    max_age: keepMs * nanosPerMs,
    // The first of all results of a request counts, for as long as results are kept.
    duplicate_window: keepMs * nanosPerMs,
  };
  // It may be there, with the settings of an earlier config.
  await jsm.streams.add(config).catch(() => jsm.streams.update(names.stream, config));
  const state = followStream(jsm, names.stream, clock);
  const subjectOf = (queue: string) => `${names.entries}.${queue}`;
  return {
    // Of entries with one message id JetStream keeps the first.
    append: async (queue, text, once) =>
      !(await js.publish(subjectOf(queue), text, once === undefined ? {} : { msgID: once })).duplicate,
    read: async (queue, after) => readQueue(jsm, { name: names.stream, ...(await state()) }, subjectOf(queue), after),
  };
}

const followed = new WeakSet<NatsConnection>();

/** Notices of queues. The subscriptions of a connection outlive its reconnections. */
export function followQueues(nc: NatsConnection, { entries, notices }: QueueNames, notify: (notice: Notice) => void) {
  // Some may have gone by while there was no connection.
  notify({ missed: true });
  if (followed.has(nc)) return;
  followed.add(nc);
  for (const base of [entries, notices]) {
    nc.subscribe(`${base}.>`, {
      callback: (_error, { subject }) => notify({ name: subject.slice(base.length + 1) }),
    });
  }
}

/** A stream that was lost and made again counts from 1 again, so an entry is named by the stream and its number. */
interface StreamState {
  /** When it was made, milliseconds. */
  readonly madeAt: number;
  readonly lastSeq: number;
}

/** Entries of one subject after an id, oldest first. @throws what JetStream throws, also when there is no such stream */
async function readQueue(
  jsm: JetStreamManager,
  stream: StreamState & { readonly name: string },
  subject: string,
  after: string | undefined,
): Promise<readonly QueueEntry[]> {
  const entries: QueueEntry[] = [];
  let seq = nextSeq(stream, after);
  while (entries.length < maxRead) {
    // The API of JetStream has it; the types of the client have it for reads of followers only, which may be late.
    const next = { seq, next_by_subj: subject } as unknown as MsgRequest;
    const message = await jsm.streams.getMessage(stream.name, next);
    if (message === null) break;
    entries.push({ id: `${stream.madeAt}-${message.seq}`, text: message.string() });
    seq = message.seq + 1;
  }
  return entries;
}

/**
 * Where reading goes on after an id. An id of an earlier stream is before everything that this one has. Ids of earlier releases
 * have no stream, and count as such when they are beyond its end.
 */
function nextSeq({ madeAt, lastSeq }: StreamState, after: string | undefined): number {
  const [, stream, text] = /^(?:(\d{1,15})-)?(\d{1,15})$/.exec(after ?? '') ?? [];
  const isEarlier = stream === undefined ? Number(text) > lastSeq : Number(stream) !== madeAt;
  return text === undefined || isEarlier ? 1 : Number(text) + 1;
}

/** Another replica may have made the stream again. Until that is noticed, its entries wait. */
const lookAgainMs = 2_000;

/** The stream as it is now, or was a moment ago. What fails is not kept. */
function followStream(jsm: JetStreamManager, name: string, clock: Clock): () => Promise<StreamState> {
  const ask = async (): Promise<StreamState> => {
    const { created, state } = await jsm.streams.info(name);
    return { madeAt: Date.parse(created), lastSeq: state.last_seq };
  };
  let kept: { readonly answer: Promise<StreamState>; readonly atMs: number } | undefined;
  return () => {
    if (kept === undefined || clock() - kept.atMs >= lookAgainMs) {
      const answer = ask();
      kept = { answer, atMs: clock() };
      answer.catch(() => {
        kept = undefined;
      });
    }
    return kept.answer;
  };
}
