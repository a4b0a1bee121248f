import { JetStreamApiCodes, JetStreamApiError, type JetStreamClient, jetstream } from '@nats-io/jetstream';
import { type KV, Kvm } from '@nats-io/kv';
import type { NatsConnection } from '@nats-io/transport-node';
import type { Clock } from '../../plugins/clock.ts';

export interface NatsBucketOptions {
  readonly name: string;
  /** Copies in a cluster, when the bucket is made here. */
  readonly replicas: number;
  readonly timeoutMs: number;
  readonly clock: Clock;
}

/** A text under a key, and its revision; `text` undefined: the key has no text, or no longer. */
export interface NatsEntry {
  readonly text: string | undefined;
  readonly revision: number;
}

/** A key-value bucket that is there. */
export interface NatsBucket {
  read(key: string): Promise<NatsEntry>;
  /** Writes over any present entry. */
  write(key: string, text: string, keepUntil: Date): Promise<void>;
  /** Writes only while the key's last revision is still the given one. @returns false: it is not. */
  writeOver(revision: number, key: string, text: string, keepUntil: Date): Promise<boolean>;
  /**
   * The keys and texts that match, for example `sessions-of.7.*`, as they are now.
   * @throws when it takes longer than five commands may
   */
  list(filter: string): Promise<readonly NatsChange[]>;
  /** Texts as they are written from now on, by anyone. Ends when the iterator is stopped. */
  watch(): Promise<AsyncIterable<NatsChange> & { stop(): void }>;
}

/** A text as it was written. */
export interface NatsChange {
  readonly key: string;
  readonly text: string;
}

/**
 * What a store writes is needed for less: the longest session, and the longest memory of its end. Servers from 2.11 on
 * also drop each value at its own time.
 */
const maxAgeMs = 100 * 24 * 3_600_000;

/** Opens the bucket, and makes it when it is missing. */
export async function openNatsBucket(nc: NatsConnection, options: NatsBucketOptions): Promise<NatsBucket> {
  const { name, replicas, timeoutMs } = options;
  const js = jetstream(nc, { timeout: timeoutMs });
  const kv = await new Kvm(js).create(name, {
    description: 'Sessions of the NoETL gateway; keys are hashes.',
    history: 1,
    ttl: maxAgeMs,
    replicas,
    // Reads of followers may be late, and an ended session must not look alive.
    allow_direct: false,
    ...(hasValueTtl(nc) ? { markerTTL: 60_000 } : {}),
  });
  const { streamInfo } = await kv.status();
  return bucketOn(js, kv, { ...options, valueTtl: streamInfo.config.allow_msg_ttl === true });
}

function bucketOn(js: JetStreamClient, kv: KV, options: NatsBucketOptions & { valueTtl: boolean }): NatsBucket {
  const subjectOf = (key: string) => `$KV.${options.name}.${key}`;
  const ttl = (keepUntil: Date) => {
    if (!options.valueTtl) return {};
    return { ttl: `${Math.max(1, Math.ceil((keepUntil.getTime() - options.clock()) / 1_000))}s` };
  };
  return {
    // A deletion is an entry, too: it has a revision and no text.
    async read(key) {
      const entry = await kv.get(key);
      return { text: entry?.operation === 'PUT' ? entry.string() : undefined, revision: entry?.revision ?? 0 };
    },
    async write(key, text, keepUntil) {
      await js.publish(subjectOf(key), text, { timeout: options.timeoutMs, ...ttl(keepUntil) });
    },
    async writeOver(revision, key, text, keepUntil) {
      // JetStream compares on the server, so of two writers one gets the error.
      const expect = { lastSubjectSequence: revision };
      try {
        await js.publish(subjectOf(key), text, { timeout: options.timeoutMs, expect, ...ttl(keepUntil) });
        return true;
      } catch (error) {
        if (isOvertaken(error)) return false;
        throw error;
      }
    },
    list: (filter) => listed(kv, filter, 5 * options.timeoutMs),
    async watch() {
      const updates = await kv.watch({ include: 'updates' });
      return { stop: () => updates.stop(), [Symbol.asyncIterator]: () => puts(updates) };
    },
  };
}

/** @throws when the list is not complete in time: a part of it would hide sessions */
async function listed(kv: KV, filter: string, withinMs: number): Promise<readonly NatsChange[]> {
  const entries = await kv.history({ key: filter });
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    entries.stop();
  }, withinMs);
  try {
    const found: NatsChange[] = [];
    for await (const change of puts(entries)) found.push(change);
    if (isLate) throw new Error(`the list was not complete after ${withinMs} ms`);
    return found;
  } finally {
    clearTimeout(timer);
  }
}

/** Written entries; deletions are passed over. */
async function* puts(updates: Awaited<ReturnType<KV['watch']>>): AsyncGenerator<NatsChange> {
  for await (const entry of updates) {
    if (entry.operation === 'PUT') yield { key: entry.key, text: entry.string() };
  }
}

function isOvertaken(error: unknown): boolean {
  const { StreamWrongLastSequence, StreamWrongLastSequenceUnknown } = JetStreamApiCodes;
  return (
    error instanceof JetStreamApiError &&
    (error.code === StreamWrongLastSequence || error.code === StreamWrongLastSequenceUnknown)
  );
}

/** Servers can let single values expire from 2.11 on. */
function hasValueTtl(nc: NatsConnection): boolean {
  const [major = 0, minor = 0] = (nc.info?.version ?? '').split('.').map(Number);
  return major > 2 || (major === 2 && minor >= 11);
}
