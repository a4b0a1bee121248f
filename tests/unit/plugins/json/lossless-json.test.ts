import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { idText, isRawNumber, parseJson, rawNumber } from '../../../../plugins/json/lossless-json.ts';

function messageOf(run: () => unknown): string {
  try {
    run();
    return 'nothing was thrown';
  } catch (error) {
    return (error as Error).message;
  }
}

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

  it.each([
    ['{"a":9007199254740993,"a":9007199254740995}', '{"a":9007199254740995}'],
    ['{"a":{"n":9007199254740993},"a":5}', '{"a":5}'],
    ['{"a":[9007199254740993],"a":{"0":9007199254740995}}', '{"a":{"0":9007199254740995}}'],
    [
      '{"a":9007199254740993,"a":9007199254740995,"b":[9007199254740994]}',
      '{"a":9007199254740995,"b":[9007199254740994]}',
    ],
    ['{"a":9007199254740993,"\\u0061":9007199254740995}', '{"a":9007199254740995}'],
  ])('of members of the same name the last one counts: %s', (text, want) => {
    expect(JSON.stringify(parseJson(text))).toBe(want);
  });

  it('keeps the digits wherever the number is, and changes no text', () => {
    const long = fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }).map((n) => `${n}`);
    const text = fc.string({
      unit: fc.constantFrom('"', '\\', ',', ':', '[', '{', '}', ']', '1', 'é', '1234567890123456'),
    });
    // The engine puts names that are whole numbers first; and V8 of Node 24 and 26 takes the name `"` for a name `\` that it has seen
    // in the same place of another object.
    const name = fc.oneof(fc.constantFrom('__proto__', '', 'a'), text).filter((one) => !/^\d+$|\\/.test(one));
    const key = name.map((one) => JSON.stringify(one));
    const { value } = fc.letrec<{ value: string }>((tie) => ({
      value: fc.oneof(
        { depthSize: 'small' },
        long,
        text.map((one) => JSON.stringify(one)),
        fc.constantFrom('0', '1.5', 'null', 'true', '1234567890123456'),
        fc.array(tie('value')).map((items) => `[${items.join(',')}]`),
        fc
          .uniqueArray(fc.tuple(key, tie('value')), { selector: ([name]) => name })
          .map((members) => `{${members.map((pair) => pair.join(':')).join(',')}}`),
      ),
    }));
    fc.assert(
      fc.property(value, (given) => {
        expect(JSON.stringify(parseJson(given))).toBe(given);
      }),
      { numRuns: 2_000 },
    );
  });

  it('leaves parsing to the engine, without a reviver: that takes ten times as long', () => {
    const parse = vi.spyOn(JSON, 'parse');
    parseJson('{"n":9007199254740993,"q":[{},1,"abc"]}');
    parseJson('{"n":1}');
    const given = parse.mock.calls.map((args) => args.length);
    parse.mockRestore();
    expect(given).toEqual([1, 1]);
  });

  it.each([
    ['a text that looks like a member', { text: '"id":9007199254740993,', id: rawNumber('9007199254740995') }],
    ['a text that begins with a colon', [':9007199254740993', { id: rawNumber('9007199254740995') }]],
    ['members in another order than the text', { b: rawNumber('9007199254740993'), 1: rawNumber('9007199254740995') }],
    ['a list', { a: rawNumber('9007199254740993'), b: [rawNumber('9007199254740995')] }],
    ['a number that stays a double', { a: 1e30, b: rawNumber('9007199254740993') }],
    ['a number beyond a double', { a: rawNumber('1'.repeat(400)) }],
    [
      'nested deeply',
      Array.from({ length: 300 }).reduce<unknown>((inner) => ({ inner }), rawNumber('9007199254740993')),
    ],
  ])('gives each number its own digits beside %s', (_name, value) => {
    const text = JSON.stringify(value);
    expect(JSON.stringify(parseJson(text))).toBe(text);
  });

  it('leaves digits in texts and names, fractions and exponents as they are', () => {
    const long = '9007199254740993';
    const text = `{"${long}":":${long},","b":["[${long}"],"c":"\\\\\\":${long}","n":${long}}`;
    expect(JSON.stringify(parseJson(text))).toBe(text);
    expect(parseJson(`[1.${long},${long}.5,${long}e1,1e-${long}]`)).toEqual([
      Number(`1.${long}`),
      Number(`${long}.5`),
      Number(`${long}e1`),
      0,
    ]);
  });

  it('takes what is nested deeply', () => {
    const text = `${'['.repeat(100_000)}9007199254740993${']'.repeat(100_000)}`;
    expect(Array.isArray(parseJson(text))).toBe(true);
  });

  it('refuses what is not JSON, with the engine’s own words', () => {
    for (const text of ['{', '', '{"a":12345678901234567', '[12345678901234567,,"x"]']) {
      expect(() => parseJson(text)).toThrow(SyntaxError);
      expect(() => parseJson(text)).toThrow(messageOf(() => JSON.parse(text)));
    }
  });
});

describe('rawNumber', () => {
  it('takes a million digits', () => {
    const digits = '9'.repeat(1_000_000);
    expect(JSON.stringify(rawNumber(digits))).toBe(digits);
  });

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
