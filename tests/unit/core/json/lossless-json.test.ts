import { describe, expect, it } from 'vitest';
import { idText, isRawNumber, parseJson, rawNumber } from '../../../../core/json/lossless-json.ts';

describe('parseJson', () => {
  it.each([
    '{"a":9007199254740993}',
    '[9007199254740993,-9223372036854775808]',
    '{"a":[1,2,{"b":767008253774397449}]}',
    '9007199254740993',
    '{"n":12,"long":12345678901234567890123}',
  ])('%s keeps its digits', (text) => {
    expect(JSON.stringify(parseJson(text))).toBe(text);
  });

  it('leaves every other number a number', () => {
    expect(parseJson('[1234567890123456, 9007199254740991, -9007199254740991, 0.1234567890123456789]')).toEqual([
      1234567890123456, 9007199254740991, -9007199254740991, 0.12345678901234568,
    ]);
    expect(parseJson('{"id": "9007199254740993", "n": 1234567890123456}')).toEqual({
      id: '9007199254740993',
      n: 1234567890123456,
    });
    expect(isRawNumber((parseJson('[12345678901234567.5, 9007199254740993]') as unknown[])[0])).toBe(false);
  });

  it('refuses what is not JSON', () => {
    for (const text of ['{', '', '{"a":12345678901234567']) expect(() => parseJson(text)).toThrow(SyntaxError);
  });
});

describe('rawNumber', () => {
  it.each(['9007199254740992', '-9007199254740993', '12345678901234567890'])('%s stays exact', (digits) => {
    expect(JSON.stringify(rawNumber(digits))).toBe(digits);
    expect(isRawNumber(rawNumber(digits))).toBe(true);
  });

  it.each(['0', '7', '-9007199254740991', '9007199254740991', '1.5', '1e3'])('%s is a number', (digits) => {
    expect(rawNumber(digits)).toBe(Number(digits));
  });
});

describe('idText', () => {
  it.each([
    ['7', '7'],
    [7, '7'],
    [rawNumber('767008253774397449'), '767008253774397449'],
    [1.5, undefined],
    [true, undefined],
    [null, undefined],
    [{}, undefined],
  ])('%j', (value, want) => {
    expect(idText(value)).toBe(want);
  });
});
