import { describe, expect, test } from 'vitest';
import { createMemoryStore } from '../../gateway/stores/memory-store.ts';
import { createRecordSeal, sealedStore } from '../../gateway/stores/record-seal.ts';
import type { SharedStore } from '../../gateway/stores/shared-store.ts';
import { sharedStoreSuite } from './shared-store.suite.ts';

describe('a shared store in memory', () => {
  let store: SharedStore = createMemoryStore({ clock: Date.now, space: 'results' });
  sharedStoreSuite(() => {
    // One process, so that all connections are the same store.
    return store;
  });

  test('after a restart, a client with an older id gets what came later', async () => {
    const until = new Date(Date.now() + 60_000);
    const before = createMemoryStore({ clock: () => 1_000, space: 'results' });
    for (const text of ['a', 'b', 'c']) await before.append('queue', text, until);
    const last = (await before.read('queue', undefined)).at(-1)?.id;
    const after = createMemoryStore({ clock: () => 2_000, space: 'results' });
    await after.append('queue', 'd', until);
    expect((await after.read('queue', last)).map(({ text }) => text)).toEqual(['d']);
    expect((await after.read('queue', '000000000003')).map(({ text }) => text)).toEqual(['d']);
  });

  test('no name is pushed out by others: a full store refuses new ones until some are over', async () => {
    let now = 0;
    const full = createMemoryStore({ clock: () => now, space: 'results', maxNames: 1_000 });
    await full.set('first', 'a', new Date(5_000));
    for (let n = 1; n < 1_000; n += 1) await full.set(String(n), 'a', new Date(1_000));
    await expect(full.set('one more', 'a', new Date(1_000))).rejects.toMatchObject({ code: 'ERR_STORE' });
    expect(await full.get('first')).toBe('a');
    now = 2_000;
    await full.set('one more', 'a', new Date(5_000));
    expect(await full.get('first')).toBe('a');
  });

  test('a seal refuses what was written or moved by another program', async () => {
    store = createMemoryStore({ clock: Date.now, space: 'results' });
    const key = Buffer.alloc(32, 7).toString('base64');
    const sealed = sealedStore(store, createRecordSeal([key], 'one'));
    const until = new Date(Date.now() + 60_000);
    await sealed.set('a', 'ours', until);
    await sealed.append('queue', 'ours', until);
    await sealed.add('group', 'a', 'ours', until);
    expect(await sealed.get('a')).toBe('ours');
    expect((await sealed.read('queue', undefined)).map(({ text }) => text)).toEqual(['ours']);
    await store.set('b', (await store.get('a')) ?? '', until);
    await store.set('c', 'forged', until);
    await store.add('group', 'b', (await store.members('group')).get('a') ?? '', until);
    await store.append('queue', '{"kind":"result"}', until);
    const other = sealedStore(store, createRecordSeal([key], 'another'));
    expect([await sealed.get('b'), await sealed.get('c'), await other.get('a')]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect([...(await sealed.members('group')).keys()]).toEqual(['a']);
    expect((await sealed.read('queue', undefined)).map(({ text }) => text)).toEqual(['ours', 'null']);
    // What another deployment wrote is held by another writer.
    const helds: (string | undefined)[] = [];
    expect(await other.change('a', until, (held) => void helds.push(held))).toBe(false);
    expect(helds).toEqual(['']);
  });
});
