import { describe, expect, test } from 'vitest';
import { createTokenBuckets, type SharedTokenBuckets } from '../../../../gateway/limits/token-buckets.ts';
import { createUserLimits, type UserLimitsOptions } from '../../../../gateway/limits/user-limits.ts';
import { GatewayError } from '../../../../plugins/errors.ts';
import type { GatewayEvent } from '../../../../plugins/observe.ts';

const defaults: UserLimitsOptions['limits'] = {
  startsPerSecond: 2,
  callsPerSecond: 10,
  byRole: { admin: { startsPerSecond: 20 }, guest: { callsPerSecond: 2 } },
};

function setup(options: Partial<UserLimitsOptions> = {}) {
  let now = 1_000_000;
  const events: GatewayEvent[] = [];
  const allow = createUserLimits({
    limits: defaults,
    clock: () => now,
    observe: (event) => events.push(event),
    ...options,
  });
  async function passed(count: number, userId: string, roles: readonly string[], of: 'read' | 'start' = 'read') {
    let through = 0;
    for (let n = 0; n < count; n += 1) {
      try {
        await allow({ user: { userId, roles }, class: of });
        through += 1;
      } catch (error) {
        if (!(error instanceof GatewayError) || error.code !== 'ERR_RATE_LIMITED') throw error;
      }
    }
    return through;
  }
  const later = (ms: number) => {
    now += ms;
  };
  return { allow, passed, events, later };
}

describe('createUserLimits', () => {
  test('starts and calls of each user: a burst, then so many a second', async () => {
    const { passed, later } = setup();
    expect(await passed(10, 'u', [], 'start')).toBe(6);
    expect(await passed(10, 'v', [], 'start')).toBe(6);
    expect(await passed(40, 'w', [])).toBe(30);
    later(500);
    expect(await passed(10, 'u', [], 'start')).toBe(1);
    expect(await passed(30, 'w', [])).toBe(5);
    later(60_000);
    expect(await passed(10, 'u', [], 'start')).toBe(6);
  });

  test('a role changes them; of several roles the largest counts', async () => {
    const { passed } = setup();
    expect(await passed(19, 'root', ['admin'], 'start')).toBe(19);
    expect(await passed(30, 'guest', ['guest'])).toBe(6);
    expect(await passed(40, 'both', ['guest', 'developer'])).toBe(30);
  });

  test('the refusal says when to come again; calls of the gateway itself are not counted', () => {
    const { allow, events } = setup();
    for (let n = 0; n < 100; n += 1) expect(allow({ class: 'start' })).toBeUndefined();
    const user = { userId: 'u', roles: [] };
    for (let n = 0; n < 6; n += 1) expect(allow({ user, class: 'start' })).toBeUndefined();
    let refusal: unknown;
    try {
      void allow({ user, class: 'start' });
    } catch (error) {
      refusal = error;
    }
    expect(refusal).toMatchObject({
      retryAfterSecs: 1,
      rateLimit: { policy: 'starts', quota: 6, windowSecs: 3, remaining: 0, resetSecs: 1 },
    });
    expect(events).toEqual([{ type: 'rate_limited', route: 'starts' }]);
  });

  test('replicas share one bucket', async () => {
    const bucket = createTokenBuckets(() => 0);
    const shared: SharedTokenBuckets = { take: async (key, size) => bucket.take(key, size) };
    const limits = { ...defaults, callsPerSecond: 100 };
    const [one, two] = [setup({ limits, shared }), setup({ limits, shared })];
    expect((await one.passed(200, 'u', [])) + (await two.passed(200, 'u', []))).toBe(300);
  });

  test('each replica counts by itself while the shared store does not answer', async () => {
    const shared: SharedTokenBuckets = {
      take: () => Promise.reject(new Error('down')),
    };
    expect(await setup({ shared }).passed(10, 'u', [], 'start')).toBe(6);
  });
});
