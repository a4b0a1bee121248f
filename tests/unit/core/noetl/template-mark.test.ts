import { expect, it } from 'vitest';
import { parseJson } from '../../../../core/json/lossless-json.ts';
import { holdsTemplateMark } from '../../../../core/noetl/template-mark.ts';

it.each([
  ['expression', '{{ 7*7 }}', true],
  ['statement', 'a {% if %}', true],
  ['comment', '{# x', true],
  ['nested value', { a: [{ b: 'x{{' }] }, true],
  ['nested key', { a: { '{{k}}': 1 } }, true],
  ['JSON escapes', '{"a": "\\u007b\\u007B 7*7 }}"}', true],
  ['JSON escapes in a list', '["{\\u0025 if x %}"]', true],
  ['escapes of escapes', '["\\\\\\u007b\\\\\\u007b 7*7 }}"]', true],
  ['Python escapes', "['\\x7b\\173 7*7 }}']", true],
  ['Python names', "['\\N{left curly bracket}\\U0000007b 7*7 }}']", true],
  ['a continued line', "['{\\\n{ 7*7 }}']", true],
  ['texts side by side', "['{' '{ 7*7 }}']", true],
  ['raw texts side by side', '["{"\n r"% if x %}"]', true],
  ['a hidden mark in a key', { '\\x7b\\x7b': 1 }, true],
  ['JSON in JSON', JSON.stringify(JSON.stringify({ a: { '': { b: '{x}' } } })), false],
  ['backslashes', 'C:\\new\\{x}\\173 \\frac{\\{a\\}}{b} \\u00e9', false],
  ['plain text', 'O{ne} % # }}', false],
  ['JSON text of nested objects', '{"a": {"b": 1}}', false],
  ['numbers, null, long integers', [1, null, true, parseJson('[320816801799737344]')], false],
])('%s', (_name, given, want) => {
  expect(holdsTemplateMark(given)).toBe(want);
});

it('does not run out of stack', () => {
  let deep: unknown = '{{';
  for (let i = 0; i < 200_000; i += 1) deep = [deep];
  expect(holdsTemplateMark(deep)).toBe(true);
});

it('takes time in proportion to the text', () => {
  const before = performance.now();
  for (const unit of ['\\', '"', '{"', '{" ', '\\x7b ', "{''"]) holdsTemplateMark(unit.repeat(100_000));
  expect(performance.now() - before).toBeLessThan(3_000);
});
