import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import type { LiveStore } from '../../gateway/live/live-store.ts';
import { eventually } from '../support/child-server.ts';

/** What every store of results promises. `open` gives one more connection to the same server. */
export function liveStoreSuite(open: () => LiveStore): void {
  const soon = () => new Date(Date.now() + 60_000);
  const name = () => randomUUID();

  test('records: the last text, the first claim, and none after the end', async () => {
    const store = open();
    const [record, claimed, short] = [name(), name(), name()];
    expect(await store.get(record)).toBeUndefined();
    await store.set(record, 'one', soon());
    await store.set(record, 'two', soon());
    expect(await store.get(record)).toBe('two');
    expect(await store.claim(claimed, 'me', soon())).toBe('me');
    expect(await store.claim(claimed, 'you', soon())).toBe('me');
    await store.set(short, 'gone', new Date(Date.now() - 1));
    await eventually(async () => (await store.get(short)) === undefined);
    await store.close();
  });

  test('groups: members come and go', async () => {
    const [store, other] = [open(), open()];
    const group = name();
    await Promise.all([store.add(group, 'a', '1', soon()), other.add(group, 'b', '2', soon())]);
    await store.add(group, 'a', '3', soon());
    expect(Object.fromEntries(await other.members(group))).toEqual({ a: '3', b: '2' });
    await other.drop(group, 'a');
    await other.drop(group, 'never');
    expect(Object.fromEntries(await store.members(group))).toEqual({ b: '2' });
    expect((await store.members(name())).size).toBe(0);
    await store.close();
    await other.close();
  });

  test('queues: in order, from where one was, and once where that is asked for', async () => {
    const [store, other] = [open(), open()];
    const [queue, once] = [name(), name()];
    const woken: (string | undefined)[] = [];
    other.onWake((which) => void woken.push(which));
    await other.read(queue, undefined);
    expect(await store.append(queue, 'a', soon(), once)).toBe(true);
    expect(await other.append(queue, 'again', soon(), once)).toBe(false);
    for (const text of ['b', 'c', 'd']) expect(await other.append(queue, text, soon())).toBe(true);
    const all = await store.read(queue, undefined);
    expect(all.map(({ text }) => text)).toEqual(['a', 'b', 'c', 'd']);
    expect((await other.read(queue, all[1]?.id)).map(({ text }) => text)).toEqual(['c', 'd']);
    expect(await other.read(queue, all[3]?.id)).toEqual([]);
    expect((await other.read(queue, '0')).length).toBe(4);
    await eventually(() => woken.includes(queue));
    woken.length = 0;
    await store.wake(queue);
    await eventually(() => woken.includes(queue));
    await store.close();
    await other.close();
  });

  test('many at once lose nothing', async () => {
    const store = open();
    const queue = name();
    await Promise.all(Array.from({ length: 200 }, (_, n) => store.append(queue, String(n), soon(), `${queue}-${n}`)));
    const seen = new Set<string>();
    for (let after: string | undefined = undefined; ; ) {
      const entries: readonly { id: string; text: string }[] = await store.read(queue, after);
      if (entries.length === 0) break;
      for (const { text } of entries) seen.add(text);
      after = entries.at(-1)?.id;
    }
    expect(seen.size).toBe(200);
    await store.close();
  });
}
