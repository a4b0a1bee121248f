import { describe, expect, test } from 'vitest';
import { approximateBytes } from '../../../../plugins/json/approximate-bytes.ts';
import { withLongIntegersAsText } from '../../../../plugins/json/long-integer-text.ts';
import { findLongIntegers } from '../../../../plugins/json/long-integers.ts';
import { rawNumber } from '../../../../plugins/json/lossless-json.ts';
import { findUnsafeNumbers } from '../../../../plugins/json/unsafe-numbers.ts';

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

describe('numbers that the parser may have changed', () => {
  const max = Number.MAX_SAFE_INTEGER;

  test.each([
    ['the largest and the smallest exact integer', [max, -max, { a: max }]],
    ['numbers with a fraction, texts, null', { a: [1.5, '9007199254740993', null], b: true }],
    ['a scalar', 'x'],
    ['null', null],
  ])('none: %s', (_name, value) => {
    expect(findUnsafeNumbers(value)).toBe('none');
  });

  test.each([
    ['the value itself', max + 1],
    ['a small one', -max - 1],
    ['an item of a list', [1, max + 1]],
    ['an item, further in', { a: [{ b: [Number.POSITIVE_INFINITY] }] }],
  ])('not a member of an object: %s', (_name, value) => {
    expect(findUnsafeNumbers(value)).toBe('other');
  });

  test('members of objects, in the order of the text', () => {
    const inner = { c: 1, d: -max - 1 };
    const value = { a: max + 1, b: [inner, null], e: { f: max + 2, g: 'x' } };
    expect(findUnsafeNumbers(value)).toEqual({ holders: [value, inner, value.e], keys: ['a', 'd', 'f'] });
  });

  test.each([
    ['lists', (inner: unknown) => [inner]],
    ['objects', (inner: unknown) => ({ a: inner })],
  ])('%s are looked through 200 deep', (_name, around) => {
    const nested = (depth: number): unknown => (depth === 0 ? {} : around(nested(depth - 1)));
    expect(findUnsafeNumbers(nested(200))).toBe('none');
    expect(findUnsafeNumbers(nested(201))).toBe('other');
  });
});

describe('where long integers are in a text', () => {
  const a = '9007199254740993';
  const b = '-9007199254740995';
  const empty = { numbers: [], members: [] };

  test.each<[string, string, unknown]>([
    [
      'members and items',
      `{"x": ${a}, "y": [1, ${b}]}`,
      { numbers: [['x', a]], members: [['y', { ...empty, numbers: [[1, b]] }]] },
    ],
    ['an item after nested ones', `[[1, 2], {"a": 3}, ${a}]`, { ...empty, numbers: [[2, a]] }],
    ['a member after a nested one', `{"a": {"b": [1]}, "c": ${a}}`, { ...empty, numbers: [['c', a]] }],
    [
      'several in one container, one deeper',
      `{"a": ${a}, "b": {"c": ${a}}, "d": ${b}}`,
      {
        numbers: [
          ['a', a],
          ['d', b],
        ],
        members: [['b', { ...empty, numbers: [['c', a]] }]],
      },
    ],
    [
      'two containers',
      `[{"a": ${a}}, {"a": ${b}}]`,
      {
        numbers: [],
        members: [
          [0, { ...empty, numbers: [['a', a]] }],
          [1, { ...empty, numbers: [['a', b]] }],
        ],
      },
    ],
    ['a name with escapes', `{"a\\"\\\\": ${a}}`, { ...empty, numbers: [['a"\\', a]] }],
    ['a name that looks like JSON', `{"[{,:": ${a}}`, { ...empty, numbers: [['[{,:', a]] }],
    ['beside text that is not ASCII', `{"é": "ü", "ö": ${a}}`, { ...empty, numbers: [['ö', a]] }],
  ])('%s', (_name, text, want) => {
    expect(findLongIntegers(text)).toEqual({ numbers: [], members: [['', want]] });
  });

  test('the text itself has the key of the empty text', () => {
    expect(findLongIntegers(` ${a} `)).toEqual({ ...empty, numbers: [['', a]] });
  });

  test.each([
    ['sixteen digits that a double holds', '{"a": 9007199254740991}'],
    ['a fraction', `{"a": ${a}.5}`],
    ['an exponent', `{"a": ${a}e1}`],
    ['an exponent in capitals', `{"a": ${a}E1}`],
    ['digits in a text', `{"a": "${a}"}`],
    ['what looks like a member in a text', `{"a": "b:${a}, [${a}, \\":${a}"}`],
    ['nothing', '{}'],
  ])('nowhere: %s', (_name, text) => {
    expect(findLongIntegers(text)).toBeUndefined();
  });
});
