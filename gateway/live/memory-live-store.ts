import type { Clock } from '../../plugins/clock.ts';
import { createListeners } from '../../plugins/listeners.ts';
import { createExpiringMap } from '../stores/expiring-map.ts';
import { type LiveEntry, type LiveStore, maxQueued, maxRead } from './live-store.ts';

interface Expiring {
  readonly text: string;
  readonly untilMs: number;
}

/**
 * Names of each kind. Nothing leaves before its time, so that no user pushes out what another one waits for: without a place for another
 * name, starts are refused with ERR_STORE.
 */
const maxNames = 200_000;
const idForm = /^\d{13}-\d{12}$/;

/** For one process: what it holds is gone with it. */
export function createMemoryLiveStore(clock: Clock): LiveStore {
  const named = <T>(max = maxNames) => createExpiringMap<T>(max, clock, 'the store of results');
  const records = named<string>();
  const groups = named<Map<string, Expiring>>();
  const queues = named<(Expiring & LiveEntry)[]>(2 * maxNames);
  // Kept apart from the queues: a result that was delivered and dropped must not be appended again. A name lives as long again as its
  // request, which has found a place.
  const once = named<true>(2 * maxNames);
  const wakes = createListeners<string | undefined>();
  // A browser that connects again after a restart sends its last id: every id of this process must come after it.
  const madeAt = String(clock()).padStart(13, '0');
  let lastId = 0;
  const isLive = ({ untilMs }: Expiring): boolean => clock() < untilMs;

  return {
    async set(name, text, until) {
      if (until.getTime() <= clock()) records.delete(name);
      else records.set(name, text, until.getTime());
    },
    get: async (name) => records.get(name),
    async claim(name, text, until) {
      const held = records.get(name);
      if (held === undefined) records.set(name, text, until.getTime());
      return held ?? text;
    },
    async add(group, member, text, until) {
      const members = [...(groups.get(group) ?? [])].filter(([, known]) => isLive(known));
      const untilMs = until.getTime();
      const longestMs = members.reduce((longest, [, known]) => Math.max(longest, known.untilMs), untilMs);
      groups.set(group, new Map([...members, [member, { text, untilMs }]]), longestMs);
    },
    async drop(group, member) {
      const members = groups.get(group);
      members?.delete(member);
      if (members?.size === 0) groups.delete(group);
    },
    async members(group) {
      const found = [...(groups.get(group) ?? [])].filter(([, member]) => isLive(member));
      return new Map(found.map(([name, { text }]) => [name, text]));
    },
    async append(queue, text, until, name) {
      const untilMs = until.getTime();
      if (name !== undefined && once.get(name) === true) return false;
      if (name !== undefined) once.set(name, true, untilMs);
      lastId += 1;
      const entries = queues.get(queue) ?? [];
      entries.push({ id: `${madeAt}-${String(lastId).padStart(12, '0')}`, text, untilMs });
      entries.splice(0, Math.max(entries.findIndex(isLive), entries.length - maxQueued));
      queues.set(queue, entries, untilMs);
      wakes.notify(queue);
      return true;
    },
    async read(queue, after = '') {
      // Ids have a fixed width, so that they compare as texts. A text without this form comes before all of them.
      const from = idForm.test(after) ? after : '';
      const entries = queues.get(queue) ?? [];
      const next = entries.findLastIndex(({ id }) => id <= from) + 1;
      return entries.slice(next, next + maxRead).filter(isLive);
    },
    clear: async (queue) => queues.delete(queue),
    wake: async (queue) => wakes.notify(queue),
    onWake: wakes.add,
    close: async () => {},
  };
}
