import { describe, expect, it } from 'vitest';
import { claimAt } from '../../../../core/identity/claim-path.ts';
import type { RolesEntry } from '../../../../core/identity/issuer-entry.ts';
import { hasGroupsOverage, readRoles } from '../../../../core/identity/read-roles.ts';
import { rulesOf } from '../../../support/issuer-rules.ts';

const rules = (roles: RolesEntry) => rulesOf({ issuer: 'https://id.example.com', roles }).roles;
const map = { ops: ['admin'], dev: ['developer', 'viewer'], 'Data Reader': ['viewer'] };

it.each<[string, Record<string, unknown>, RolesEntry, string[], string[]]>([
  ['a list', { roles: ['admin', 'viewer'] }, { claim: 'roles' }, ['admin', 'viewer'], []],
  ['one name', { roles: 'admin' }, { claim: 'roles' }, ['admin'], []],
  ['a text with blanks', { roles: 'admin  viewer' }, { claim: 'roles' }, ['admin', 'viewer'], []],
  ['a text with commas', { roles: 'admin, viewer' }, { claim: 'roles' }, ['admin', 'viewer'], []],
  ['a text that the map has as it is', { roles: 'Data Reader' }, { claim: 'roles', map }, ['viewer'], []],
  ['an object', { roles: { admin: { '1': 'x' } } }, { claim: 'roles' }, ['admin'], []],
  [
    'objects in a list',
    { roles: [{ name: 'admin' }, { value: 'viewer' }] },
    { claim: 'roles' },
    ['admin', 'viewer'],
    [],
  ],
  ['a claim named by a URL', { 'https://x/roles': ['viewer'] }, { claim: 'https://x/roles' }, ['viewer'], []],
  ['a nested claim', { realm: { roles: ['viewer'] } }, { claim: 'realm.roles' }, ['viewer'], []],
  ['two claims', { a: 'admin', b: 'viewer' }, { claim: ['a', 'b'] }, ['admin', 'viewer'], []],
  ['mapped', { groups: ['ops', 'dev', 'ops'] }, { claim: 'groups', map }, ['admin', 'developer', 'viewer'], []],
  ['a value that is not mapped', { groups: ['admin'] }, { claim: 'groups', map }, [], ['admin']],
  ['a role that is not in the config', { roles: ['root', 'viewer'] }, { claim: 'roles' }, ['viewer'], ['root']],
  ['a value named as every object has one', { groups: ['constructor'] }, { claim: 'groups', map }, [], ['constructor']],
  ['a claim named as every object has one', {}, { claim: 'constructor.name' }, [], []],
  ['no names', { roles: [1, null, { admin: true }] }, { claim: 'roles' }, [], []],
  ['absent', {}, { claim: 'roles' }, [], []],
  ['a path through a text', { realm: 'x' }, { claim: 'realm.roles' }, [], []],
  ['an empty name', { roles: [''] }, { claim: 'roles' }, [], []],
  ['no claim configured', { roles: ['admin'] }, {}, [], []],
])('roles: %s', (_name, claims, entry, roles, dropped) => {
  expect(readRoles(rules(entry), claims)).toEqual({ roles, dropped });
});

describe('claimAt', () => {
  it('finds keys with dots in them', () => {
    const claims = { resource_access: { 'my.app': { roles: ['x'] }, my: { app: {} } }, 'a.b': 1 };
    expect(claimAt(claims, 'resource_access.my.app.roles')).toEqual(['x']);
    expect(claimAt(claims, 'a.b')).toBe(1);
    expect(claimAt(claims, '__proto__.x')).toBeUndefined();
  });
});

it('says that groups are elsewhere', () => {
  const groups = rules({ claim: 'groups' });
  expect(hasGroupsOverage(groups, { _claim_names: { groups: 'src1' } })).toBe(true);
  expect(hasGroupsOverage(groups, { hasgroups: true })).toBe(true);
  expect(hasGroupsOverage(groups, { groups: [], _claim_names: { groups: 'src1' } })).toBe(false);
  expect(hasGroupsOverage(rules({ claim: 'roles' }), { _claim_names: { groups: 'src1' } })).toBe(false);
});
