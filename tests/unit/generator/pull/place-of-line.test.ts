import { expect, it } from 'vitest';
import { placeOfLine } from '../../../../generator/pull/check-document.ts';

const value = { a: { 'b/c~"d': [{ x: 1, y: [] }, [2, { z: '{' }], 3] }, e: {} };
const text = JSON.stringify(value, null, 2);

it.each([
  ['"a": {', '#/a'],
  ['"x": 1', '#/a/b~1c~0"d/0/x'],
  ['"y": []', '#/a/b~1c~0"d/0/y'],
  ['2,', '#/a/b~1c~0"d/1/0'],
  ['"z": "{"', '#/a/b~1c~0"d/1/1/z'],
  ['3', '#/a/b~1c~0"d/2'],
  ['"e": {}', '#/e'],
  ['{', '#'],
])('the line %s is %s', (line, place) => {
  const number = text.split('\n').findIndex((row) => row.trim().replace(/,$/, '') === line.replace(/,$/, '')) + 1;
  expect(placeOfLine(text, number)).toBe(place);
});

it('is nowhere in a text that is shorter', () => {
  expect(placeOfLine('', 2)).toBeUndefined();
});
