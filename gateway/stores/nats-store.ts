import type { NatsConnection } from '@nats-io/transport-node';
import type { Clock } from '../../plugins/clock.ts';
import { GatewayError } from '../../plugins/errors.ts';
import { once } from '../../plugins/single-flight.ts';
import { bucketOn, type NatsBucket, openBucket, watchRecords } from './nats-bucket.ts';
import { keepNatsConnected, parseNatsUrl } from './nats-connection.ts';
import { followQueues, type NatsQueues, openQueues, queueNames } from './nats-queues.ts';
import {
  compareAndSet,
  createListeners,
  memberText,
  type Notice,
  pingMs,
  readMember,
  readMembers,
  type SharedStore,
  type StoreSpace,
  storeTitles,
} from './shared-store.ts';

export interface NatsStoreOptions {
  /** See {@link parseNatsUrl}. */
  readonly url: string;
  readonly clock: Clock;
  readonly space: StoreSpace;
  /** Part of every key and subject. */
  readonly prefix: string;
  /** For how long entries of queues are kept. */
  readonly keepMs: number;
  /** One command. */
  readonly timeoutMs?: number;
}

/** Keys as in earlier releases. Records of results carry their end, those of sessions have one inside. */
const layouts = {
  sessions: { bucket: '', client: 'noetl-gateway', record: '', group: '', isDated: false },
  results: { bucket: '_live', client: 'noetl-gateway-results', record: 'record.', group: 'group.', isDated: true },
} as const;

/** Records and members of groups in a key-value bucket of JetStream, queues in a stream; both are made when they are missing. */
export function createNatsStore(options: NatsStoreOptions): SharedStore {
  const { clock, space, prefix } = options;
  const { record, group: groups, isDated } = layouts[space];
  const { run, notify, ...server } = connectStore(options);
  const keyOf = (name: string) => `${prefix}.${record}${name}`;
  const memberKey = (group: string, member: string) => `${prefix}.${groups}${group}.${member}`;
  const encode = (text: string, until: Date) => (isDated ? `${until.getTime()}\n${text}` : text);
  const decode = (kept: string | undefined) => {
    if (kept === undefined || !isDated) return kept;
    const end = kept.indexOf('\n');
    return Number(kept.slice(0, end)) <= clock() ? undefined : kept.slice(end + 1);
  };

  return {
    keyOf,
    get: (name) => run(async (to) => decode((await to.read(keyOf(name))).text)),
    set: (name, text, until) => run((to) => to.write(keyOf(name), encode(text, until), until)),
    change: (name, until, decide) =>
      run((to) =>
        compareAndSet(
          space,
          async () => {
            const { text, version } = await to.read(keyOf(name));
            return { text: decode(text), version };
          },
          decide,
          (text, version) => to.writeOver(version, keyOf(name), encode(text, until), until),
        ),
      ),
    // A key for each, so that those who add at the same time do not wait for each other.
    add: (group, member, text, until) =>
      run((to) => to.write(memberKey(group, member), memberText(text, until), until)),
    // An empty text is no member; the server drops it at once.
    drop: (group, member) => run((to) => to.write(memberKey(group, member), '', new Date(clock()))),
    member: (group, member) => run(async (to) => readMember((await to.read(memberKey(group, member))).text, clock())),
    members: (group) =>
      run(async (to) => {
        const place = memberKey(group, '');
        const kept = await to.list(`${place}>`);
        return readMembers(
          kept.map(({ key, text }) => [key.slice(place.length), text] as const),
          clock(),
        );
      }),
    append: (queue, text, _until, once) => run(async (to) => (await to.queues()).append(queue, text, once)),
    read: (queue, after) => run(async (to) => (await to.queues()).read(queue, after)),
    notify,
    onNotice: server.listen,
    async ping() {
      await run((to) => to.write(`${prefix}.ping`, '', new Date(clock() + pingMs)));
      await server.assertReceived();
    },
    close: server.close,
  };
}

/** The parts that exist while there is a connection. */
type Opened = NatsBucket & { readonly queues: () => Promise<NatsQueues> };

/** The bucket and the stream while there is a connection, and the notices that arrive. */
function connectStore(options: NatsStoreOptions) {
  const { url, clock, space, prefix, timeoutMs = 1_000 } = options;
  const { bucket, client } = layouts[space];
  const { connection, bucket: base, replicas } = parseNatsUrl(url);
  const names = queueNames(base, prefix);
  const { add: listen, notify } = createListeners<Notice>();
  const records = watchRecords(`${prefix}.`, notify);
  let opened: Promise<Opened> | undefined;

  /** One attempt for a connection. After a failure the next caller opens it again: the bucket may be gone. */
  function open(nc: NatsConnection): Promise<Opened> {
    opened ??= (async () => {
      const kv = await openBucket(nc, `${base}${bucket}`, replicas, timeoutMs);
      // What is written there is a notice. Results have notices of their own.
      if (space === 'sessions') records.follow(kv);
      const queues = once(() => openQueues(nc, names, { ...options, replicas, timeoutMs }));
      return { ...(await bucketOn(nc, kv, clock, timeoutMs)), queues };
    })();
    opened.catch(() => {});
    return opened;
  }

  const link = keepNatsConnected(
    { ...connection, name: client, timeout: timeoutMs },
    {
      onConnected(nc) {
        opened = undefined;
        if (space === 'results') followQueues(nc, names, notify);
        open(nc).catch(() => {});
      },
      onLost: records.stop,
    },
  );

  async function connected(): Promise<NatsConnection> {
    const nc = await link.current();
    if (nc !== undefined) return nc;
    throw new GatewayError('ERR_STORE', `${storeTitles[space]} is not connected`, {
      cause: link.problem(),
      retryAfterSecs: 1,
    });
  }

  return {
    async run<T>(command: (opened: Opened) => Promise<T>): Promise<T> {
      try {
        return await command(await open(await connected()));
      } catch (cause) {
        if (cause instanceof GatewayError) throw cause;
        opened = undefined;
        throw new GatewayError('ERR_STORE', `${storeTitles[space]} does not answer`, { cause, retryAfterSecs: 1 });
      }
    },
    notify: async (name: string) => (await connected()).publish(`${names.notices}.${name}`),
    listen,
    /** Waits for a watch that is being made. @throws ERR_STORE */
    async assertReceived() {
      if (space === 'results' || (await records.isWatching())) return;
      throw new GatewayError('ERR_STORE', 'notices of the store are not received');
    },
    close: link.close,
  };
}
