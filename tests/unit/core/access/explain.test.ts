import { describe, expect, test } from 'vitest';
import { closed, custom, onExecution, onPlaybook, role } from '../../../../core/access/access-rule.ts';
import { compileGrants } from '../../../../core/access/decision.ts';
import { type ExplainedOperation, explainField, explainPath, explainTable } from '../../../../core/access/explain.ts';
import {
  fieldExplanationText,
  pathExplanationText,
  tableExplanationText,
} from '../../../../core/access/explain-text.ts';
import type { Permission } from '../../../../core/access/permission.ts';
import { grant } from '../../../support/plugin-gateway.ts';

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
    expect(text).toContain('query executePlaybook: execute on the playbook in name');
    expect(text).toContain('  developer: on * but system/*');
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
    [closed(), 'closed, to everyone', 'no'],
    [role('admin'), 'users with the role admin', 'yes'],
    [custom(() => true), 'a function of the config decides', 'it depends'],
    [
      { kind: 'authenticated', rows: 'playbooks' } as const,
      'everyone with a session; playbooks without view are left out',
      'yes',
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
