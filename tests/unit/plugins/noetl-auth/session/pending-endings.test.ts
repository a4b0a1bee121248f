import { expect, test } from 'vitest';
import { createPendingEndings } from '../../../../../plugins/noetl-auth/session/session-store.ts';
import { sessionKey } from '../../../../../plugins/noetl-auth/session/session-token.ts';
import type { SessionStore } from '../../../../../plugins/ports.ts';
import { handClock, sessionOf, settle, tokenOf } from '../../../../support/session-fakes.ts';

const until = new Date(0);
const keyOf = (name: string) => sessionKey(tokenOf(`noetl-session-${name}`));

/** A store that can be down; it records the endings that it was asked for and those that it received. */
function setup() {
  const clock = handClock();
  const state = { down: true, refuses: new Set<string>() };
  const asked: string[] = [];
  const received: string[] = [];
  const other: string[] = [];
  const take = async (name: string) => {
    asked.push(name);
    if (state.down || state.refuses.has(name)) throw new Error('down');
    received.push(name);
  };
  const note =
    (name: string) =>
    async (...args: unknown[]) => {
      other.push([name, ...args.slice(0, 1)].join(' '));
    };
  const names = ['get', 'put', 'notBefore', 'ping', 'close', 'claim', 'sessionsOf', 'onEnded'];
  const store = {
    ...Object.fromEntries(names.map((name) => [name, note(name)])),
    end: take,
    endAllOf: take,
  } as unknown as SessionStore;
  const endings = createPendingEndings(store, clock);
  const end = (name: string) => endings.store.end(keyOf(name), until, '7').catch(() => 'failed');
  const retry = async () => {
    endings.settle();
    await settle();
  };
  return { clock, state, asked, received, other, endings, end, retry };
}

test('an ending that failed is written with later traffic, once', async () => {
  const { clock, state, received, asked, end, retry } = setup();
  expect(await end('a')).toBe('failed');
  state.down = false;
  clock.advance(1_000);
  await retry();
  expect(received).toEqual([keyOf('a')]);
  clock.advance(10_000);
  await retry();
  expect(asked).toHaveLength(2);
});

test('a store that failed is left alone for a second', async () => {
  const { clock, asked, end, retry } = setup();
  await end('a');
  clock.advance(999);
  await retry();
  expect(asked).toHaveLength(1);
  clock.advance(1);
  await retry();
  expect(asked).toHaveLength(2);
  await retry();
  expect(asked).toHaveLength(2);
});

test('traffic during a round starts no second one', async () => {
  const { clock, state, asked, endings, end } = setup();
  await end('a');
  state.down = false;
  clock.advance(1_000);
  endings.settle();
  endings.settle();
  await settle();
  expect(asked).toHaveLength(2);
});

test('one that never succeeds keeps no other from the store', async () => {
  const { clock, state, received, end, retry } = setup();
  for (const name of ['bad', 'a', 'b']) await end(name);
  state.down = false;
  state.refuses.add(keyOf('bad'));
  for (let round = 0; round < 2; round += 1) {
    clock.advance(1_000);
    await retry();
  }
  expect(received).toEqual([keyOf('a'), keyOf('b')]);
});

test('endings of a session and of a user are owed side by side, and written again each by itself', async () => {
  const { clock, state, received, endings, end, retry } = setup();
  for (const name of ['a', 'b', 'a']) await end(name);
  for (const user of ['7', '8']) await endings.store.endAllOf(user, until, until).catch(() => {});
  state.down = false;
  clock.advance(1_000);
  await retry();
  expect(received).toEqual([keyOf('b'), keyOf('a'), '7', '8']);
});

test('an ending that a later attempt wrote is not owed any more', async () => {
  const { clock, state, asked, end, retry } = setup();
  await end('a');
  state.down = false;
  await end('a');
  clock.advance(1_000);
  await retry();
  expect(asked).toHaveLength(2);
});

test('of more than ten thousand the latest are kept', async () => {
  const { clock, state, received, endings, retry } = setup();
  for (let user = 0; user <= 10_000; user += 1) await endings.store.endAllOf(`${user}`, until, until).catch(() => {});
  state.down = false;
  clock.advance(1_000);
  await retry();
  for (let turn = 0; turn < 100 && received.length < 10_000; turn += 1) await settle();
  expect(received).toHaveLength(10_000);
  expect(received[0]).toBe('1');
});

test('all else passes to the store', async () => {
  const { endings, other } = setup();
  const { store } = endings;
  await store.get(keyOf('a'));
  await store.put(keyOf('a'), sessionOf(0), until, until);
  await store.notBefore('7');
  await store.claim?.('name', until);
  await store.sessionsOf?.('7');
  await store.ping();
  await store.close();
  expect(other).toEqual([
    `get ${keyOf('a')}`,
    `put ${keyOf('a')}`,
    'notBefore 7',
    'claim name',
    'sessionsOf 7',
    'ping',
    'close',
  ]);
});

test('what a store does not offer is not offered', () => {
  const bare = { end: async () => {}, endAllOf: async () => {} } as unknown as SessionStore;
  const { store } = createPendingEndings(bare, handClock());
  expect(store).not.toHaveProperty('claim');
  expect(store).not.toHaveProperty('sessionsOf');
});
