import { describe, expect, it } from 'vitest';
import { env } from '../../../../core/config/env.ts';
import { createEnvironmentReader } from '../../../../core/config/environment-reader.ts';

const bounds = { min: 1, max: 10 };

describe('createEnvironmentReader', () => {
  it.each([
    ['a value of the config', {}, 'here', 'here', []],
    ['the environment', { NAME: ' there ' }, env('NAME', 'x'), 'there', []],
    ['the fallback', { NAME: '  ' }, env('NAME', 'x'), 'x', []],
    ['an empty fallback', {}, env('NAME', ''), '', []],
    ['nothing', {}, env('NAME'), '', ['NAME: is required']],
  ])('text from %s', (_name, environment, value, want, problems) => {
    const reader = createEnvironmentReader(environment);
    expect(reader.text('field', value)).toBe(want);
    expect(reader.problems).toEqual(problems);
  });

  it.each([
    [{}, 5, 5, []],
    [{ N: '7' }, env('N', 1), 7, []],
    [{ N: '1' }, env('N', 5), 1, []],
    [{ N: '10' }, env('N', 5), 10, []],
    [{ N: '0' }, env('N', 5), 1, ['N: must be a whole number from 1 to 10']],
    [{ N: '11' }, env('N', 5), 1, ['N: must be a whole number from 1 to 10']],
    [{ N: '1.5' }, env('N', 5), 1, ['N: must be a whole number from 1 to 10']],
    [{ N: '7x' }, env('N', 5), 1, ['N: must be a whole number from 1 to 10']],
    [{ N: 'x7' }, env('N', 5), 1, ['N: must be a whole number from 1 to 10']],
    [{}, 1.5, 1, ['field: must be a whole number from 1 to 10']],
    [{}, env<number>('N'), 1, ['N: is required']],
  ])('an integer: %j %j', (environment: Record<string, string>, value, want, problems) => {
    const reader = createEnvironmentReader(environment);
    expect(reader.integer('field', value, bounds)).toBe(want);
    expect(reader.problems).toEqual(problems);
  });

  it.each([
    [{}, true, true, []],
    [{}, false, false, []],
    [{ F: 'true' }, env('F', false), true, []],
    [{ F: '1' }, env('F', false), true, []],
    [{ F: 'false' }, env('F', true), false, []],
    [{ F: '0' }, env('F', true), false, []],
    [{}, env('F', true), true, []],
    [{ F: 'yes' }, env('F', true), false, ['F: must be true or false']],
  ])('a flag: %j %j', (environment: Record<string, string>, value, want, problems) => {
    const reader = createEnvironmentReader(environment);
    expect(reader.flag('field', value)).toBe(want);
    expect(reader.problems).toEqual(problems);
  });

  it.each([
    [{}, 'a, b,,a', ['a', 'b']],
    [{ L: 'a,b' }, env('L', ''), ['a', 'b']],
    [{ L: 'a' }, [env('L', ''), env('M', 'b,c')], ['a', 'b', 'c']],
    [{}, ['x', 'y'], ['x', 'y']],
    [{}, env('L', ''), []],
  ])('a list: %j %j', (environment: Record<string, string>, value, want) => {
    expect(createEnvironmentReader(environment).list('field', value)).toEqual(want);
  });

  it('ignores what Kubernetes sets for a Service, on ports only', () => {
    for (const scheme of ['tcp', 'udp', 'sctp']) {
      const reader = createEnvironmentReader({ X_PORT: `${scheme}://10.0.0.1:80`, X_HOST: `${scheme}://10.0.0.1` });
      expect(reader.text('field', env('X_PORT', 'none'))).toBe('none');
      expect(reader.text('field', env('X_HOST', 'none'))).toBe(`${scheme}://10.0.0.1`);
    }
    expect(createEnvironmentReader({ X_PORT: 'a tcp://x' }).text('field', env('X_PORT', 'none'))).toBe('a tcp://x');
  });

  it('names a wrong value by its variable, or by its field', () => {
    const reader = createEnvironmentReader({});
    reader.wrong('field', env('NAME', ''), 'is odd');
    reader.wrong('list', ['a', env('OTHER', '')], 'is odd');
    reader.wrong('field', 'a', 'is odd');
    expect(reader.problems).toEqual(['NAME: is odd', 'OTHER: is odd', 'field: is odd']);
    expect([...reader.names]).toEqual([]);
  });
});
