import { describe, expect, test } from 'vitest';
import { allow, deny } from '../../../../core/access/grant.ts';
import { parsePermission, permissions } from '../../../../core/access/permission.ts';

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
