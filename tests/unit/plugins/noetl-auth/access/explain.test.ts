import { describe, expect, test } from 'vitest';
import { closed, custom, onExecution, onPlaybook, role } from '../../../../../plugins/noetl-auth/access/access-rule.ts';
import { compileGrants } from '../../../../../plugins/noetl-auth/access/decision.ts';
import {
  type ExplainedOperation,
  explainField,
  explainPath,
  explainTable,
} from '../../../../../plugins/noetl-auth/access/explain.ts';
import {
  fieldExplanationText,
  pathExplanationText,
  tableExplanationText,
} from '../../../../../plugins/noetl-auth/access/explain-text.ts';
import type { Permission } from '../../../../../plugins/noetl-auth/access/grant.ts';
import { grant } from '../../../../support/plugin-gateway.ts';

const login = 'api_integration/auth0/auth0_login';
const compiled = compileGrants(
  [
    grant('allow', 'admin', ['execute', 'view', 'edit', 'delete'], '*'),
    grant('allow', 'developer', ['execute', 'view', 'edit'], '*'),
    grant('deny', 'developer', ['execute', 'view', 'edit', 'delete'], 'system/*'),
    grant('allow', 'analyst', ['execute', 'view'], 'data/*', 'reports/*'),
    grant('allow', 'runner', ['execute'], 'jobs/*'),
  ],
  [login],
);
const roles = ['admin', 'developer', 'analyst', 'runner'];

const pathText = (permission: Permission, path: string, ...userRoles: string[]) =>
  pathExplanationText(explainPath(compiled, { roles: userRoles, permission, path }));

describe('a path', () => {
  test('allowed: yes, and the grant with its place', () => {
    expect(pathText('execute', 'data/x', 'analyst')).toBe(
      'yes: analyst may execute data/x\n  by allow analyst execute, view on data/*, reports/* (gateway.config.ts:analyst)',
    );
  });

  test('denied: no, and the grant that denies', () => {
    expect(pathText('view', 'system/x', 'admin', 'developer')).toBe(
      'no: admin, developer may not view system/x\n' +
        '  denied by deny developer execute, view, edit, delete on system/* (gateway.config.ts:developer)',
    );
  });

  test('no grant: the one that is missing, the nearest, and who has it', () => {
    const lines = pathText('view', 'reporting/x', 'analyst').split('\n');
    expect(lines[0]).toBe('no: analyst may not view reporting/x');
    expect(lines[1]).toContain("allow('analyst', ['view'], 'reporting/x')");
    expect(lines[2]).toContain('nearest: reports/*, in allow analyst');
    expect(lines.slice(3)).toEqual([
      expect.stringContaining('admin may, by'),
      expect.stringContaining('developer may, by'),
    ]);
  });

  test('an exception: the pattern that leaves the path out, and who may', () => {
    const narrowed = compileGrants(
      [
        grant('allow', 'admin', ['view'], '*'),
        { ...grant('allow', 'developer', ['view'], '*'), except: ['private/*', 'system/*'] },
        { ...grant('allow', 'viewer', ['view'], '*'), except: ['system/*'] },
      ],
      [],
    );
    const text = pathExplanationText(
      explainPath(narrowed, { roles: ['developer'], permission: 'view', path: 'system/x' }),
    );
    expect(text.split('\n')).toEqual([
      'no: developer may not view system/x',
      "  no grant allows it; this one would: allow('developer', ['view'], 'system/x')",
      '  the exception system/* leaves it out of allow developer view on * except private/*, system/* (gateway.config.ts:developer)',
      '  admin may, by allow admin view on * (gateway.config.ts:admin)',
    ]);
  });

  test('others are named only when they have the permission', () => {
    expect(explainPath(compiled, { roles: ['runner'], permission: 'delete', path: 'x' })).toMatchObject({
      nearest: undefined,
      others: [{ role: 'admin' }],
    });
  });

  test.each([
    [login, 'admin', /own auth playbooks/],
    ['a/../b', 'admin', /normal form/],
  ])('%s', (path, userRole, want) => {
    expect(pathText('view', path, userRole)).toMatch(want);
  });

  test('without a role', () => {
    expect(pathText('view', 'data/x')).toMatch(/^no: a user without a role may not view data\/x/);
  });
});

const operation = (field: string, access: ExplainedOperation['access']): ExplainedOperation => ({
  field,
  root: 'query',
  access,
});

describe('an operation', () => {
  test('on a playbook: patterns and grants of each role', () => {
    const text = fieldExplanationText(
      explainField(compiled, roles, operation('executePlaybook', onPlaybook('execute', 'name'))),
    );
    expect(text).toContain('query executePlaybook: users with execute on the playbook in name');
    expect(text).toContain('  developer: on * but never system/*');
    expect(text).toContain('    deny developer execute, view, edit, delete on system/* (gateway.config.ts:developer)');
    expect(text).toContain('  runner: on jobs/*');
  });

  test('execute implies view of executions, not of the source', () => {
    const execution = explainField(compiled, roles, operation('execution', onExecution('view', 'id')));
    expect(execution.byRole.get('runner')).toMatchObject({ kind: 'paths' });
    const source = explainField(compiled, roles, operation('playbook', onPlaybook('view', 'path')));
    expect(source.byRole.get('runner')).toEqual({ kind: 'none' });
  });

  test.each([
    [closed(), 'no user', 'no'],
    [role('admin'), 'users with the role admin', 'yes'],
    [custom(() => true), 'users that a function of the config allows', 'a function decides'],
    [
      { kind: 'authenticated', rows: 'playbooks' } as const,
      'everyone with a session; playbooks that the caller may not view are left out',
      'on *\n    allow admin execute, view, edit, delete on * (gateway.config.ts:admin)',
    ],
  ])('%o', (access, rule, admin) => {
    const text = fieldExplanationText(explainField(compiled, ['admin'], operation('field', access)));
    expect(text).toBe(`query field: ${rule}\n  admin: ${admin}`);
  });
});

test('a table has a row for each operation and a column for each role', () => {
  const operations = [operation('pools', role('admin')), operation('playbook', onPlaybook('view', 'path'))];
  const text = tableExplanationText(explainTable(compiled, ['admin', 'analyst'], operations));
  expect(text.split('\n')).toEqual([
    'operation  admin  analyst',
    'pools      yes    no',
    'playbook   on *   on data/*, reports/*',
  ]);
});

describe('what is said of the odd cases', () => {
  test('upstream, and grants without a place', () => {
    const upstream = { allowed: false, why: 'upstream', grant: undefined } as const;
    const explanation = {
      roles: ['analyst'],
      permission: 'view' as const,
      path: 'x',
      nearest: undefined,
      excepted: [],
      others: [],
    };
    expect(pathExplanationText({ ...explanation, decision: upstream })).toBe(
      'no: analyst may not view x\n  NoETL does not allow it',
    );
    const own = { ...grant('allow', 'analyst', ['view'], 'a', 'b'), source: undefined };
    expect(pathExplanationText({ ...explanation, decision: { allowed: true, grant: own } })).toBe(
      'yes: analyst may view x\n  by allow analyst view on a, b',
    );
    const noGrant = { allowed: false, why: 'no-grant', grant: undefined } as const;
    expect(pathExplanationText({ ...explanation, roles: [], decision: noGrant })).toBe(
      "no: a user without a role may not view x\n  no grant allows it; this one would: allow('<role>', ['view'], 'x')",
    );
  });

  test('an allowed path names nothing that is missing', () => {
    expect(explainPath(compiled, { roles: ['analyst'], permission: 'view', path: 'data/x' })).toMatchObject({
      nearest: undefined,
      others: [],
    });
    expect(explainPath(compiled, { roles: ['developer'], permission: 'view', path: 'system/x' })).toMatchObject({
      nearest: undefined,
      others: [],
    });
  });

  test('the nearest is the one that shares most, wherever it stands', () => {
    const near = compileGrants([grant('allow', 'analyst', ['view'], 'reports/daily/*', 'reports/*', 'data/*')], []);
    const nearest = (path: string) =>
      explainPath(near, { roles: ['analyst'], permission: 'view', path }).nearest?.pattern;
    expect(nearest('reports')).toBe('reports/daily/*');
    expect(nearest('reports-old/x')).toBe('reports/daily/*');
    expect(nearest('dat')).toBe('data/*');
  });

  test('others are those with a matching pattern, of other roles', () => {
    const mixed = compileGrants(
      [
        grant('allow', 'a', ['view'], 'x/*'),
        grant('allow', 'b', ['view'], 'y/*', 'x/*'),
        grant('allow', 'c', ['view'], 'y/*'),
        grant('deny', 'd', ['view'], 'x/*'),
        grant('allow', 'me', ['view'], 'z/*'),
      ],
      [],
    );
    const { others } = explainPath(mixed, { roles: ['me'], permission: 'view', path: 'x/1' });
    expect(others.map(({ role: name }) => name)).toEqual(['a', 'b']);
  });

  test('a deny of execute counts for executions when nothing but execute gives view', () => {
    const narrowed = compileGrants(
      [
        grant('allow', 'runner', ['execute'], 'jobs/*'),
        grant('deny', 'runner', ['execute'], 'jobs/private/*'),
        grant('allow', 'both', ['execute', 'view'], 'jobs/*'),
        grant('deny', 'both', ['execute'], 'jobs/private/*'),
      ],
      [],
    );
    const operations = [operation('execution', onExecution('view', 'id'))];
    const text = tableExplanationText(explainTable(narrowed, ['runner', 'both'], operations));
    expect(text.split('\n')[1]).toBe('execution  on jobs/* but never jobs/private/*  on jobs/*');
  });

  test('on executions, other permissions than view imply nothing', () => {
    const text = fieldExplanationText(
      explainField(compiled, ['runner'], operation('cancel', onExecution('execute', 'id'))),
    );
    expect(text.split('\n').slice(0, 2)).toEqual([
      'query cancel: users with execute on the playbook of the execution in id; for others it does not exist',
      '  runner: on jobs/*',
    ]);
    const edit = explainField(compiled, ['runner', 'analyst'], operation('edit', onExecution('edit', 'id')));
    expect([...edit.byRole.values()]).toEqual([{ kind: 'none' }, { kind: 'none' }]);
  });

  test('rules with several roles and without rows', () => {
    expect(fieldExplanationText(explainField(compiled, [], operation('f', role('admin', 'analyst'))))).toBe(
      'query f: users with one of the roles admin, analyst',
    );
    expect(fieldExplanationText(explainField(compiled, [], operation('f', { kind: 'authenticated' })))).toBe(
      'query f: everyone with a session',
    );
  });

  test('exceptions, grant by grant', () => {
    const narrowed = compileGrants(
      [
        { ...grant('allow', 'a', ['view'], 'x/*'), except: ['x/y/*'] },
        grant('allow', 'a', ['view'], 'z/*', 'w/*'),
        grant('deny', 'a', ['view'], 'z/q'),
      ],
      [],
    );
    const text = tableExplanationText(
      explainTable(narrowed, ['a'], [operation('playbook', onPlaybook('view', 'path'))]),
    );
    expect(text.split('\n')[1]).toBe('playbook   on x/* except x/y/*; z/*, w/* but never z/q');
  });

  test('several denials, in one line', () => {
    const denied = compileGrants([grant('allow', 'a', ['view'], '*'), grant('deny', 'a', ['view'], 'x/*', 'y/*')], []);
    const text = tableExplanationText(explainTable(denied, ['a'], [operation('playbook', onPlaybook('view', 'path'))]));
    expect(text).toBe('operation  a\nplaybook   on * but never x/*, y/*');
  });
});
