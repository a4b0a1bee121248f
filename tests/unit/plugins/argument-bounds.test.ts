import { describe, expect, test } from 'vitest';
import { type ArgumentBounds, boundsText, isWithin } from '../../../plugins/argument-bounds.ts';

describe('bounds of an argument', () => {
  test.each<[ArgumentBounds, string]>([
    [{ minimum: 10, maximum: 500 }, 'between 10 and 500'],
    [{ maximum: 0 }, 'at most 0'],
    [{ minLength: 1 }, 'at least 1 character long'],
    [{ minLength: 1, maxLength: 40 }, 'between 1 and 40 characters long'],
    [{ enum: ['a', 'b'] }, 'one of a, b'],
    [
      { enum: Array.from({ length: 22 }, (_, index) => index) },
      `one of ${[...Array(20).keys()].join(', ')} and 2 more`,
    ],
    [{}, ''],
  ])('%j in words', (bounds, text) => {
    expect(boundsText(bounds)).toBe(text);
  });

  test.each<[ArgumentBounds, readonly string[], readonly string[]]>([
    [{ minimum: 10, maximum: 500 }, ['10', '500', '99.5'], ['9', '501', '-10', '', ' ', 'ten', 'NaN', 'true', '1e400']],
    [{ minimum: 1 }, ['1', '9223372036854775807'], ['0']],
    [{ maxLength: 2 }, ['', 'ab', '😀😀'], ['abc', '😀😀😀']],
    [{ minLength: 2 }, ['ab', '😀😀'], ['', 'a', '😀']],
    [{ enum: ['a', 1] }, ['a', '1'], ['A', '', '2']],
    [{}, ['', 'x'], []],
  ])('%j', (bounds, within, outside) => {
    for (const text of within) expect([text, isWithin(bounds, text)]).toEqual([text, true]);
    for (const text of outside) expect([text, isWithin(bounds, text)]).toEqual([text, false]);
  });
});
