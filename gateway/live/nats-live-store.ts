import {
  type JetStreamClient,
  type JetStreamManager,
  jetstream,
  jetstreamManager,
  RetentionPolicy,
  StorageType,
} from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import type { Clock } from '../../plugins/clock.ts';
import { GatewayError } from '../../plugins/errors.ts';
import { createListeners } from '../../plugins/listeners.ts';
import { type NatsBucket, openNatsBucket } from '../stores/nats-bucket.ts';
import { keepNatsConnected } from '../stores/nats-connection.ts';
import { parseNatsUrl } from '../stores/nats-url.ts';
import { type LiveStore, maxQueued } from './live-store.ts';
import { followStream, readQueue, type StreamState } from './nats-queue.ts';

export interface NatsLiveStoreOptions {
  /** See nats-url.ts. */
  readonly url: string;
  readonly clock: Clock;
  /** Part of every key and subject. */
  readonly prefix: string;
  /** For how long entries are kept. */
  readonly keepMs: number;
  /** One command. */
  readonly timeoutMs?: number;
}

/** The parts that exist while there is a connection. */
interface Opened {
  readonly records: NatsBucket;
  readonly js: JetStreamClient;
  readonly jsm: JetStreamManager;
  /** The stream as it is now, or was a moment ago. */
  readonly stream: () => Promise<StreamState>;
}

/** Members of a group, as one record. */
type Group = Record<string, { text: string; untilMs: number }>;

/** Replicas that change one record at once: a client's own requests. */
const attempts = 20;
const nanosPerMs = 1_000_000;

/** Records in a key-value bucket and queues in a stream of JetStream; both are made when they are missing. */
export function createNatsLiveStore(options: NatsLiveStoreOptions): LiveStore {
  const { clock, prefix } = options;
  const { run, streamName, ...link } = connectLive(options);
  const subjectOf = (queue: string) => `${link.subjects}.${queue}`;
  const recordAt = (name: string) => `${prefix}.record.${name}`;
  const groupAt = (group: string) => `${prefix}.group.${group}`;
  // Records of a bucket have one end for all of them, so each carries its own.
  const dated = (text: string, until: Date) => `${until.getTime()}\n${text}`;
  const undated = (kept: string | undefined) => {
    const end = kept?.indexOf('\n') ?? -1;
    return kept === undefined || Number(kept.slice(0, end)) <= clock() ? undefined : kept.slice(end + 1);
  };

  /**
   * Reads, decides, and writes only where no other replica wrote meanwhile.
   * @param decide undefined: the entry is unchanged
   * @returns the entry afterwards
   * @throws ERR_STORE after 20 attempts that other replicas won
   */
  function change(key: string, until: Date, decide: (held: string | undefined) => string | undefined) {
    return run(async ({ records }) => {
      for (let attempt = 0; attempt < attempts; attempt += 1) {
        const { text, revision } = await records.read(key);
        const next = decide(undated(text));
        if (next === undefined) return undated(text) ?? '';
        if (await records.writeOver(revision, key, dated(next, until), until)) return next;
      }
      throw new GatewayError('ERR_STORE', 'the store of results is too busy', { retryAfterSecs: 1 });
    });
  }
  const membersIn = (text: string | undefined): Group => JSON.parse(text ?? '{}');
  const changeGroup = async (group: string, until: Date, edit: (members: Group) => void) => {
    await change(groupAt(group), until, (held) => {
      const members = membersIn(held);
      // Members that are over leave with the next change; until then readers pass over them.
      for (const [name, { untilMs }] of Object.entries(members)) if (untilMs <= clock()) delete members[name];
      edit(members);
      return JSON.stringify(members);
    });
  };

  return {
    set: (name, text, until) => run(({ records }) => records.write(recordAt(name), dated(text, until), until)),
    get: (name) => run(async ({ records }) => undated((await records.read(recordAt(name))).text)),
    claim: (name, text, until) => change(recordAt(name), until, (held) => (held === undefined ? text : undefined)),
    add: (group, member, text, until) =>
      changeGroup(group, until, (members) => {
        members[member] = { text, untilMs: until.getTime() };
      }),
    drop: (group, member) =>
      changeGroup(group, new Date(clock() + options.keepMs), (members) => {
        delete members[member];
      }),
    members: (group) =>
      run(async ({ records }) => {
        const members = Object.entries(membersIn(undated((await records.read(groupAt(group))).text)));
        return new Map(members.filter(([, { untilMs }]) => untilMs > clock()).map(([name, { text }]) => [name, text]));
      }),
    // The stream has one age for all entries (`keepMs`). Of entries with one message id JetStream keeps the first.
    append: (queue, text, _until, once) =>
      run(async ({ js }) => {
        const ack = await js.publish(subjectOf(queue), text, once === undefined ? {} : { msgID: once });
        return !ack.duplicate;
      }),
    read: (queue, after) =>
      run(async ({ jsm, stream }) =>
        readQueue(jsm, { name: streamName, ...(await stream()) }, subjectOf(queue), after),
      ),
    clear: (queue) => run(async ({ jsm }) => void (await jsm.streams.purge(streamName, { filter: subjectOf(queue) }))),
    wake: (queue) => link.wake(queue),
    onWake: link.listen,
    close: link.close,
  };
}

/** The bucket and the stream while there is a connection, and what wakes readers. */
function connectLive(options: NatsLiveStoreOptions) {
  const { url, prefix, timeoutMs = 1_000 } = options;
  const { connection, bucket, replicas } = parseNatsUrl(url);
  const names = { bucket: `${bucket}_live`, stream: `${bucket}_results_${prefix}`, replicas };
  const subjects = { results: `noetl_gateway.results.${prefix}`, wakes: `noetl_gateway.wake.${prefix}` };
  const wakes = createWakeListeners(Object.values(subjects));
  let opened: Promise<Opened> | undefined;

  function open(nc: NatsConnection): Promise<Opened> {
    // Once for a connection; what fails is opened again by the next command.
    opened ??= openLive(nc, { ...options, ...names, timeoutMs, subjects: [`${subjects.results}.>`] });
    opened.catch(() => {});
    return opened;
  }

  const link = keepNatsConnected(
    { ...connection, name: 'noetl-gateway-results', timeout: timeoutMs, ...reconnection },
    {
      onConnected(nc) {
        opened = undefined;
        wakes.follow(nc);
        open(nc).catch(() => {});
      },
      onLost: () => {},
    },
  );

  async function connected(): Promise<NatsConnection> {
    const nc = await link.current();
    if (nc === undefined) throw new GatewayError('ERR_STORE', 'the store of results is not connected');
    return nc;
  }

  return {
    subjects: subjects.results,
    streamName: names.stream,
    async run<T>(command: (opened: Opened) => Promise<T>): Promise<T> {
      try {
        return await command(await open(await connected()));
      } catch (cause) {
        if (cause instanceof GatewayError) throw cause;
        opened = undefined;
        throw new GatewayError('ERR_STORE', 'the store of results does not answer', { cause, retryAfterSecs: 1 });
      }
    },
    wake: async (queue: string) => (await connected()).publish(`${subjects.wakes}.${queue}`),
    listen: wakes.listen,
    close: link.close,
  };
}

interface LiveNames extends NatsLiveStoreOptions {
  readonly bucket: string;
  readonly stream: string;
  readonly subjects: string[];
  readonly replicas: number;
  readonly timeoutMs: number;
}

async function openLive(nc: NatsConnection, names: LiveNames): Promise<Opened> {
  const { bucket, stream, subjects, replicas, timeoutMs, keepMs, clock } = names;
  const records = await openNatsBucket(nc, { name: bucket, replicas, timeoutMs, clock });
  const jsm = await jetstreamManager(nc, { timeout: timeoutMs });
  const config = {
    name: stream,
    subjects,
    retention: RetentionPolicy.Limits,
    storage: StorageType.File,
    num_replicas: replicas,
    max_msgs_per_subject: maxQueued,
    max_age: keepMs * nanosPerMs,
    // The first of all results of a request counts, for as long as results are kept.
    duplicate_window: keepMs * nanosPerMs,
  };
  // It may be there, with the settings of an earlier config.
  await jsm.streams.add(config).catch(() => jsm.streams.update(stream, config));
  return { records, jsm, js: jetstream(nc, { timeout: timeoutMs }), stream: followStream(jsm, stream, clock) };
}

/** Entries and wakes both name the queue at the end of their subject. */
function createWakeListeners(bases: readonly string[]) {
  const { add: listen, notify: wake } = createListeners<string | undefined>();
  let followed: NatsConnection | undefined;
  return {
    listen,
    follow(nc: NatsConnection): void {
      // Some may have gone by while there was no connection.
      wake(undefined);
      if (followed === nc) return;
      followed = nc;
      for (const base of bases) {
        nc.subscribe(`${base}.>`, { callback: (_error, { subject }) => wake(subject.slice(base.length + 1)) });
      }
    },
  };
}

/** Dead connections are found within seconds, and tried again for ever. */
const reconnection = {
  maxReconnectAttempts: -1,
  reconnectTimeWait: 250,
  pingInterval: 2_000,
  maxPingOut: 2,
  ignoreClusterUpdates: true,
} as const;
