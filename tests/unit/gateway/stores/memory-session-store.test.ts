import { expect, test } from 'vitest';
import { sessionKey } from '../../../../plugins/noetl-auth/session/session-token.ts';
import { handClock, hourMs, sessionOf, tokenOf } from '../../../support/session-fakes.ts';
import { createMemorySessionStore } from '../../../support/session-stores.ts';

const keyOf = (n: number) => sessionKey(tokenOf(`token-${n}`));

function setup(maxEntries: number) {
  const clock = handClock();
  const store = createMemorySessionStore({ maxEntries, clock });
  const until = () => new Date(clock() + hourMs);
  return {
    clock,
    store,
    until,
    put: (n: number) => store.put(keyOf(n), sessionOf(clock()), new Date(clock()), until()),
  };
}

test('is bounded: the least recently used session goes', async () => {
  const { store, put } = setup(3);
  for (const n of [1, 2, 3]) await put(n);
  await store.get(keyOf(1));
  await put(4);
  expect(await store.get(keyOf(2))).toBeUndefined();
  expect(await store.get(keyOf(1))).toBeDefined();
});

test('sessions push no ending out', async () => {
  const { store, put, until } = setup(3);
  await store.end(keyOf(0), until());
  for (let n = 1; n < 100; n += 1) await put(n);
  expect(await store.get(keyOf(0))).toEqual({ state: 'ended' });
});

test('when there is no room for an ending, ending fails rather than being forgotten', async () => {
  const { store, until, clock } = setup(1);
  for (let n = 0; n < 10; n += 1) await store.end(keyOf(n), until());
  await expect(store.end(keyOf(10), until())).rejects.toMatchObject({ code: 'ERR_STORE' });
  await store.end(keyOf(3), until());
  for (let n = 0; n < 10; n += 1) expect(await store.get(keyOf(n))).toEqual({ state: 'ended' });
  clock.advance(hourMs);
  await store.end(keyOf(10), until());
  expect(await store.get(keyOf(10))).toEqual({ state: 'ended' });
});

test('a second, shorter ending does not shorten the first', async () => {
  const { store, clock } = setup(1);
  await store.end(keyOf(1), new Date(clock() + 2 * hourMs));
  await store.end(keyOf(1), new Date(clock() + hourMs));
  clock.advance(hourMs);
  expect(await store.get(keyOf(1))).toEqual({ state: 'ended' });
});
