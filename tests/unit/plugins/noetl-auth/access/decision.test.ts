import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compileGrants, decideOnText } from '../../../../../plugins/noetl-auth/access/decision.ts';
import { allow, deny, permissions } from '../../../../../plugins/noetl-auth/access/grant.ts';
import {
  plainlyAllowed,
  randomGrant,
  randomPath,
  randomPermission,
  randomRole,
} from '../../../../support/random-access.ts';

const login = 'api_integration/auth0/auth0_login';
const shipped = [
  allow('admin', 'all', '*'),
  allow('developer', ['execute', 'view', 'modify'], '*'),
  deny('developer', 'all', ['system/*', 'api_integration/auth0/*']),
  allow('analyst', ['execute', 'view'], 'data/*'),
];
const grants = compileGrants(shipped, [login]);

describe('an allow with exceptions', () => {
  const narrowed = compileGrants(
    [
      allow('admin', 'all', '*'),
      allow('developer', ['execute', 'view', 'edit'], '*', { except: ['system/*', 'data/raw/%'] }),
      allow('viewer', ['view'], '*', { except: 'system/*' }),
      allow('operator', ['view'], 'system/logs/*'),
      deny('operator', ['view'], 'data/*'),
    ],
    [],
  );
  test.each([
    ['reaches what it does not leave out', ['developer'], 'data/x', 'allowed'],
    ['does not reach an exception', ['developer'], 'system/x', 'no-grant'],
    ['does not reach its second exception', ['developer'], 'data/raw/x', 'no-grant'],
    ['takes nothing from another role', ['admin', 'developer'], 'system/x', 'allowed'],
    ['takes nothing from another role, in the other order', ['developer', 'admin'], 'system/x', 'allowed'],
    ['takes nothing from a narrower grant of another role', ['viewer', 'operator'], 'system/logs/x', 'allowed'],
    ['gives nothing where two roles leave the path out', ['developer', 'viewer'], 'system/x', 'no-grant'],
    ['does not lift the deny of another role', ['viewer', 'operator'], 'data/x', 'denied'],
  ] as const)('%s', (_name, roles, path, want) => {
    const decision = decideOnText(narrowed, { roles }, 'view', path);
    expect(decision.allowed ? 'allowed' : decision.why).toBe(want);
  });

  test('names the grant that allows, not the one with the exception', () => {
    const decision = decideOnText(narrowed, { roles: ['developer', 'admin'] }, 'view', 'system/x');
    expect(decision.grant).toMatchObject({ role: 'admin' });
  });

  test('exceptions on a deny open nothing', () => {
    const list = [allow('a', ['view'], '*'), { ...deny('a', ['view'], 'x/*'), except: ['x/y'] }];
    expect(decideOnText(compileGrants(list, []), { roles: ['a'] }, 'view', 'x/y').allowed).toBe(false);
  });
});

describe('decide', () => {
  test.each([
    ['no role', [], 'view', 'data/x', 'no-grant'],
    ['an unknown role', ['unknown'], 'view', 'data/x', 'no-grant'],
    ['a role with a grant', ['analyst'], 'view', 'data/x', 'allowed'],
    ['a permission without a grant', ['analyst'], 'delete', 'data/x', 'no-grant'],
    ['a path without a grant', ['analyst'], 'view', 'other/x', 'no-grant'],
    ['modify is edit', ['developer'], 'edit', 'data/x', 'allowed'],
    ['a denied path', ['developer'], 'view', 'system/x', 'denied'],
    ['a denial of one role against the grant of another', ['admin', 'developer'], 'view', 'system/x', 'denied'],
    ['the same, the other way round', ['developer', 'admin'], 'view', 'system/x', 'denied'],
    ['grants of several roles', ['unknown', 'analyst'], 'execute', 'data/x', 'allowed'],
    ['a path that is not in normal form', ['admin'], 'view', 'data/../system/x', 'path-refused'],
    ['a reserved path', ['admin'], 'view', login, 'reserved'],
  ] as const)('%s', (_name, roles, permission, path, want) => {
    const decision = decideOnText(grants, { roles }, permission, path);
    expect(decision.allowed ? 'allowed' : decision.why).toBe(want);
  });

  test.each(permissions)('the auth playbooks are reserved: %s', (permission) => {
    expect(decideOnText(grants, { roles: ['admin'] }, permission, login)).toMatchObject({
      allowed: false,
      why: 'reserved',
    });
  });

  test('names the grant that decides', () => {
    expect(decideOnText(grants, { roles: ['analyst'] }, 'view', 'data/x').grant).toBe(shipped[3]);
    expect(decideOnText(grants, { roles: ['developer'] }, 'view', 'system/x').grant).toBe(shipped[2]);
    expect(decideOnText(grants, { roles: ['analyst'] }, 'view', 'x').grant).toBeUndefined();
  });

  test('agrees with the plain reading of the grants', () => {
    const roles = fc.uniqueArray(randomRole, { maxLength: 3 });
    fc.assert(
      fc.property(
        fc.array(randomGrant, { maxLength: 10 }),
        roles,
        randomPermission,
        randomPath,
        fc.array(randomPath, { maxLength: 2 }),
        (list, userRoles, permission, path, reserved) => {
          const decision = decideOnText(compileGrants(list, reserved), { roles: userRoles }, permission, path);
          expect(decision.allowed).toBe(plainlyAllowed(list, reserved, userRoles, permission, path));
        },
      ),
      { numRuns: 4_000 },
    );
  });
});

test('a grant knows where it was declared', () => {
  expect(allow('admin', 'all', '*').source).toMatch(/decision\.test\.ts:\d+$/);
});
