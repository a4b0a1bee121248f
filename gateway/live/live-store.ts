/** One entry of a queue. Ids of one queue ascend in the order of their entries. */
export interface LiveEntry {
  readonly id: string;
  readonly text: string;
}

/**
 * What replicas share about clients that wait for results: records with an end, groups of records, and queues. Names are ours:
 * letters, digits, `-`, `_` and `.`. Every method throws ERR_STORE for "could not find out".
 */
export interface LiveStore {
  /** Keeps a text until then, over whatever is there. A time that has passed is as good as removing it. */
  set(name: string, text: string, until: Date): Promise<void>;
  /** The text; undefined where it is missing or its time has passed. */
  get(name: string): Promise<string | undefined>;
  /** Keeps it only where nothing is. @returns what is there now: the given text, or that of an earlier caller */
  claim(name: string, text: string, until: Date): Promise<string>;
  /** Keeps a member of a group until then, over the one of that name. */
  add(group: string, member: string, text: string, until: Date): Promise<void>;
  drop(group: string, member: string): Promise<void>;
  /** The members of a group, by name. */
  members(group: string): Promise<ReadonlyMap<string, string>>;
  /**
   * Appends to a queue and wakes its readers, on all replicas.
   * @param once a name: of all entries that are appended with it the first one counts
   * @returns false: another entry with that name was there before
   */
  append(queue: string, text: string, until: Date, once?: string): Promise<boolean>;
  /** The entries after an id, oldest first; from the oldest one that is kept without an id, or with a text that is not an id. */
  read(queue: string, after: string | undefined): Promise<readonly LiveEntry[]>;
  /** Removes the entries of a queue. */
  clear(queue: string): Promise<void>;
  /** Wakes the readers of a queue, on all replicas. */
  wake(queue: string): Promise<void>;
  /**
   * Called when something was appended to a queue or its readers are woken; without a name when calls may have been missed.
   */
  onWake(listener: (queue: string | undefined) => void): void;
  close(): Promise<void>;
}

/**
 * Entries that a queue keeps; the oldest are dropped beyond. More than a user can cause (`live-service.ts`), so that no
 * result is dropped in silence.
 */
export const maxQueued = 100_000;
/** Entries that one read returns. */
export const maxRead = 50;
