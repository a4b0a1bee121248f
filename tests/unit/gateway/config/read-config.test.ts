import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { env } from '../../../../gateway/config/environment.ts';
import { createConfigReader, readNode } from '../../../../gateway/config/read-config.ts';
import {
  choice,
  code,
  either,
  flag,
  integer,
  list,
  many,
  type Node,
  named,
  parsed,
  plainSection,
  section,
  text,
  value,
  variant,
} from '../../../../gateway/config/schema/fields.ts';

function read(node: Node, given: unknown, environment: Record<string, string> | null = {}) {
  const reader = createConfigReader(environment ?? undefined);
  return { value: readNode(reader, node, given, 'field'), ...reader, names: [...reader.names] };
}

const number = integer({ min: 1, max: 10, env: 'N', default: 5, doc: '' });
const wholeNumber = (place: string) => [`${place}: must be a whole number from 1 to 10`];

describe('a field', () => {
  it.each<[string, Node, unknown, Record<string, string>, unknown, string[]]>([
    ['its default', number, undefined, {}, 5, []],
    ['its variable', number, undefined, { N: ' 7 ' }, 7, []],
    ['a value of the config instead of the variable', number, 3, { N: '7' }, 3, []],
    ['another variable', number, env('M', 1), { M: '8', N: '7' }, 8, []],
    ['the default of a reference', number, env('M', 2), {}, 2, []],
    ['its least', number, 1, {}, 1, []],
    ['its most', number, undefined, { N: '10' }, 10, []],
    ['less', number, 0, {}, undefined, wholeNumber('field')],
    ['more', number, undefined, { N: '11' }, undefined, wholeNumber('N')],
    ['a fraction', number, 1.5, {}, undefined, wholeNumber('field')],
    ['a negative number', number, undefined, { N: '-3' }, undefined, wholeNumber('N')],
    ['a text in place of a number', number, '7', {}, undefined, wholeNumber('field')],
    ['a number with a unit', number, undefined, { N: '7s' }, undefined, wholeNumber('N')],
    ['null', number, null, {}, undefined, wholeNumber('field')],
    ['a reference without a value', number, env('M'), {}, undefined, ['M: is required']],
    ['nothing', integer({ min: 1, max: 2, doc: '' }), undefined, {}, undefined, ['field: is required']],
    ['nothing, and may', integer({ min: 1, max: 2, optional: true, doc: '' }), undefined, {}, undefined, []],
    ['true', flag({ default: false, env: 'F', doc: '' }), undefined, { F: '1' }, true, []],
    ['false', flag({ default: true, env: 'F', doc: '' }), undefined, { F: 'false' }, false, []],
    ['no flag', flag({ env: 'F', doc: '' }), undefined, { F: 'yes' }, undefined, ['F: must be true or false']],
    ['a text', text({ doc: '' }), 'x', {}, 'x', []],
    ['an empty text', text({ doc: '' }), '', {}, undefined, ['field: must not be empty']],
    ['an empty text that may be absent', text({ optional: true, doc: '' }), '', {}, undefined, []],
    ['no text', text({ doc: '' }), 7, {}, undefined, ['field: must be a text']],
    ['a word in upper case', choice(['on', 'off'], { env: 'W', doc: '' }), undefined, { W: 'ON' }, 'on', []],
    ['another word', choice(['on', 'off'], { doc: '' }), 'no', {}, undefined, ['field: must be on or off']],
    ['a list as text', list({ doc: '' }), 'a, b,,a', {}, ['a', 'b'], []],
    ['a list in parts', list({ doc: '' }), [env('L', ''), env('M', 'b,c')], { L: 'a' }, ['a', 'b', 'c'], []],
    ['all variables of a list', list({ env: ['L', 'M'], doc: '' }), undefined, { L: 'a', M: 'b' }, ['a', 'b'], []],
    [
      'an empty list',
      list({ env: 'L', doc: '' }),
      undefined,
      {},
      undefined,
      ['L: is missing. Set it to one or more values, separated by commas'],
    ],
    ['an empty list that may be', list({ env: 'L', default: [], doc: '' }), undefined, {}, [], []],
    ['no list', list({ doc: '' }), [7], {}, undefined, ['field: must be a list of texts']],
    ['a function', code({ optional: true, doc: '' }), 7, {}, undefined, ['field: must be a function']],
  ])('may hold %s', (_name, node, given, environment, want, problems) => {
    const found = read(node, given, environment);
    expect(found.problems).toEqual(problems);
    expect(found.value).toEqual(want);
    expect([...found.unread]).toEqual(problems.length === 0 ? [] : ['field']);
  });

  it('names the item of a list that is wrong, and is the parsed text', () => {
    const node = list({ item: (each) => (each === 'x' ? undefined : each.toUpperCase()), must: 'is wrong', doc: '' });
    expect(read(node, 'a,b')).toMatchObject({ value: ['A', 'B'], problems: [] });
    expect(read(node, 'a,x').problems).toEqual(['field: x is wrong']);
    const url = parsed({ parse: (each) => (each === 'x' ? undefined : { each }), must: 'must be right', doc: '' });
    expect(read(url, 'a').value).toEqual({ each: 'a' });
    expect(read(url, 'x').problems).toEqual(['field: must be right']);
  });

  it('takes the first of its variables that is set, and no second one with a variable of the platform', () => {
    const port = integer({ env: ['A', 'B'], default: 1, min: 0, max: 9, doc: '' });
    expect(read(port, undefined, { A: '2', B: '3' }).value).toBe(2);
    expect(read(port, undefined, { B: '3' })).toMatchObject({ value: 3, names: ['A', 'B'] });
    expect(read(port, env('A', 4), { B: '3' }).value).toBe(3);
    expect(read(port, env('C', 4), { B: '3' }).value).toBe(4);
    expect(read(port, undefined, { B: 'x' }).problems).toEqual(['B: must be a whole number from 0 to 9']);
  });

  it('does not read what Kubernetes injects for a Service, on ports only', () => {
    for (const scheme of ['tcp', 'udp', 'sctp']) {
      const injected = { X_PORT: `${scheme}://10.0.0.1:80`, X_HOST: `${scheme}://10.0.0.1` };
      expect(read(text({ doc: '' }), env('X_PORT', 'none'), injected).value).toBe('none');
      expect(read(text({ doc: '' }), env('X_HOST', 'none'), injected).value).toBe(`${scheme}://10.0.0.1`);
    }
    expect(read(text({ doc: '' }), env('X_PORT', 'none'), { X_PORT: 'a tcp://x' }).value).toBe('a tcp://x');
  });

  it('is left out where only the environment has it and none is known', () => {
    expect(read(number, env('M'), null)).toMatchObject({ value: undefined, problems: [], unread: new Set(['field']) });
    expect(read(list({ env: 'L', doc: '' }), undefined, null).problems).toEqual([]);
    expect(read(number, env('M', 99), null).problems).toEqual(wholeNumber('M'));
    expect(read(number, 99, null).problems).toEqual(wholeNumber('field'));
  });
});

describe('a section', () => {
  const node = section({ timeoutSecs: integer({ min: 1, max: 9, default: 2, doc: '' }), inner: section({ number }) });

  it('is resolved with durations in milliseconds, and without what is absent', () => {
    const durations = section({
      drainSecs: integer({ min: 0, max: 9, doc: '' }),
      maxHours: integer({ min: 0, max: 9, doc: '' }),
      waitMs: integer({ min: 0, max: 9, doc: '' }),
      absent: text({ optional: true, doc: '' }),
    });
    expect(read(durations, { drainSecs: 2, maxHours: 1, waitMs: 3 }).value).toEqual({
      drainMs: 2_000,
      maxMs: 3_600_000,
      waitMs: 3,
    });
  });

  it('that is undefined has its defaults, also in sections inside', () => {
    expect(read(node, { timeoutSecs: undefined, inner: undefined }).value).toEqual({
      timeoutMs: 2_000,
      inner: { number: 5 },
    });
  });

  it.each([7, 'x', [], null])('cannot be %j', (given) => {
    expect(read(node, { inner: given }).problems).toEqual(['field.inner: must be an object']);
  });

  it('names what it does not know, with the nearest name', () => {
    const { problems } = read(node, { timeoutsecs: 1, inner: { nmber: 1, toString: 1 } });
    expect(problems).toEqual([
      'field.inner.nmber: unknown name; did you mean number?',
      'field.inner.toString: unknown name; known names: number',
      'field.timeoutsecs: unknown name; did you mean timeoutSecs?',
    ]);
  });

  it('that is plain takes nothing from the environment', () => {
    const plain = plainSection({ number, list: list({ default: [], doc: '' }) });
    const refused = 'cannot come from the environment: write the value itself';
    expect(read(plain, { number: env('M', 1), list: ['a', env('M', 'b')] }).problems).toEqual([
      `field.number: ${refused}`,
      `field.list: ${refused}`,
    ]);
  });
});

describe('other nodes', () => {
  const login = variant(
    { plain: {}, local: { claim: text({ optional: true, doc: '' }) } },
    { doc: '', default: { kind: 'plain' } },
  );

  it('a variant is one of its kinds, with the fields of that kind', () => {
    expect(read(login, undefined).value).toEqual({ kind: 'plain' });
    expect(read(login, { kind: 'local', claim: 'x' }).value).toEqual({ kind: 'local', claim: 'x' });
    expect(read(login, { kind: 'local', clam: 'x' }).problems).toEqual([
      'field.clam: unknown name; did you mean claim?',
    ]);
    expect(read(login, { kind: 'plain', claim: 'x' }).problems).toHaveLength(1);
    for (const given of [{ kind: 'locl' }, { kind: 'toString' }, {}]) {
      expect(read(login, given).problems).toEqual(["field.kind: must be one of 'plain', 'local'"]);
    }
    expect(read(login, 'local').problems).toEqual(['field: must be an object']);
    expect(read(variant({ a: {} }, { doc: '' }), undefined).problems).toEqual(['field: is required']);
  });

  it('a list of sections and names with sections say which one is wrong', () => {
    const each = section({ number });
    expect(read(many(each), undefined).value).toEqual([]);
    expect(read(many(each), [{}, { number: 0 }]).problems).toEqual(wholeNumber('field[1].number'));
    expect(read(many(each), {}).problems).toEqual(['field: must be a list']);
    expect(read(named(each), { a: {}, b: { number: 2 } }).value).toEqual({ a: { number: 5 }, b: { number: 2 } });
    expect(read(named(each), { a: { number: 0 } }).problems).toEqual(wholeNumber('field.a.number'));
    expect(read(named(each), []).problems).toEqual(['field: must be an object']);
  });

  it('an object is read as the section, anything else as the value', () => {
    const node = either(value(v.literal(false, 'must be false'), { doc: '' }), section({ number }));
    expect(read(node, false).value).toBe(false);
    expect(read(node, true).problems).toEqual(['field: must be false']);
    expect(read(node, { number: 3, x: 1 })).toMatchObject({
      value: { number: 3 },
      problems: [expect.stringContaining('field.x')],
    });
  });
});
