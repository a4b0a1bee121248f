import { expect, test } from 'vitest';
import { createClientIds } from '../../../../gateway/live/live-requests.ts';
import { createMemoryStore } from '../../../../gateway/stores/memory-store.ts';
import { handClock } from '../../../support/session-fakes.ts';

function clientIds(newPerUser: number) {
  const clock = handClock();
  const store = createMemoryStore({ clock: clock, space: 'results' });
  return { clock, clients: createClientIds({ store, keepMs: 1_000_000, newPerUser, clock }) };
}

const limited = { code: 'ERR_RATE_LIMITED', retryAfterSecs: 1 };

test('a user makes so many new ids at once, and one a second afterwards', async () => {
  const { clock, clients } = clientIds(3);
  for (const id of ['a', 'b', 'c']) expect((await clients.take(id, 'ada')).clientId).toBe(id);
  await expect(clients.take('d', 'ada')).rejects.toMatchObject(limited);
  await expect(clients.take(undefined, 'ada')).rejects.toMatchObject(limited);
  clock.advance(1_000);
  expect((await clients.take('d', 'ada')).clientId).toBe('d');
  await expect(clients.take('e', 'ada')).rejects.toMatchObject(limited);
});

test('an id that is known costs nothing, and other users notice nothing', async () => {
  const { clients } = clientIds(2);
  for (let n = 0; n < 5; n += 1) expect((await clients.take('a', 'ada')).clientId).toBe('a');
  expect((await clients.take('b', 'ada')).clientId).toBe('b');
  await expect(clients.take('c', 'ada')).rejects.toMatchObject(limited);
  expect((await clients.take('c', 'bob')).clientId).toBe('c');
});

test("asking for another user's id makes no ids without bound", async () => {
  const { clients } = clientIds(4);
  await clients.take('hers', 'ada');
  const issued = new Set<string>();
  for (let n = 0; n < 3; n += 1) issued.add((await clients.take('hers', 'bob')).clientId);
  expect(issued.size).toBe(3);
  await expect(clients.take('hers', 'bob')).rejects.toMatchObject(limited);
});
