import { randomUUID } from 'node:crypto';
import type { Clock } from '../../plugins/clock.ts';
import { parseJson } from '../../plugins/json/lossless-json.ts';
import { isJsonObject } from '../../plugins/noetl/json-object.ts';
import type { ResolvedConfig } from '../config/gateway-config.ts';
import { createTokenBuckets } from '../limits/token-buckets.ts';
import type { QueueEntry, SharedStore } from '../stores/shared-store.ts';
import type { LiveRequest } from './live-requests.ts';

/** The outcome of a request. */
export interface Delivery {
  readonly requestId: string;
  readonly executionId: string | null;
  readonly status: string;
  readonly data?: unknown;
  readonly error?: { readonly code: number; readonly message: string; readonly data: unknown };
  /** When it was over, ISO 8601. */
  readonly at: string;
}

/** The progress that a playbook reports. */
export interface Progress {
  readonly requestId: string;
  readonly executionId: string | null;
  readonly step: string | null;
  readonly message: string | null;
  readonly progress: number | null;
}

/** An entry of a queue. `stored` names the record with the whole item; without it the entry is what is left. */
export type QueueItem = { readonly key: string; readonly path: string; readonly stored?: string } & (
  | { readonly kind: 'result'; readonly delivery: Delivery }
  | { readonly kind: 'progress'; readonly progress: Progress }
);

/** What waits for clients: results, and reports of progress. Every method throws ERR_STORE for "could not find out". */
export interface ResultQueue {
  /** @returns false: the request has a result already */
  add(request: LiveRequest, delivery: Delivery): Promise<boolean>;
  /** Reports beyond what a user may make are left out. */
  addProgress(request: LiveRequest, progress: Progress): Promise<void>;
  /** An entry with all of it, or with a note where the store no longer has that. @returns undefined: not one of ours */
  read(entry: QueueEntry): Promise<QueueItem | undefined>;
}

export interface ResultQueueOptions extends Pick<ResolvedConfig['events'], 'keepMs' | 'resultBytes'> {
  /** Of the results of all users that wait. Absent: the store has a bound of its own. */
  readonly totalBytes?: number | undefined;
}

/** Results of one user that wait, as multiples of the largest one. */
const waitingPerUser = 32;
/** Reports of progress that a user may make at once, and afterwards in each second. */
const progressLimit = { burst: 1_000, perSecond: 20 };
/** A shorter item is part of its entry, characters. */
const shortItem = 1_024;

/**
 * A note replaces a result over `resultBytes`, and the oldest results of a user whose waiting results have too many bytes together: the
 * client learns that the result is there, and reads it with `execution(id)`.
 */
export function createResultQueue(store: SharedStore, options: ResultQueueOptions, clock: Clock): ResultQueue {
  const { keepMs, resultBytes, totalBytes } = options;
  const waiting = createWaitingBytes({ perUser: waitingPerUser * resultBytes, total: totalBytes, keepMs, clock });
  const progressOf = createTokenBuckets(clock);

  /**
   * A long item is in a record that the entry names, so that it can leave before the entry does.
   * @param note what is left then; also what the previous version delivers during an update
   */
  async function append({ key, path, owner, queue }: LiveRequest, item: object, note: object, once?: string) {
    const until = new Date(clock() + keepMs);
    const text = JSON.stringify(item);
    // Every entry has the path: whether the user may see it is decided when it is delivered.
    const place = { key, path };
    if (text.length <= shortItem) return store.append(queue, JSON.stringify({ ...place, ...item }), until, once);
    const stored = `stored.${randomUUID()}`;
    await store.set(stored, text, until);
    const isFirst = await store.append(queue, JSON.stringify({ ...place, ...note, stored }), until, once);
    // Two bytes for a character, as in memory.
    const removed = isFirst ? waiting.add(owner, stored, 2 * text.length) : [stored];
    for (const one of removed) await store.set(one, '', new Date(clock()));
    return isFirst;
  }

  return {
    add(request, whole) {
      const delivery = isWithin(resultBytes, whole) ? whole : withNote(whole, tooLarge);
      const note = { kind: 'result', delivery: withNote(delivery, tooMany) };
      // `requestId` as the name: of a callback and a watched end, also on two replicas, the first one counts.
      return append(request, { kind: 'result', delivery }, note, whole.requestId);
    },
    async addProgress(request, progress) {
      if (!progressOf.take(request.owner, progressLimit).isTaken) return;
      const cut = (text: string | null) => text?.slice(0, 100) ?? null;
      const note = { ...progress, message: cut(progress.message), step: cut(progress.step) };
      await append(request, { kind: 'progress', progress }, { kind: 'progress', progress: note });
    },
    async read({ text }) {
      const item = itemOf(text);
      const whole = item?.stored === undefined ? undefined : await store.get(item.stored);
      return item === undefined || whole === undefined || whole === '' ? item : { ...item, ...parsed(whole) };
    },
  };
}

const parsed = (text: string): object => {
  const item = parseJson(text);
  return isJsonObject(item) ? item : {};
};

/** @returns undefined: the entry is not one of ours */
function itemOf(text: string): QueueItem | undefined {
  const item = parseJson(text);
  const isItem = isJsonObject(item) && (item['kind'] === 'result' || item['kind'] === 'progress');
  return isItem ? (item as unknown as QueueItem) : undefined;
}

const tooLarge = 'the result is too large to be sent here; ask execution(id) for it';
const tooMany = 'too many results waited for you; ask execution(id) for it';

/** The same with a note in place of what is large. */
function withNote({ data, error, ...rest }: Delivery, message: string): Delivery {
  const note = { code: 'ERR_RESULT_TOO_LARGE', message };
  return error === undefined ? { ...rest, data: note } : { ...rest, error: { ...error, data: note } };
}

const isWithin = (maxBytes: number, { data, error }: Delivery): boolean =>
  Buffer.byteLength(JSON.stringify(error === undefined ? data : error.data) ?? '') <= maxBytes;

/** The bytes that waiting results take. Counted by this process, for what it has stored. */
export interface WaitingBytes {
  /**
   * Counts a result that was stored.
   * @returns the results that must now be removed so that the bounds hold, oldest first; their bytes are counted no longer
   */
  add(owner: string, id: string, bytes: number): readonly string[];
  /** Counted now; for metrics and tests. */
  readonly bytes: number;
}

export interface WaitingBytesOptions {
  /** Of one user. */
  readonly perUser: number;
  /** Of all users. Absent: the store has a bound of its own. */
  readonly total?: number | undefined;
  /** After this a result has left the store, milliseconds. */
  readonly keepMs: number;
  readonly clock: Clock;
}

/** The results of one user, oldest first. */
interface Account {
  bytes: number;
  results: { readonly id: string; readonly bytes: number; readonly untilMs: number }[];
}

/**
 * A user who is over the own bound gives up own results. Beyond the total the user with the most bytes does: who has less is never
 * pushed out.
 */
export function createWaitingBytes({ perUser, total, keepMs, clock }: WaitingBytesOptions): WaitingBytes {
  const own = Math.min(perUser, (total ?? Number.POSITIVE_INFINITY) / 4);
  // In the order of their latest result, so that those whose results are all over come first.
  const accounts = new Map<string, Account>();
  let used = 0;

  /** Takes out the oldest result. */
  function shift(owner: string, account: Account): string | undefined {
    const oldest = account.results.shift();
    account.bytes -= oldest?.bytes ?? 0;
    used -= oldest?.bytes ?? 0;
    if (account.results.length === 0) accounts.delete(owner);
    return oldest?.id;
  }

  /** @returns whether results are left */
  function prune(owner: string, account: Account): boolean {
    while ((account.results[0]?.untilMs ?? Number.POSITIVE_INFINITY) <= clock()) shift(owner, account);
    return account.results.length > 0;
  }

  /** Stops early where all is within the bounds: this runs for every result. */
  function pruneOthers(): void {
    for (const [owner, account] of accounts) if (prune(owner, account) && used <= (total ?? used)) return;
  }

  const largest = () => [...accounts].reduce((most, next) => (next[1].bytes > most[1].bytes ? next : most));

  return {
    get bytes() {
      return used;
    },
    add(owner, id, bytes) {
      const account = accounts.get(owner) ?? { bytes: 0, results: [] };
      accounts.delete(owner);
      account.results.push({ id, bytes, untilMs: clock() + keepMs });
      account.bytes += bytes;
      used += bytes;
      accounts.set(owner, account);
      prune(owner, account);
      pruneOthers();
      const removed: (string | undefined)[] = [];
      while (account.bytes > own) removed.push(shift(owner, account));
      while (used > (total ?? used)) removed.push(shift(...largest()));
      return removed.filter((one) => one !== undefined);
    },
  };
}
