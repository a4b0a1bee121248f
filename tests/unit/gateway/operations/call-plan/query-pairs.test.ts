import { describe, expect, test } from 'vitest';
import { queryPairs, scalarText } from '../../../../../gateway/calls/call-plan.ts';
import { rawNumber } from '../../../../../plugins/json/lossless-json.ts';
import type { WireStyle } from '../../../../../plugins/operation.ts';

const long = rawNumber('9007199254740993');

describe('a value of a query', () => {
  test.each<[string, WireStyle | undefined, unknown, unknown]>([
    ['a text', undefined, 'a&b', [['q', 'a&b']]],
    [
      'a list, once for each item',
      undefined,
      ['a', 2, long],
      [
        ['q', 'a'],
        ['q', '2'],
        ['q', '9007199254740993'],
      ],
    ],
    ['no item', undefined, [], []],
    ['JSON', 'json', { a: [1, 'x'] }, [['q', '{"a":[1,"x"]}']]],
    ['a list with commas', 'comma', ['a', true, 1], [['q', 'a,true,1']]],
    ['a list with blanks', 'space', ['a', 'b'], [['q', 'a b']]],
    ['a list with bars', 'pipe', ['a', 'b'], [['q', 'a|b']]],
    ['one value where a list may be', 'comma', 'a', [['q', 'a']]],
    ['names and values in turn', 'pairs', { a: 1, none: null, absent: undefined, b: 'x' }, [['q', 'a,1,b,x']]],
    [
      'members as parameters',
      'members',
      { a: 1, none: null, b: ['x', 'y'] },
      [
        ['a', '1'],
        ['b', 'x'],
        ['b', 'y'],
      ],
    ],
    [
      'members in brackets',
      'deep',
      { a: 1, none: null, b: ['x', 'y'] },
      [
        ['q[a]', '1'],
        ['q[b]', 'x'],
        ['q[b]', 'y'],
      ],
    ],
    [
      'members of members',
      'deep',
      { a: { b: { c: 1 }, d: 'x' } },
      [
        ['q[a][b][c]', '1'],
        ['q[a][d]', 'x'],
      ],
    ],
  ])('%s', (_name, style, value, want) => {
    expect(queryPairs('q', value, style)).toEqual(want);
  });

  test.each<[string, WireStyle | undefined, unknown]>([
    ['an object where a scalar must be', undefined, { a: 1 }],
    ['an object in a list', undefined, ['a', {}]],
    ['a number that has no text', undefined, Number.POSITIVE_INFINITY],
    ['half of a surrogate pair', undefined, '\ud83d'],
    ['half of a surrogate pair in a name', 'members', { '\ud83d': 1 }],
    ['a value that JSON does not have', 'json', undefined],
    ['an object in a list with commas', 'comma', ['a', {}]],
    ['a list of names and values', 'pairs', ['a', 'b']],
    ['an object among names and values', 'pairs', { a: { b: 1 } }],
    ['members of a text', 'members', 'a'],
    ['an object as a parameter', 'members', { a: { b: 1 } }],
    ['a text in brackets', 'deep', 'a'],
    ['an object in a list in brackets', 'deep', { a: [{ b: 1 }] }],
    ['a name that closes its brackets', 'deep', { 'a]': 1 }],
    ['a name that opens brackets', 'deep', { 'a[': 1 }],
    ['the same, further in', 'deep', { a: { 'b]': 1 } }],
  ])('%s has no form', (_name, style, value) => {
    expect(queryPairs('q', value, style)).toBeUndefined();
  });
});

test.each([
  ['a', 'a'],
  ['', ''],
  [0, '0'],
  [false, 'false'],
  [long, '9007199254740993'],
  [Number.NaN, undefined],
  [null, undefined],
  [['a'], undefined],
])('the text of the scalar %j: %j', (value, want) => {
  expect(scalarText(value)).toBe(want);
});
