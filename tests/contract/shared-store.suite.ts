import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { createLiveRequests } from '../../gateway/live/live-requests.ts';
import type { SharedStore } from '../../gateway/stores/shared-store.ts';
import { eventually } from '../support/child-server.ts';

/** What every store of results promises. `open` gives one more connection to the same server. */
export function sharedStoreSuite(open: () => SharedStore): void {
  const soon = () => new Date(Date.now() + 60_000);
  const name = () => randomUUID();

  test('records: the last text, the first claim, and none after the end', async () => {
    const store = open();
    const [record, claimed, short] = [name(), name(), name()];
    expect(await store.get(record)).toBeUndefined();
    await store.set(record, 'one', soon());
    await store.set(record, 'two', soon());
    expect(await store.get(record)).toBe('two');
    const claim = (text: string) => (held: string | undefined) => (held === undefined ? text : undefined);
    const won = await Promise.all(['me', 'you', 'they'].map((who) => store.change(claimed, soon(), claim(who))));
    expect(won.filter(Boolean)).toHaveLength(1);
    expect(await store.change(claimed, soon(), claim('late'))).toBe(false);
    expect(await store.change(claimed, soon(), (held) => `${held} again`)).toBe(true);
    expect(await store.get(claimed)).toMatch(/^(me|you|they) again$/);
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
    expect([await other.member(group, 'a'), await other.member(group, 'c')]).toEqual(['3', undefined]);
    await other.add(group, 'short', '4', new Date(Date.now() + 20));
    await other.drop(group, 'a');
    await other.drop(group, 'never');
    // A member has its own end, while others live on.
    await eventually(async () => (await store.member(group, 'short')) === undefined);
    expect(Object.fromEntries(await store.members(group))).toEqual({ b: '2' });
    expect((await store.members(name())).size).toBe(0);
    await store.close();
    await other.close();
  });

  test('queues: in order, from where one was, and once where that is asked for', async () => {
    const [store, other] = [open(), open()];
    const [queue, once] = [name(), name()];
    const noticed: (string | undefined)[] = [];
    other.onNotice((notice) => void noticed.push('name' in notice ? notice.name : undefined));
    await other.read(queue, undefined);
    expect(await store.append(queue, 'a', soon(), once)).toBe(true);
    expect(await other.append(queue, 'again', soon(), once)).toBe(false);
    for (const text of ['b', 'c', 'd']) expect(await other.append(queue, text, soon())).toBe(true);
    const all = await store.read(queue, undefined);
    expect(all.map(({ text }) => text)).toEqual(['a', 'b', 'c', 'd']);
    expect((await other.read(queue, all[1]?.id)).map(({ text }) => text)).toEqual(['c', 'd']);
    expect(await other.read(queue, all[3]?.id)).toEqual([]);
    expect((await other.read(queue, '0')).length).toBe(4);
    await eventually(() => noticed.includes(queue));
    noticed.length = 0;
    await store.notify(queue);
    await eventually(() => noticed.includes(queue));
    await store.close();
    await other.close();
  });

  test('more results wait than a user may keep: notes replace the oldest own ones, and none of another user', async () => {
    const store = open();
    const requests = createLiveRequests(store, { keepMs: 60_000, resultBytes: 2_000 }, Date.now);
    const startOf = (owner: string, queue: string) => requests.register({ owner, queue }, 'data/a');
    const [one, other] = [name(), name()];
    const finish = async (owner: string, queue: string, n: number) => {
      const { request } = await startOf(owner, queue);
      const data = { n, long: 'x'.repeat(1_900) };
      expect(await requests.finish(request, { executionId: '1', status: 'COMPLETED', data })).toBe(true);
      // The second end of a request changes nothing, and leaves nothing behind.
      expect(await requests.finish(request, { executionId: '1', status: 'COMPLETED', data })).toBe(false);
    };
    await finish('bob', other, 0);
    for (let n = 1; n <= 20; n += 1) await finish('ada', one, n);
    const dataOf = async (queue: string) => {
      const items = await Promise.all((await store.read(queue, undefined)).map((entry) => requests.read(entry)));
      return items.map((item) => (item?.kind === 'result' ? item.delivery.data : undefined));
    };
    const data = await dataOf(one);
    // 32 results of the largest size, of two bytes for each character.
    const whole = data.filter((each) => JSON.stringify(each).includes('"n":'));
    expect(data).toHaveLength(20);
    expect(whole.length).toBeGreaterThan(10);
    expect(whole.length).toBeLessThan(17);
    expect(data.slice(-whole.length)).toEqual(whole);
    const note = { code: 'ERR_RESULT_TOO_LARGE', message: expect.stringContaining('execution(id)') };
    expect(data.slice(0, -whole.length)).toEqual(Array(20 - whole.length).fill(note));
    expect(await dataOf(other)).toEqual([expect.objectContaining({ n: 0 })]);
    await store.close();
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
