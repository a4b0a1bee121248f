import { expect, it } from 'vitest';
import { parseJson } from '../../../../core/json/lossless-json.ts';
import { findArgumentProblem } from '../../../../plugins/noetl-auth/argument-guard.ts';

const problemOf = (json: string) =>
  findArgumentProblem({ v: parseJson(json) }, { allowTemplates: false, unbrokenRun: 20 });

it.each([
  ['a number with too many digits', `{"n": ${'9'.repeat(21)}}`, 'v.n'],
  ['the same in a list', `[-${'1'.repeat(20)}]`, 'v[0]'],
  ['a number beyond the range', '{"n": 1e999}', 'v.n'],
  ['a run that is no word', '"ab.c+d-e.ab.c+d-e.ab.c"', 'v'],
  ['a NUL character, which NoETL answers 500 to', '{"a": ["x\\u0000y"]}', 'v.a[0]'],
  ['half of a surrogate pair', '{"a": "\\ud83d"}', 'v.a'],
  ['a NUL character in a name', '{"a": {"\\u0000": 1}}', 'v.a'],
])('%s is refused', (_name, json, place) => {
  expect(problemOf(json)?.place).toBe(place);
});

it.each([
  ['an exact number', `{"n": ${'9'.repeat(20)}}`],
  ['words', '"words of any length, when something stands between them"'],
  ['whole surrogate pairs', '"\\ud83d\\ude00 and 👩‍👩‍👧"'],
  ['base64 with slashes', '"AAAAAAAAAA+AAAA/AAAAAAAAAAAAAAA/AAAAAAAAAAAAAA=="'],
])('%s passes', (_name, json) => {
  expect(problemOf(json)).toBeUndefined();
});

it('runs that are each short enough are refused when there are too many of them', () => {
  const runs = (count: number) => problemOf(JSON.stringify(Array.from({ length: count }, () => 'x'.repeat(20))));
  expect(runs(16)).toBeUndefined();
  expect(runs(17)).toMatchObject({ place: 'v[16]' });
});

it('a long text of ordinary words passes', () => {
  expect(problemOf(JSON.stringify('word '.repeat(200)))).toBeUndefined();
});
