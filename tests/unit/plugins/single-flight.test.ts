import { describe, expect, test } from 'vitest';
import { Cache } from '../../../plugins/cache.ts';
import { cached, once, SingleFlight } from '../../../plugins/single-flight.ts';
import { handClock } from '../../support/session-fakes.ts';

const failing = async () => Promise.reject(new Error('away'));

describe('single flight', () => {
  test('callers that ask for a key meanwhile share one run and its result', async () => {
    const flight = new SingleFlight<string, number>();
    const { promise, resolve } = Promise.withResolvers<number>();
    let runs = 0;
    const start = () => {
      runs += 1;
      return promise;
    };
    const asked = [flight.run('a', start), flight.run('a', start), flight.run('b', async () => 2)];
    resolve(1);
    expect(await Promise.all(asked)).toEqual([1, 1, 2]);
    expect(runs).toBe(1);
    expect(flight.size).toBe(0);
    expect(await flight.run('a', async () => 3)).toBe(3);
  });

  test('a failure is shared and not kept', async () => {
    const flight = new SingleFlight<string, number>();
    const asked = await Promise.allSettled([flight.run('a', failing), flight.run('a', failing)]);
    expect(asked.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(await flight.run('a', async () => 1)).toBe(1);
  });

  test.each([undefined, 'a'])(
    'what was forgotten is not shared, and its end does not end what runs since: %s',
    async (key) => {
      const flight = new SingleFlight<string, number>();
      const [older, newer] = [Promise.withResolvers<number>(), Promise.withResolvers<number>()];
      const first = flight.run('a', () => older.promise);
      flight.forget(key);
      const second = flight.run('a', () => newer.promise);
      older.resolve(1);
      expect(await first).toBe(1);
      expect(flight.get('a')).toBe(second);
      newer.resolve(2);
      expect(await second).toBe(2);
      expect(flight.get('a')).toBeUndefined();
    },
  );
});

test('a cached value is made once until its end; a failure is made again', async () => {
  const clock = handClock();
  const cache = new Cache<string, Promise<number>>({ max: 10, clock });
  let made = 0;
  const make = async () => ++made;
  const get = () => cached(cache, 'a', make, clock() + 100);
  expect(await Promise.all([get(), get()])).toEqual([1, 1]);
  clock.advance(100);
  expect(await get()).toBe(2);
  await expect(cached(cache, 'b', failing)).rejects.toThrow('away');
  expect(await cached(cache, 'b', make)).toBe(3);
});

describe('once', () => {
  test('a value is made on the first call, and kept until it is forgotten', async () => {
    let made = 0;
    const get = once(async () => ++made);
    expect(await Promise.all([get(), get()])).toEqual([1, 1]);
    expect(await get()).toBe(1);
    get.forget();
    expect(await get()).toBe(2);
  });

  test('a failure is not kept, nor does an older one take away a newer value', async () => {
    const [older, newer] = [Promise.withResolvers<string>(), Promise.withResolvers<string>()];
    const waiting = [older, newer];
    const get = once(() => waiting.shift()?.promise ?? Promise.resolve('made'));
    const first = get();
    get.forget();
    const second = get();
    older.reject(new Error('down'));
    await expect(first).rejects.toThrow('down');
    expect(get()).toBe(second);
    newer.reject(new Error('down again'));
    await expect(second).rejects.toThrow('down again');
    expect(await get()).toBe('made');
  });
});
