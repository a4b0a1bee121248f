import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { SharedStore } from './shared-store.ts';

/**
 * Proves that a record was written by this deployment, for the place where it is kept: what another program wrote, changed,
 * or copied from another place or deployment does not open.
 */
export interface RecordSeal {
  /** The text, a line break, and a MAC of namespace, place and text (HMAC-SHA-256, RFC 2104). */
  seal(place: string, text: string): string;
  /** @returns the text; undefined when no key of ours has sealed it for this place */
  open(place: string, sealed: string): string | undefined;
}

const macBytes = 32;

/**
 * @param keys in base64; the first seals, each of them opens. Without keys one is made up, which opens nothing after a restart.
 * @param namespace of the deployment
 */
export function createRecordSeal(keys: readonly string[], namespace: string): RecordSeal {
  const given = keys.map((key) => Buffer.from(key, 'base64'));
  const secrets = given.length > 0 ? given : [randomBytes(macBytes)];
  const macOf = (secret: Buffer, place: string, text: string): Buffer =>
    createHmac('sha256', secret)
      .update(JSON.stringify([namespace, place]))
      .update('\n')
      .update(text)
      .digest();
  return {
    seal: (place, text) => `${text}\n${macOf(secrets[0] ?? randomBytes(macBytes), place, text).toString('base64url')}`,
    open(place, sealed) {
      const end = sealed.lastIndexOf('\n');
      const mac = Buffer.from(sealed.slice(end + 1), 'base64url');
      if (end < 0 || mac.length !== macBytes) return undefined;
      const text = sealed.slice(0, end);
      return secrets.some((secret) => timingSafeEqual(macOf(secret, place, text), mac)) ? text : undefined;
    },
  };
}

/** The text of a record, whether or not the seal is ours: an ending counts with any seal. */
export const recordText = (sealed: string): string => {
  const end = sealed.indexOf('\n');
  return end < 0 ? sealed : sealed.slice(0, end);
};

/** Where the store is the memory of the process, which no other program writes. */
export const noSeal: RecordSeal = { seal: (_place, text) => text, open: (_place, text) => text };

/**
 * The same store; everything in it carries a seal for its place. What another program wrote or moved counts as missing, and a record as
 * another writer's.
 */
export function sealedStore(store: SharedStore, seal: RecordSeal): SharedStore {
  const placeOf = (group: string, member: string) => `live ${group} ${member}`;
  const open = (place: string, text: string | undefined) => (text === undefined ? undefined : seal.open(place, text));
  return {
    ...store,
    get: async (name) => open(`live ${name}`, await store.get(name)),
    set: (name, text, until, options) => store.set(name, seal.seal(`live ${name}`, text), until, options),
    change: (name, until, decide, options) =>
      store.change(
        name,
        until,
        (held) => {
          const next = decide(held === undefined ? undefined : (open(`live ${name}`, held) ?? ''));
          return next === undefined ? undefined : seal.seal(`live ${name}`, next);
        },
        options,
      ),
    add: (group, member, text, until) => store.add(group, member, seal.seal(placeOf(group, member), text), until),
    member: async (group, member) => open(placeOf(group, member), await store.member(group, member)),
    async members(group) {
      const opened = new Map<string, string>();
      for (const [member, sealed] of await store.members(group)) {
        const text = open(placeOf(group, member), sealed);
        if (text !== undefined) opened.set(member, text);
      }
      return opened;
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
