import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { anyMatchOf, compilePattern, patternsOverlap } from '../../../../../plugins/noetl-auth/access/pattern.ts';
import { createPatternIndex, findInIndex } from '../../../../../plugins/noetl-auth/access/pattern-index.ts';
import { processorTimeOf } from '../../../../support/processor-time.ts';
import { plainlyMatches, randomPath, randomPattern } from '../../../../support/random-access.ts';

describe('a pattern', () => {
  test.each([
    ['data/*', 'data/report', true],
    ['data/*', 'data/a/b', true],
    ['data/*', 'data/', true],
    ['data/*', 'data', false],
    ['data/*', 'Data/report', false],
    ['data/*', 'other/data/report', false],
    ['data/%', 'data/report', true],
    ['*', 'anything/at/all', true],
    ['data', 'data', true],
    ['data', 'data/report', false],
    ['a_c', 'abc', false],
    ['a?c', 'abc', false],
    ['a.c', 'abc', false],
    ['[ab]', 'a', false],
    ['*/report', 'data/report', true],
    ['*/report', 'data/report/x', false],
    ['a*a', 'a', false],
    ['a*a', 'aa', true],
    ['*ab*ab*', 'ab', false],
    ['*ab*ab*', 'xabxabx', true],
    ['a*b*c', 'abcbc', true],
    ['a*bc*c', 'abc', false],
  ])('%s on %s: %s', (pattern, path, want) => {
    expect(compilePattern(pattern)(path)).toBe(want);
    expect(findInIndex(createPatternIndex([[pattern, true]]), path) ?? false).toBe(want);
  });

  test('matches what the plain reading of it matches', () => {
    fc.assert(
      fc.property(randomPattern, randomPath, (pattern, path) => {
        expect(compilePattern(pattern)(path)).toBe(plainlyMatches(pattern, path));
      }),
      { numRuns: 5_000 },
    );
  });

  test('takes time that grows with the path, not with its ways of being cut', () => {
    const matches = compilePattern(`${'*a'.repeat(200)}*b`);
    const matchOften = () => {
      for (let i = 0; i < 1_000; i += 1) matches('a'.repeat(1_000));
    };
    expect(processorTimeOf(matchOften)).toBeLessThan(1_000_000);
  });
});

describe('an index of patterns', () => {
  test('finds the first that matches, as one after another would', () => {
    fc.assert(
      fc.property(fc.array(randomPattern, { maxLength: 12 }), randomPath, (patterns, path) => {
        const index = createPatternIndex(patterns.map((pattern, order) => [pattern, order] as const));
        const want = patterns.findIndex((pattern) => plainlyMatches(pattern, path));
        expect(findInIndex(index, path)).toBe(want < 0 ? undefined : want);
      }),
      { numRuns: 5_000 },
    );
  });

  test('finds the same among many patterns with one prefix', () => {
    const many = fc.array(randomPattern, { minLength: 9, maxLength: 40 });
    fc.assert(
      fc.property(many, fc.constantFrom('', 'a', 'a*', '*'), randomPath, (ends, prefix, path) => {
        const patterns = ends.map((end) => `${prefix}*${end}`);
        const index = createPatternIndex(patterns.map((pattern, order) => [pattern, order] as const));
        const want = patterns.findIndex((pattern) => plainlyMatches(pattern, path));
        expect(findInIndex(index, path)).toBe(want < 0 ? undefined : want);
      }),
      { numRuns: 2_000 },
    );
  });

  test('tries each pattern once, however often its piece is in the path', () => {
    const patterns = [...'bcdefghijklm'].map((letter) => `a/*${letter}*x`);
    const tried: string[] = [];
    const index = createPatternIndex(patterns.map((pattern) => [pattern, pattern] as const));
    expect(findInIndex(index, `a/${'b'.repeat(50)}${'m'.repeat(50)}x`, (value) => !tried.push(value))).toBeUndefined();
    expect(tried.toSorted()).toEqual(['a/*b*x', 'a/*m*x']);
  });
});

test('what stands for all matches of a pattern is matched only by what matches them all', () => {
  fc.assert(
    fc.property(randomPattern, randomPattern, randomPath, (outer, inner, path) => {
      const covers = compilePattern(outer)(anyMatchOf(inner));
      if (covers && compilePattern(inner)(path)) expect(compilePattern(outer)(path)).toBe(true);
    }),
    { numRuns: 5_000 },
  );
  expect(compilePattern('data/*')(anyMatchOf('data/a*'))).toBe(true);
  expect(compilePattern('data/a*')(anyMatchOf('data/*'))).toBe(false);
});

describe('of many patterns with one prefix', () => {
  const letters = [...'bcdefghijk'];
  const nodeOf = (patterns: readonly string[]) => {
    const { root } = createPatternIndex(patterns.map((pattern) => [pattern, pattern] as const));
    const node = root.children.get('p'.charCodeAt(0));
    const byPiece = [...(node?.pieces?.children.values() ?? [])].map(({ edge }) => edge).toSorted();
    return { tried: node?.entries.map(({ value }) => value), byPiece };
  };

  test('each is reached by the piece that the fewest of them have', () => {
    expect(nodeOf(letters.map((letter) => `p*common*${letter}`))).toEqual({ tried: [], byPiece: letters });
    expect(nodeOf(letters.map((letter) => `p*${letter}*common*`))).toEqual({ tried: [], byPiece: letters });
  });

  test('those without a further piece are tried for every path', () => {
    const nine = letters.slice(0, 8).map((letter) => `p*${letter}`);
    expect(nodeOf([...nine, 'p*'])).toEqual({ tried: ['p*'], byPiece: letters.slice(0, 8) });
    expect(nodeOf(letters.map(() => 'p*'))).toEqual({ tried: letters.map(() => 'p*'), byPiece: [] });
  });

  test('eight are tried one by one, since they are few', () => {
    const eight = letters.slice(0, 8).map((letter) => `p*${letter}`);
    expect(nodeOf(eight)).toEqual({ tried: eight, byPiece: [] });
  });
});

describe('two patterns overlap', () => {
  test.each([
    ['data/*', 'data/x', true],
    ['data/*', '*/x', true],
    ['data/*', '*', true],
    ['*a', 'b*', true],
    ['a*', 'a', true],
    ['a%c', 'ab*', true],
    ['data/*', 'system/*', false],
    ['data/*', 'data', false],
    ['*a', '*b', false],
    ['a*b', 'c*', false],
    ['', '', true],
    ['', 'a', false],
  ])('%s and %s: %s', (left, right, want) => {
    expect(patternsOverlap(left, right)).toBe(want);
    expect(patternsOverlap(right, left)).toBe(want);
  });

  test('when a path matches both', () => {
    fc.assert(
      fc.property(randomPattern, randomPattern, randomPath, (left, right, path) => {
        const both = compilePattern(left)(path) && compilePattern(right)(path);
        expect(!both || patternsOverlap(left, right)).toBe(true);
      }),
      { numRuns: 5_000 },
    );
  });
});
