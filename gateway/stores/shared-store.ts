import { GatewayError } from '../../plugins/errors.ts';

/** One entry of a queue. Ids of one queue ascend in the order of their entries. */
export interface QueueEntry {
  readonly id: string;
  readonly text: string;
}

/** A record that was written with `notify`, or a queue that has news; `missed`: notices may have been lost. */
export type Notice = { readonly name: string; readonly text?: string } | { readonly missed: true };

/** How a record is written. */
export interface WriteOptions {
  /** All replicas get a notice with the name and the text. */
  readonly notify?: boolean;
  /** It may be lost before its time, where the memory of the process is the store. */
  readonly evictable?: boolean;
}

/**
 * What replicas share: records and members of groups, each with an end; queues; notices. Sessions and results that wait for clients are
 * kept above it. Names are ours: letters, digits, `-`, `_` and `.`. Every method throws ERR_STORE for "could not find out".
 */
export interface SharedStore {
  /** The name of a record in the server: what its seal is for. */
  keyOf(name: string): string;
  /** The text; undefined where it is missing or its time has passed. */
  get(name: string): Promise<string | undefined>;
  /** Keeps a text until then, over whatever is there. A time that has passed is as good as removing it. */
  set(name: string, text: string, until: Date, options?: WriteOptions): Promise<void>;
  /**
   * Reads, decides, and writes only where no other replica wrote meanwhile; then it decides again.
   * @param decide gets the text that is there; undefined: the record stays as it is
   * @returns whether it was written. @throws ERR_STORE also when other replicas won too often
   */
  change(name: string, until: Date, decide: Decide, options?: WriteOptions): Promise<boolean>;
  /** Keeps a member of a group until then, over the one of that name. */
  add(group: string, member: string, text: string, until: Date): Promise<void>;
  drop(group: string, member: string): Promise<void>;
  member(group: string, member: string): Promise<string | undefined>;
  /** The members of a group, by name. */
  members(group: string): Promise<ReadonlyMap<string, string>>;
  /**
   * Appends to a queue; all replicas get a notice with its name.
   * @param once a name: of all entries that are appended with it the first one counts
   * @returns false: another entry with that name was there before
   */
  append(queue: string, text: string, until: Date, once?: string): Promise<boolean>;
  /**
   * The entries after an id, oldest first, {@link maxRead} at most; from the oldest one without an id, or with a text that is not an id.
   */
  read(queue: string, after: string | undefined): Promise<readonly QueueEntry[]>;
  /** Sends a notice to all replicas. */
  notify(name: string): Promise<void>;
  onNotice(listener: (notice: Notice) => void): void;
  /** Writes a record, since a store that is full or read-only still reads. @throws ERR_STORE when that fails, or notices are not received */
  ping(): Promise<void>;
  close(): Promise<void>;
}

/** The record of a ping stays for so long, milliseconds. */
export const pingMs = 60_000;

export type Decide = (held: string | undefined) => string | undefined;

/** What is kept: each has names, a connection and, in a server, a place of its own. */
export type StoreSpace = 'sessions' | 'results';

/** The store of a space, in messages. */
export const storeTitles: Readonly<Record<StoreSpace, string>> = {
  sessions: 'the session store',
  results: 'the store of results',
};

/**
 * Entries that a queue keeps; the oldest are dropped beyond. More than a user can cause (`live-service.ts`), so that no result is dropped
 * in silence.
 */
export const maxQueued = 100_000;
/** Entries that one read returns. */
export const maxRead = 50;

/** Replicas that change one record at once are few; so many failures in a row are an outage. */
const attempts = 20;

/** {@link SharedStore.change}, by a read that names the version and a write that compares it. */
export async function compareAndSet<V>(
  space: StoreSpace,
  read: () => Promise<{ readonly text: string | undefined; readonly version: V }>,
  decide: Decide,
  write: (text: string, version: V) => Promise<boolean>,
): Promise<boolean> {
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const { text, version } = await read();
    const next = decide(text);
    if (next === undefined) return false;
    if (await write(next, version)) return true;
  }
  throw new GatewayError('ERR_STORE', `${storeTitles[space]} is too busy`, { retryAfterSecs: 1 });
}

/** A member with its own end; servers have one end for a whole group, or none. */
export const memberText = (text: string, until: Date): string => `${text} ${until.getTime()}`;

/** @returns undefined: its time has passed, or it was dropped */
export function readMember(text: string | null | undefined, nowMs: number): string | undefined {
  if (text === null || text === undefined || text === '') return undefined;
  const end = /^([\s\S]*) (\d{1,16})$/.exec(text);
  // Earlier releases wrote members without an end.
  if (end === null) return text;
  return nowMs < Number(end[2]) ? end[1] : undefined;
}

export function readMembers(kept: Iterable<readonly [string, string]>, nowMs: number): ReadonlyMap<string, string> {
  const members = new Map<string, string>();
  for (const [name, value] of kept) {
    const text = readMember(value, nowMs);
    if (text !== undefined) members.set(name, text);
  }
  return members;
}

/** Those who want to be notified. */
export interface Listeners<T> {
  add(listener: (event: T) => void): void;
  /** Calls every listener, in the order in which they were added. */
  notify(event: T): void;
}

/**
 * Listeners are called in the order in which they were added. One that throws keeps those after it from being called.
 */
export function createListeners<T>(): Listeners<T> {
  const listeners: ((event: T) => void)[] = [];
  return {
    add: (listener) => void listeners.push(listener),
    notify(event) {
      for (const listener of listeners) listener(event);
    },
  };
}
