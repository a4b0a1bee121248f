import { expect, test } from 'vitest';
import { createWaitingBytes } from '../../../../gateway/live/result-queue.ts';
import { handClock } from '../../../support/session-fakes.ts';

test('a user who is over the bound gives up the oldest own results', () => {
  const waiting = createWaitingBytes({ perUser: 100, keepMs: 1_000, clock: handClock() });
  expect(waiting.add('bob', 'b1', 90)).toEqual([]);
  expect(waiting.add('ada', 'a1', 60)).toEqual([]);
  expect(waiting.add('ada', 'a2', 30)).toEqual([]);
  expect(waiting.add('ada', 'a3', 80)).toEqual(['a1', 'a2']);
  expect(waiting.add('ada', 'a4', 101)).toEqual(['a3', 'a4']);
  expect(waiting.bytes).toBe(90);
});

test('beyond the total the user with the most bytes gives up results: one with less is never pushed out', () => {
  const waiting = createWaitingBytes({ perUser: 1_000, total: 400, keepMs: 1_000, clock: handClock() });
  expect(waiting.add('small', 's', 40)).toEqual([]);
  // A quarter of the total is the most of one user.
  expect(waiting.add('u0', 'x', 101)).toEqual(['x']);
  for (const user of ['u1', 'u2', 'u3']) expect(waiting.add(user, user, 100)).toEqual([]);
  expect(waiting.add('u4', 'u4a', 60)).toEqual([]);
  expect(waiting.add('u4', 'u4b', 40)).toEqual(['u1']);
  expect(waiting.add('u5', 'u5', 90)).toEqual(['u2']);
  expect(waiting.bytes).toBeLessThanOrEqual(400);
});

test('what has left the store is not counted', () => {
  const clock = handClock();
  const waiting = createWaitingBytes({ perUser: 100, keepMs: 1_000, clock });
  waiting.add('ada', 'a1', 90);
  waiting.add('bob', 'b1', 50);
  clock.advance(1_000);
  expect(waiting.add('ada', 'a2', 90)).toEqual([]);
  expect(waiting.bytes).toBe(90);
});
