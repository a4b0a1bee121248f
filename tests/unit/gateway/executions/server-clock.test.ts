import { expect, test } from 'vitest';
import { createServerClock } from '../../../../gateway/executions/server-clock.ts';
import { handClock } from '../../../support/session-fakes.ts';

const cut = (ms: number) => new Date(Math.floor(ms / 1_000) * 1_000);

test('it is never ahead of the server, and comes close after some answers', () => {
  for (const ahead of [0, 123_456, -98_765]) {
    const clock = handClock();
    const server = createServerClock(clock);
    for (let answers = 0; answers < 50; answers += 1) {
      clock.advance(137);
      server.observe(cut(clock() + ahead), clock() + 5);
      expect(server.now()).toBeLessThanOrEqual(clock() + ahead);
      expect(server.now()).toBeGreaterThan(clock() + ahead - 1_006);
    }
    expect(clock() + ahead - server.now()).toBeLessThan(60);
  }
});

test('without a date it is the own clock; a clock that was set back is followed', () => {
  const clock = handClock();
  const server = createServerClock(clock);
  server.observe(undefined, clock());
  expect(server.now()).toBe(clock());
  server.observe(cut(clock() + 600_000), clock());
  for (let minutes = 0; minutes < 3; minutes += 1) {
    clock.advance(61_000);
    server.observe(cut(clock()), clock());
  }
  expect(server.now()).toBeLessThanOrEqual(clock());
});
