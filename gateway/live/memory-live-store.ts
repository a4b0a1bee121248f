import { LRUCache } from 'lru-cache';
import type { Clock } from '../../plugins/clock.ts';
import { createEntryCache } from '../../plugins/entry-cache.ts';
import { createListeners } from '../../plugins/listeners.ts';
import { type LiveEntry, type LiveStore, maxQueued, maxRead } from './live-store.ts';

interface Kept {
  readonly text: string;
  readonly untilMs: number;
}

/**
 * Names of each kind that are kept; the least recently used go first. Clients choose names in part, so memory must have
 * a bound.
 */
const maxNames = 100_000;
/** All queues together, at two bytes for a character. */
const maxQueueBytes = 256 * 1024 * 1024;
const idForm = /^\d{13}-\d{12}$/;

/** For one process: what it holds is gone with it. */
export function createMemoryLiveStore(clock: Clock): LiveStore {
  const records = createEntryCache<string, Kept>(maxNames);
  const groups = createEntryCache<string, Map<string, Kept>>(maxNames);
  const queues = new LRUCache<string, (Kept & LiveEntry)[]>({
    maxSize: maxQueueBytes,
    sizeCalculation: (entries) => entries.reduce((sum, { text }) => sum + 2 * text.length, 100),
  });
  // Kept apart from the queues: a result that was delivered and dropped must not be appended again.
  const once = createEntryCache<string, true>(maxNames);
  const wakes = createListeners<string | undefined>();
  // A browser that connects again after a restart sends its last id: every id of this process must come after it.
  const madeAt = String(clock()).padStart(13, '0');
  let lastId = 0;

  const isKept = (kept: Kept | undefined): kept is Kept => kept !== undefined && clock() < kept.untilMs;
  const get = (name: string): string | undefined => {
    const kept = records.get(name);
    return isKept(kept) ? kept.text : undefined;
  };

  return {
    async set(name, text, until) {
      records.set(name, { text, untilMs: until.getTime() });
    },
    get: async (name) => get(name),
    async claim(name, text, until) {
      const held = get(name);
      if (held === undefined) records.set(name, { text, untilMs: until.getTime() });
      return held ?? text;
    },
    async add(group, member, text, until) {
      const members = groups.get(group) ?? new Map<string, Kept>();
      members.set(member, { text, untilMs: until.getTime() });
      groups.set(group, members);
    },
    async drop(group, member) {
      groups.get(group)?.delete(member);
    },
    async members(group) {
      const members = [...(groups.get(group) ?? [])].filter(([, kept]) => isKept(kept));
      return new Map(members.map(([name, { text }]) => [name, text]));
    },
    async append(queue, text, until, name) {
      if (name !== undefined && once.has(name)) return false;
      if (name !== undefined) once.set(name, true);
      // One place is left for the new entry.
      const kept = (queues.get(queue) ?? []).filter(isKept).slice(1 - maxQueued);
      lastId += 1;
      const id = `${madeAt}-${String(lastId).padStart(12, '0')}`;
      queues.set(queue, [...kept, { id, text, untilMs: until.getTime() }]);
      wakes.notify(queue);
      return true;
    },
    async read(queue, after = '') {
      // Ids have a fixed width, so that they compare as texts. A text without this form comes before all of them.
      const from = idForm.test(after) ? after : '';
      return (queues.get(queue) ?? []).filter((entry) => isKept(entry) && entry.id > from).slice(0, maxRead);
    },
    wake: async (queue) => wakes.notify(queue),
    onWake: wakes.add,
    close: async () => {},
  };
}
