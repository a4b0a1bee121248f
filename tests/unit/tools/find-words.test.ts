import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { findWords, readWordRules } from '../../../tools/prose/find-words.ts';

const page = [
  '# Style',
  '',
  '| Do not write | Write |',
  '| --- | --- |',
  '| `foo`, `bar.` | "baz" |',
  '',
  'after',
].join('\n');
const rules = readWordRules(page);

describe('the table of the style page', () => {
  test('is read: words, and the better one', () => {
    expect(rules).toEqual([{ words: ['foo', 'bar.'], write: '"baz"' }]);
  });

  test('of this repository has rows', () => {
    expect(readWordRules(readFileSync('docs/style.md', 'utf8')).length).toBeGreaterThan(10);
  });

  test.each(['no table', page.replace('| "baz" |', '|  |'), page.replace('`foo`, `bar.`', 'foo')])(
    'without words, or without a better one, is an error: %#',
    (text) => {
      expect(() => readWordRules(text)).toThrow(/docs\/style\.md/);
    },
  );
});

describe('a word', () => {
  test.each([
    ['foo', true],
    ['Foo is here', true],
    ['(foo)', true],
    ['a bar.', true],
    ['a bar, a', false],
    ['food, a foot', false],
    ['is-foo', false],
    ['foo(1)', false],
    ['object.foo', false],
    ['foo_bar', false],
    ['path/foo', false],
    ['when it is foo: more', true],
    ["test('it is foo', () => {", true],
    ["throw new Error('foo waits')", true],
    ['foo/baz', true],
    ['a foo-like name', true],
    ['see foo-bar.ts', false],
    ['see foo/bar.ts', false],
    ['  foo: 1,', false],
    ['{ foo: 1 }', false],
    ['f(a, foo?: string)', false],
    ['const foo: Foot = 1', false],
    ["['foo']", false],
    ["foo's", false],
  ])('in %j: %s', (text, want) => {
    expect(findWords(text, rules).length > 0).toBe(want);
  });

  test.each([
    ["it('foo baz', () => {", true],
    ['where it foo baz: there', true],
    ['it foo baz(1)', true],
    ['it foo bazfar', false],
  ])('of more words in %j: %s', (text, want) => {
    expect(findWords(text, [{ words: ['foo baz'], write: 'y' }]).length > 0).toBe(want);
  });

  test('is found with its line and the better word; a curly apostrophe counts', () => {
    const own = [{ words: ["x's"], write: 'y' }];
    expect(findWords('one\ntwo x’s', own)).toEqual([{ line: 2, word: "x's", write: 'y' }]);
  });
});
