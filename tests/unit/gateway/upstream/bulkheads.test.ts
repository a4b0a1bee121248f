import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type BulkheadName, type BulkheadOptions, createBulkheads } from '../../../../gateway/upstream/bulkheads.ts';
import { GatewayError } from '../../../../plugins/errors.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function setup(options: Partial<BulkheadOptions> = {}) {
  const shed: string[] = [];
  const bulkheads = createBulkheads({
    inFlight: { auth: 2, auth_start: 1, probe: 1, read: 4, start: 2 },
    userInFlight: 3,
    userWaiting: 5,
    waiting: 8,
    waitMs: 1_000,
    onShed: (bulkhead, reason) => shed.push(`${bulkhead} ${reason}`),
    ...options,
  });
  const order: string[] = [];
  /** Enters, and notes when it has its place. */
  async function enter(bulkhead: BulkheadName, user: string | undefined, name = user ?? 'own') {
    await bulkheads.enter(bulkhead, user);
    order.push(name);
  }
  const codeOf = (entering: Promise<void>) =>
    entering.then(
      () => 'in',
      (error: unknown) => (error instanceof GatewayError ? `${error.code} ${error.retryAfterSecs}` : error),
    );
  const turn = () => vi.advanceTimersByTimeAsync(0);
  return { bulkheads, shed, order, enter, codeOf, turn };
}

describe('createBulkheads', () => {
  test('a bulkhead that is full leaves the other bulkheads their places', async () => {
    const { bulkheads, enter, turn, order } = setup();
    for (const user of ['a', 'b', 'c', 'd']) await enter('read', user);
    const late = enter('read', 'e');
    await turn();
    expect(order).not.toContain('e');
    expect(bulkheads.enter('auth', undefined)).toBeUndefined();
    expect(bulkheads.enter('auth_start', undefined)).toBeUndefined();
    expect(bulkheads.enter('probe', undefined)).toBeUndefined();
    expect(bulkheads.enter('start', 'e')).toBeUndefined();
    bulkheads.leave('read', 'a');
    await late;
    expect(bulkheads.load('read')).toMatchObject({ running: 4, waiting: 0 });
  });

  test('a user at the limit waits while others pass, and goes on when one of the own calls ends', async () => {
    const { bulkheads, enter, turn, order } = setup();
    for (let n = 0; n < 3; n += 1) await enter('read', 'greedy');
    const fourth = enter('read', 'greedy', 'fourth');
    await turn();
    await enter('read', 'other');
    expect(order).toEqual(['greedy', 'greedy', 'greedy', 'other']);
    bulkheads.leave('read', 'greedy');
    await fourth;
  });

  test('the limit of a user is over all bulkheads: an end in one bulkhead lets the user on in another', async () => {
    const { bulkheads, enter, turn, order } = setup();
    for (let n = 0; n < 3; n += 1) await enter('read', 'u');
    const start = enter('start', 'u', 'start');
    await turn();
    expect(order).not.toContain('start');
    bulkheads.leave('read', 'u');
    await start;
  });

  test('users are served in turn, however many calls of one are waiting', async () => {
    const { bulkheads, enter, turn, order } = setup({
      inFlight: { auth: 1, auth_start: 1, probe: 1, read: 1, start: 1 },
    });
    await enter('start', 'first');
    const waiting = ['flood', 'flood', 'flood', 'small', 'flood', 'tiny'].map((user) => enter('start', user));
    for (const user of ['first', 'flood', 'small', 'tiny', 'flood', 'flood']) {
      bulkheads.leave('start', user);
      await turn();
    }
    await Promise.all(waiting);
    expect(order).toEqual(['first', 'flood', 'small', 'tiny', 'flood', 'flood', 'flood']);
  });

  test('a full queue refuses at once: of a user first, of the bulkhead at last', async () => {
    const { bulkheads, enter, codeOf, shed } = setup();
    for (let n = 0; n < 3; n += 1) await enter('read', 'u');
    for (let n = 0; n < 5; n += 1) void codeOf(enter('read', 'u'));
    expect(await codeOf(enter('read', 'u'))).toBe('ERR_OVERLOADED 1');
    await enter('read', 'v');
    for (const user of ['w', 'x', 'y']) void codeOf(enter('read', user));
    expect(await codeOf(enter('read', 'z'))).toBe('ERR_OVERLOADED 1');
    expect(shed).toEqual(['read user', 'read class']);
    expect(bulkheads.load('read')).toMatchObject({ running: 4, waiting: 8 });
  });

  test('a call that waits too long is not made, and leaves no trace', async () => {
    const { bulkheads, enter, codeOf, shed } = setup();
    for (const user of ['a', 'b']) await enter('start', user);
    const late = codeOf(enter('start', 'c'));
    await vi.advanceTimersByTimeAsync(999);
    expect(shed).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(await late).toBe('ERR_OVERLOADED 1');
    expect(shed).toEqual(['start wait']);
    for (const user of ['a', 'b']) bulkheads.leave('start', user);
    expect(bulkheads.load('start')).toMatchObject({ running: 0, waiting: 0 });
  });
});
