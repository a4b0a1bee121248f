import { expect, it } from 'vitest';
import { parseJson } from '../../../../core/json/lossless-json.ts';
import { holdsTemplateMark } from '../../../../core/noetl/template-mark.ts';

it.each([
  ['expression', '{{ 7*7 }}', true],
  ['statement', 'a {% if %}', true],
  ['comment', '{# x', true],
  ['nested value', { a: [{ b: 'x{{' }] }, true],
  ['nested key', { a: { '{{k}}': 1 } }, true],
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
