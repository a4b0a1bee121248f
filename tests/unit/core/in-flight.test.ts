import { describe, expect, test } from 'vitest';
import { InFlight } from '../../../core/in-flight.ts';

describe('work in flight', () => {
  test('is found under its key until it is removed', () => {
    const inFlight = new InFlight<Promise<string>>();
    const one = Promise.resolve('one');
    inFlight.set('a', one);
    expect(inFlight.get('a')).toBe(one);
    expect(inFlight.get('b')).toBeUndefined();
    inFlight.delete('a');
    expect(inFlight.get('a')).toBeUndefined();
    expect(inFlight.size).toBe(0);
  });

  test('is replaced by newer work under the same key, which the end of the older one does not remove', () => {
    const inFlight = new InFlight<object>();
    const [older, newer] = [{}, {}];
    inFlight.set('a', older);
    inFlight.set('a', newer);
    inFlight.delete('a', older);
    expect(inFlight.get('a')).toBe(newer);
    inFlight.delete('a', newer);
    expect(inFlight.get('a')).toBeUndefined();
  });

  test('is all gone after a clear', () => {
    const inFlight = new InFlight<object>();
    for (let n = 0; n < 1_000; n += 1) inFlight.set(`key ${n}`, {});
    expect(inFlight.size).toBe(1_000);
    inFlight.clear();
    expect(inFlight.size).toBe(0);
    expect(inFlight.get('key 7')).toBeUndefined();
  });

  test('behaves as a Map does, with more keys than buckets and keys that differ only after the hashed part', () => {
    const inFlight = new InFlight<{ readonly n: number }>();
    const map = new Map<string, { readonly n: number }>();
    const long = 'x'.repeat(300);
    let seed = 7;
    const random = (below: number): number => {
      seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
      return seed % below;
    };
    for (let n = 0; n < 20_000; n += 1) {
      const key = `${random(2) === 0 ? long : ''}${random(700)}`;
      if (random(3) === 0) {
        inFlight.delete(key);
        map.delete(key);
      } else {
        const value = { n };
        inFlight.set(key, value);
        map.set(key, value);
      }
      expect(inFlight.size).toBe(map.size);
      const asked = `${random(700)}`;
      expect(inFlight.get(asked)).toBe(map.get(asked));
      expect(inFlight.get(long + asked)).toBe(map.get(long + asked));
    }
  });
});
