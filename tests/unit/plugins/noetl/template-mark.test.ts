import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseJson } from '../../../../plugins/json/lossless-json.ts';
import { hasTemplateMark, holdsTemplateMark } from '../../../../plugins/noetl/template-mark.ts';
import { processorTimeOf } from '../../../support/processor-time.ts';

it.each([
  ['expression', '{{ 7*7 }}', true],
  ['statement', 'a {% if %}', true],
  ['comment', '{# x', true],
  ['nested value', { a: [{ b: 'x{{' }] }, true],
  ['nested key', { a: { '{{k}}': 1 } }, true],
  ['a hidden mark in a key', { '\\x7b\\x7b': 1 }, true],
  ['plain text', 'O{ne} % # }}', false],
  ['numbers, null, long integers', [1, null, true, parseJson('[320816801799737344]')], false],
])('%s', (_name, given, want) => {
  expect(holdsTemplateMark(given)).toBe(want);
});

describe('a literal that becomes a mark', () => {
  it.each([
    ['JSON escapes', '{"a": "\\u007b\\u007B 7*7 }}"}'],
    ['JSON escapes in a list', '["{\\u0025 if x %}"]'],
    ['escapes of escapes', '["\\\\\\u007b\\\\\\u007b 7*7 }}"]'],
    ['escapes in hexadecimal and octal', "['\\x7b\\173 7*7 }}']"],
    ['names and long escapes', "['\\N{left curly bracket}\\U0000007b 7*7 }}']"],
    ['octal escapes of bytes', "b'\\573\\573 7*7 }}'"],
    ['an octal escape before a digit', "'{\\43\\60'"],
    ['an escape that makes an escape', '["\\x5cx7b\\x5cx7b"]'],
    ['a continued line', "['{\\\n{ 7*7 }}']"],
    ['a line continued by a carriage return', '["{\\\r{ 7*7 }}"]'],
    ['a line continued by both', '["{\\\r\n{ 7*7 }}"]'],
    ['literals side by side', "['{' '{ 7*7 }}']"],
    ['raw literals side by side', '["{"\n r"% if x %}"]'],
    ['with an empty literal between', '["{" "" "{ 7*7 }}"]'],
    ['with empty literals and no blanks', `["{${'"'.repeat(14)}{7*7}}"]`],
    ['with a comment between', '["{" # x\n"{ 7*7 }}"]'],
    ['with a comment that a carriage return ends', "['{' # x\r'{ 7*7 }}']"],
    ['with a continued line between', "('{' \\\n'{ 7*7 }}')"],
    ['in a dictionary', '{"k": "{" "" "{ 7*7 }}"}'],
    ['with triple quotes', '[\'\'\'{\'\'\' """{ 7*7 }}"""]'],
    ['within a text of a literal', JSON.stringify(['["{" "" "{ 7*7 }}"]'])],
    ['twice within a text of a literal', JSON.stringify([JSON.stringify(["{'k': '{' \"{ 7*7 }}\"}"])])],
    ['a literal alone', '"{" "{ 7*7 }}"'],
    ['a tuple', "1, '{' '{ 7*7 }}'"],
  ])('%s', (_name, text) => {
    expect(hasTemplateMark(text)).toBe(true);
  });

  it.each([
    ['literals side by side', '{" "{ 7*7 }}'],
    ['escaped quotes', '{\\" \\"{ 7*7 }}'],
    ['an escape', '\\x7b\\x7b 7*7 }}'],
    ['a comment', '{"# a\\nb\n"{ 7*7 }}'],
    ['a comment that ends in a backslash', '{" # a\\\n"{ 7*7 }}'],
    ['a comment, by escapes', '{" # a\\x0a"{ 7*7 }}'],
  ])('within quotes of a template: %s', (_name, text) => {
    expect(hasTemplateMark(text)).toBe(true);
  });
});

it.each([
  ['backslashes', 'C:\\new\\{x}\\173 \\frac{\\{a\\}}{b} \\u00e9'],
  ['JSON in JSON', JSON.stringify(JSON.stringify({ a: { '': { b: '{x}' } } }))],
  ['JSON text of nested objects', '{"a": {"b": 1}}'],
  ['literals with a comma between', "['{', '{']"],
  ['literals with an operator between', '"{" + "{"'],
  ['a name of another character', "'{\\N{BULLET}{'"],
  ['a raw text', "r'\\n{' '}'"],
])('passes: %s', (_name, text) => {
  expect(hasTemplateMark(text)).toBe(false);
});

describe('literals recorded with the verdict of ast.literal_eval', () => {
  const recorded = JSON.parse(readFileSync('tests/unit/plugins/noetl/recorded-literals.json', 'utf8')) as {
    alone: readonly string[];
    quoted: readonly string[];
  };
  it.each([
    ['alone', recorded.alone],
    ['between quotes', recorded.quoted],
  ])('%s', (_name, texts) => {
    expect(texts.length).toBeGreaterThanOrEqual(500);
    expect(texts.filter((text) => !hasTemplateMark(text))).toEqual([]);
  });
});

it('refuses literals that are nested too deeply to be read', () => {
  let text = '"{"';
  for (let i = 0; i < 12; i += 1) text = JSON.stringify([text]);
  expect(hasTemplateMark(text)).toBe(true);
});

it('does not run out of stack', () => {
  let deep: unknown = '{{';
  for (let i = 0; i < 200_000; i += 1) deep = [deep];
  expect(holdsTemplateMark(deep)).toBe(true);
});

const units = [
  '\\',
  '"',
  '{"',
  '{" ',
  '\\x7b ',
  '{"#',
  '\\N{',
  '\\x5c',
  '\\x5cx5c',
  '\\\n',
  '\'\'\'"""',
  '\\x5c\\n',
  '\\1\\2',
];

it.each(units)('takes time in proportion to a text of %j', (unit) => {
  const timeOf = (length: number) => {
    const text = `{x${unit.repeat(Math.floor(length / unit.length))}`;
    return processorTimeOf(() => hasTemplateMark(text));
  };
  const small = timeOf(20_000);
  const large = timeOf(320_000);
  // 16 times the text; its square would take 256 times as long.
  expect(large / Math.max(small, 2_000)).toBeLessThan(100);
});
