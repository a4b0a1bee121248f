import { setTimeout as delay } from 'node:timers/promises';
import { JetStreamApiCodes, JetStreamApiError, jetstream } from '@nats-io/jetstream';
import { type KV, type KvEntry, Kvm } from '@nats-io/kv';
import type { NatsConnection } from '@nats-io/transport-node';
import type { Clock } from '../../plugins/clock.ts';
import type { Notice } from './shared-store.ts';

/** A key-value bucket that is there. */
export interface NatsBucket {
  /** The text of a key, and its revision; `text` undefined: the key has no text, or no longer. */
  read(key: string): Promise<{ readonly text: string | undefined; readonly version: number }>;
  /** Writes over any present entry. */
  write(key: string, text: string, until: Date): Promise<void>;
  /** Writes only while the key's last revision is still the given one. @returns false: it is not. */
  writeOver(version: number, key: string, text: string, until: Date): Promise<boolean>;
  /** The keys and texts that match, as they are now. @throws when it takes longer than five commands may */
  list(filter: string): Promise<readonly { readonly key: string; readonly text: string }[]>;
}

/**
 * What a store writes is needed for less: the longest session, and the longest memory of its end. Servers from 2.11 on
 * also drop each value at its own time.
 */
const maxAgeMs = 100 * 24 * 3_600_000;

/** Opens the bucket, and makes it when it is missing. @param replicas copies in a cluster, when it is made here */
export async function openBucket(nc: NatsConnection, name: string, replicas: number, timeoutMs: number): Promise<KV> {
  return new Kvm(jetstream(nc, { timeout: timeoutMs })).create(name, {
    description: 'Sessions of the NoETL gateway; keys are hashes.',
    history: 1,
    ttl: maxAgeMs,
    replicas,
    // Reads of followers may be late, and an ended session must not look alive.
    allow_direct: false,
    ...(hasValueTtl(nc) ? { markerTTL: 60_000 } : {}),
  });
}

export async function bucketOn(nc: NatsConnection, kv: KV, clock: Clock, timeoutMs: number): Promise<NatsBucket> {
  const js = jetstream(nc, { timeout: timeoutMs });
  const { bucket, streamInfo } = await kv.status();
  const subjectOf = (key: string) => `$KV.${bucket}.${key}`;
  const ttl = (until: Date) =>
    streamInfo.config.allow_msg_ttl === true
      ? { ttl: `${Math.max(1, Math.ceil((until.getTime() - clock()) / 1_000))}s` }
      : {};
  return {
    async read(key) {
      const entry = await kv.get(key);
      return { text: textOf(entry), version: entry?.revision ?? 0 };
    },
    async write(key, text, until) {
      await js.publish(subjectOf(key), text, { timeout: timeoutMs, ...ttl(until) });
    },
    async writeOver(version, key, text, until) {
      // JetStream compares on the server, so of two writers one gets the error.
      const expect = { lastSubjectSequence: version };
      try {
        await js.publish(subjectOf(key), text, { timeout: timeoutMs, expect, ...ttl(until) });
        return true;
      } catch (error) {
        if (isOvertaken(error)) return false;
        throw error;
      }
    },
    list: (filter) => list(kv, filter, 5 * timeoutMs),
  };
}

/** A deletion is an entry, too: it has a revision and no text. */
const textOf = (entry: KvEntry | null): string | undefined => (entry?.operation === 'PUT' ? entry.string() : undefined);

/** @throws when the list is not complete in time: a part of it would hide sessions */
async function list(kv: KV, filter: string, withinMs: number) {
  const entries = await kv.history({ key: filter });
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    entries.stop();
  }, withinMs);
  try {
    const found: { readonly key: string; readonly text: string }[] = [];
    for await (const entry of entries) {
      const text = textOf(entry);
      if (text !== undefined) found.push({ key: entry.key, text });
    }
    if (isLate) throw new Error(`the list was not complete after ${withinMs} ms`);
    return found;
  } finally {
    clearTimeout(timer);
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

/** Between two attempts to watch. */
const retryMs = 500;

/** Notifies of every record that is written. Reports `missed` whenever it begins: some may have gone by. */
export function watchRecords(place: string, notify: (notice: Notice) => void) {
  let current: { stop(): void } | undefined;
  let starting: ReturnType<KV['watch']> | undefined;
  // Counts the buckets that were followed. A loop whose number is an older one ends.
  let latest = 0;

  function stop(): void {
    latest += 1;
    current?.stop();
    current = undefined;
  }

  async function watchOnce(kv: KV, mine: number): Promise<void> {
    starting = kv.watch({ key: `${place}>`, include: 'updates' });
    const updates = await starting;
    if (latest !== mine) return updates.stop();
    current = updates;
    notify({ missed: true });
    for await (const entry of updates) {
      const text = textOf(entry);
      if (text !== undefined) notify({ name: entry.key.slice(place.length), text });
    }
  }

  /** A watch that breaks is made again; until then nothing that is cached is trusted for long. */
  async function keepWatching(kv: KV): Promise<void> {
    stop();
    const mine = latest;
    while (latest === mine) {
      await watchOnce(kv, mine).catch(() => {});
      if (latest !== mine) return;
      current = undefined;
      notify({ missed: true });
      await delay(retryMs, undefined, { ref: false });
    }
  }

  return {
    follow: (kv: KV) => void keepWatching(kv).catch(() => {}),
    stop,
    async isWatching() {
      await starting?.catch(() => {});
      return current !== undefined;
    },
  };
}
