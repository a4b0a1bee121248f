import { describe, expect, test } from 'vitest';
import { approximateBytes } from '../../../../plugins/json/approximate-bytes.ts';
import { rawNumber, withLongIntegersAsText } from '../../../../plugins/json/lossless-json.ts';

describe('about how many bytes a value takes', () => {
  test.each([
    ['a text with its quotes', 'abc', 5],
    ['a number', 1, 8],
    ['null', null, 8],
    ['no value', undefined, 8],
    ['a list: brackets, commas, items', [1, 'ab'], 2 + 2 + 8 + 4],
    ['an object: braces, names, members', { ab: 'c', d: null }, 2 + (2 + 4) + 3 + (1 + 4) + 8],
    ['what is nested', { a: [{ b: '' }] }, 2 + 5 + (2 + 1) + (2 + 5 + 2)],
    ['empty ones', [[], {}], 2 + 2 + 2 + 2],
  ])('%s', (_name, value, want) => {
    expect(approximateBytes(value)).toBe(want);
  });

  test('counting stops above the limit, and not at it', () => {
    const items = ['a'.repeat(10), 'b'.repeat(10), 'c'.repeat(10)];
    expect(approximateBytes(items, 16)).toBe(5 + 12);
    expect(approximateBytes(items, 17)).toBe(5 + 12 + 12);
    expect(approximateBytes(items, 1_000)).toBe(5 + 36);
  });

  test('a value that is nested deeply is counted too', () => {
    let deep: unknown = 'x';
    for (let depth = 0; depth < 100_000; depth += 1) deep = [deep];
    expect(approximateBytes(deep)).toBe(300_003);
  });
});

describe('long integers as text', () => {
  const long = '9007199254740993';

  test('they are text wherever they are, and all else is as it was', () => {
    const value = { a: [1, rawNumber(long), 'x'], b: { c: rawNumber(long), d: null }, e: { f: true } };
    expect(withLongIntegersAsText(value)).toEqual({ a: [1, long, 'x'], b: { c: long, d: null }, e: { f: true } });
    expect(withLongIntegersAsText(rawNumber(long))).toBe(long);
  });

  test('what holds none is the same object, also beside one that does; nothing is changed in place', () => {
    const plain = { a: [1, { b: 2 }], c: 'x' };
    expect(withLongIntegersAsText(plain)).toBe(plain);
    const value = { plain, list: [plain, rawNumber(long)] };
    const changed = withLongIntegersAsText(value) as typeof value;
    expect(changed.plain).toBe(plain);
    expect(changed.list[0]).toBe(plain);
    expect(value.list[1]).toEqual(rawNumber(long));
    for (const scalar of [1, 'x', null, undefined, true]) expect(withLongIntegersAsText(scalar)).toBe(scalar);
  });

  test('a member with the name __proto__ stays a member', () => {
    const value = Object.defineProperty({}, '__proto__', { value: rawNumber(long), enumerable: true });
    const changed = withLongIntegersAsText(value) as object;
    expect(Object.getOwnPropertyDescriptor(changed, '__proto__')).toEqual({
      ...{ value: long, enumerable: true, writable: true, configurable: true },
    });
    expect(Object.getPrototypeOf(changed)).toBe(Object.prototype);
  });
});
