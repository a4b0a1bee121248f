import { Cache } from '../../plugins/cache.ts';
import type { Clock } from '../../plugins/clock.ts';
import { GatewayError } from '../../plugins/errors.ts';
import {
  createListeners,
  maxQueued,
  maxRead,
  type Notice,
  type QueueEntry,
  type SharedStore,
  type StoreSpace,
  storeTitles,
} from './shared-store.ts';

export interface MemoryStoreOptions {
  readonly clock: Clock;
  readonly space: StoreSpace;
  /**
   * Names of each kind. Nothing leaves before its time, so that no user pushes out what another one waits for: without a place for another
   * name, writes fail with ERR_STORE.
   */
  readonly maxNames?: number;
  /** Evictable records beside those; the least recently used goes first. */
  readonly maxEvictable?: number;
}

interface Expiring {
  readonly text: string;
  readonly untilMs: number;
}

/** Of one group; beyond it, those that end first leave. */
const maxMembers = 10_000;
const idForm = /^\d{13}-\d{12}$/;

/** For one process: what it holds is gone with it. */
export function createMemoryStore(options: MemoryStoreOptions): SharedStore {
  const notices = createListeners<Notice>();
  return {
    ...recordsIn(options, notices.notify),
    ...groupsIn(options),
    ...queuesIn(options, notices.notify),
    notify: async (name) => notices.notify({ name }),
    onNotice: notices.add,
    ping: async () => {},
    close: async () => {},
  };
}

const defaultNames = 400_000;
type Notify = (notice: Notice) => void;

function recordsIn(
  { clock, space, maxNames = defaultNames, maxEvictable = 1 }: MemoryStoreOptions,
  notify: Notify,
): Pick<SharedStore, 'keyOf' | 'get' | 'set' | 'change'> {
  const records = new ExpiringMap<string>(maxNames, clock, storeTitles[space]);
  const evictable = new Cache<string, string>({ max: maxEvictable, clock });
  const get = (name: string) => records.get(name) ?? evictable.get(name);
  const set: SharedStore['set'] = async (name, text, until, how = {}) => {
    const [target, other] = how.evictable === true ? [evictable, records] : [records, evictable];
    if (until.getTime() <= clock()) target.delete(name);
    else target.set(name, text, until.getTime());
    other.delete(name);
    if (how.notify === true) notify({ name, text });
  };
  return {
    keyOf: (name) => name,
    get: async (name) => get(name),
    set,
    async change(name, until, decide, how) {
      const next = decide(get(name));
      if (next !== undefined) await set(name, next, until, how);
      return next !== undefined;
    },
  };
}

function groupsIn({
  clock,
  space,
  maxNames = defaultNames,
}: MemoryStoreOptions): Pick<SharedStore, 'add' | 'drop' | 'member' | 'members'> {
  const groups = new ExpiringMap<Map<string, Expiring>>(maxNames, clock, storeTitles[space]);
  const textOf = (member: Expiring | undefined) =>
    member !== undefined && clock() < member.untilMs ? member.text : undefined;
  return {
    async add(group, member, text, until) {
      const members = (groups.get(group) ?? new Map<string, Expiring>()).set(member, {
        text,
        untilMs: until.getTime(),
      });
      const kept = members.size <= maxMembers ? members : newest(members);
      const lastMs = [...kept.values()].reduce((last, { untilMs }) => Math.max(last, untilMs), 0);
      groups.set(group, kept, lastMs);
    },
    async drop(group, member) {
      const members = groups.get(group);
      members?.delete(member);
      if (members?.size === 0) groups.delete(group);
    },
    member: async (group, member) => textOf(groups.get(group)?.get(member)),
    async members(group) {
      const all = [...(groups.get(group) ?? [])].map(([name, member]) => [name, textOf(member)] as const);
      return new Map(all.filter((one): one is [string, string] => one[1] !== undefined));
    },
  };
}

function queuesIn(
  { clock, space, maxNames = defaultNames }: MemoryStoreOptions,
  notify: Notify,
): Pick<SharedStore, 'append' | 'read'> {
  const queues = new ExpiringMap<(Expiring & QueueEntry)[]>(maxNames, clock, storeTitles[space]);
  // Kept apart from the queues: a result that was delivered and dropped must not be appended again. A name lives as long again as its
  // request, which has found a place.
  const once = new ExpiringMap<true>(maxNames, clock, storeTitles[space]);
  // A browser that connects again after a restart sends its last id: every id of this process must come after it.
  const madeAt = String(clock()).padStart(13, '0');
  let lastId = 0;
  const isLive = ({ untilMs }: Expiring): boolean => clock() < untilMs;
  return {
    async append(queue, text, until, name) {
      const untilMs = until.getTime();
      if (name !== undefined && once.get(name) === true) return false;
      if (name !== undefined) once.set(name, true, untilMs);
      lastId += 1;
      const entries = queues.get(queue) ?? [];
      entries.push({ id: `${madeAt}-${String(lastId).padStart(12, '0')}`, text, untilMs });
      entries.splice(0, Math.max(entries.findIndex(isLive), entries.length - maxQueued));
      queues.set(queue, entries, untilMs);
      notify({ name: queue });
      return true;
    },
    async read(queue, after = '') {
      // Ids have a fixed width, so that they compare as texts. A text without this form comes before all of them.
      const from = idForm.test(after) ? after : '';
      const entries = queues.get(queue) ?? [];
      const next = entries.findLastIndex(({ id }) => id <= from) + 1;
      return entries.slice(next, next + maxRead).filter(isLive);
    },
  };
}

const newest = (members: ReadonlyMap<string, Expiring>): Map<string, Expiring> =>
  new Map([...members].toSorted(([, a], [, b]) => b.untilMs - a.untilMs).slice(0, maxMembers));

/** A bounded map whose entries leave when their time is over, and not before. */
class ExpiringMap<T> {
  readonly #entries = new Map<string, { readonly value: T; readonly untilMs: number }>();
  readonly #max: number;
  readonly #clock: Clock;
  readonly #title: string;
  #sweptAtMs = Number.NEGATIVE_INFINITY;

  constructor(max: number, clock: Clock, title: string) {
    this.#max = max;
    this.#clock = clock;
    this.#title = title;
  }

  get(key: string): T | undefined {
    const entry = this.#entries.get(key);
    return entry !== undefined && this.#clock() < entry.untilMs ? entry.value : undefined;
  }

  /** @throws ERR_STORE when there is no place for a new key: an entry of another user is never pushed out */
  set(key: string, value: T, untilMs: number): void {
    const isNew = !this.#entries.has(key);
    if (isNew && this.#entries.size >= this.#max) this.#sweep();
    if (isNew && this.#entries.size >= this.#max) {
      throw new GatewayError('ERR_STORE', `${this.#title} is full`, { retryAfterSecs: 60 });
    }
    this.#entries.set(key, { value, untilMs });
  }

  delete(key: string): void {
    this.#entries.delete(key);
  }

  /** Removes what is over, once a second at most: it reads every entry. */
  #sweep(): void {
    const now = this.#clock();
    if (now - this.#sweptAtMs < 1_000) return;
    this.#sweptAtMs = now;
    for (const [key, { untilMs }] of this.#entries) if (untilMs <= now) this.#entries.delete(key);
  }
}
