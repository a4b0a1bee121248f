import { describe, expect, test } from 'vitest';
import { allow, deny, parsePermission, permissions } from '../../../../../plugins/noetl-auth/access/grant.ts';

describe('a grant', () => {
  test('all permissions, one pattern', () => {
    expect(allow('admin', 'all', '*')).toMatchObject({ effect: 'allow', role: 'admin', permissions, patterns: ['*'] });
  });

  test('some permissions, some patterns; modify is edit', () => {
    expect(deny('viewer', ['view', 'modify'], ['a/*', 'b'])).toMatchObject({
      effect: 'deny',
      role: 'viewer',
      permissions: ['view', 'edit'],
      patterns: ['a/*', 'b'],
    });
  });

  test('exceptions: one or several', () => {
    expect(allow('dev', ['view'], '*', { except: 'system/*' }).except).toEqual(['system/*']);
    expect(allow('dev', ['view'], '*', { except: ['a', 'b'] }).except).toEqual(['a', 'b']);
    expect(allow('dev', ['view'], '*')).not.toHaveProperty('except');
  });

  test('a misspelt option is refused, since it would open what it was meant to leave out', () => {
    const misspelt = { exept: ['system/*'] } as object;
    expect(() => allow('dev', ['view'], '*', misspelt)).toThrow(
      expect.objectContaining({ code: 'ERR_CONFIG_INVALID', message: expect.stringContaining('exept') }),
    );
  });

  test('keeps nothing of the lists it was given', () => {
    const patterns = ['a'];
    const grant = allow('admin', 'all', patterns);
    patterns.push('*');
    expect(grant.patterns).toEqual(['a']);
    expect(grant.permissions).not.toBe(permissions);
  });
});

test.each([
  ...permissions.map((name) => [name, name] as const),
  ['modify', 'edit'],
  ['Execute', undefined],
  ['', undefined],
  ['constructor', undefined],
] as const)('the permission %j is %s', (name, want) => {
  expect(parsePermission(name)).toBe(want);
});
