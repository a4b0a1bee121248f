import { expect, it } from 'vitest';
import { parseJson } from '../../../../plugins/json/lossless-json.ts';
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

it.each([
  ['a number', `{"n": 1e999}`, /number is too large/],
  ['a template mark', '"{{ x }}"', /template marks/],
  ['a NUL character', '"\\u0000"', /NUL characters/],
  ['a long run', JSON.stringify('x'.repeat(21)), /run of letters and digits without a break is too long/],
  ['many runs', JSON.stringify(Array.from({ length: 17 }, () => 'x'.repeat(20))), /too many long runs/],
  ['what is in a name', '{"{{ x }}": 1}', /^template marks .*, in the name of a property$/],
])('the reason names what was refused: %s', (_name, json, reason) => {
  expect(problemOf(json)?.reason).toMatch(reason);
});

it('every member is looked at, not only the first', () => {
  expect(problemOf('{"a": "fine", "b": {"c": "fine", "d": "\\u0000"}}')?.place).toBe('v.b.d');
});

it.each([
  ['lists', '[', ']'],
  ['objects', '{"a":', '}'],
])('%s are nested 64 deep at most', (_name, open, close) => {
  const nested = (depth: number) => problemOf(`${open.repeat(depth)}1${close.repeat(depth)}`);
  expect(nested(64)).toBeUndefined();
  expect(nested(65)?.reason).toMatch(/nested too deeply/);
});

it('a place of more than 200 characters is cut', () => {
  const placeOf = (name: string) => problemOf(JSON.stringify({ [name]: '\0' }))?.place;
  // Short words, so that the name itself is accepted.
  const name = 'a/'.repeat(99);
  expect(placeOf(name)).toBe(`v.${name}`);
  expect(placeOf(`${name}/`)).toBe(`v.${name}…`);
});

it('a run has letters and digits of ASCII, and what a scheme of a URL may have', () => {
  const joins = (character: string) =>
    problemOf(JSON.stringify(`${'x'.repeat(10)}${character}${'x'.repeat(10)}`)) !== undefined;
  expect([...'+-.09AZaz'].filter((character) => !joins(character))).toEqual([]);
  // The characters next to these.
  expect([...'*,/:@[`{é'].filter(joins)).toEqual([]);
});
