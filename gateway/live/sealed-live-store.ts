import type { RecordSeal } from '../stores/record-seal.ts';
import type { LiveStore } from './live-store.ts';

/** Entries in a shared server carry a seal for their place: an entry that another program wrote or moved counts as missing. */
export function sealedLiveStore(store: LiveStore, seal: RecordSeal): LiveStore {
  const placeOf = (group: string, member: string) => `live ${group} ${member}`;
  const open = (place: string, text: string | undefined) =>
    text === undefined ? undefined : seal.open(`live ${place}`, text);
  return {
    ...store,
    set: (name, text, until) => store.set(name, seal.seal(`live ${name}`, text), until),
    get: async (name) => open(name, await store.get(name)),
    // What is not ours is held by someone else.
    claim: async (name, text, until) =>
      open(name, await store.claim(name, seal.seal(`live ${name}`, text), until)) ?? '',
    add: (group, member, text, until) => store.add(group, member, seal.seal(placeOf(group, member), text), until),
    async members(group) {
      const sealed = [...(await store.members(group))];
      return new Map(
        sealed.flatMap(([member, text]) => {
          const opened = seal.open(placeOf(group, member), text);
          return opened === undefined ? [] : [[member, opened] as const];
        }),
      );
    },
    // The name for `once` stays in clear: the server compares it.
    append: (queue, text, until, once) => store.append(queue, seal.seal(`live queue ${queue}`, text), until, once),
    // An entry that is not ours is passed over, and keeps its id.
    read: async (queue, after) =>
      (await store.read(queue, after)).map(({ id, text }) => ({
        id,
        text: seal.open(`live queue ${queue}`, text) ?? 'null',
      })),
  };
}
