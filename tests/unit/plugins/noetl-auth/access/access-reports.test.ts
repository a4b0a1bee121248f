import { describe, expect, test } from 'vitest';
import { type ReportedRow, reportAccess } from '../../../../../gateway/policy/access-report.ts';
import { policyText, tryPolicy } from '../../../../../gateway/policy/policy-draft.ts';
import {
  authenticated,
  custom,
  onExecution,
  onPlaybook,
  role,
} from '../../../../../plugins/noetl-auth/access/access-rule.ts';
import { compileGrants } from '../../../../../plugins/noetl-auth/access/decision.ts';
import { allow, deny } from '../../../../../plugins/noetl-auth/access/grant.ts';
import { reportExplanation, reportPath } from '../../../../../plugins/noetl-auth/access/path-report.ts';
import { readPolicy } from '../../../../../plugins/noetl-auth/access/policy-file.ts';

const roles = ['admin', 'dev', 'runner'];
const placed = <G extends object>(grant: G, line: number) => ({ ...grant, source: `policy.yaml:${line}` });
const grants = [
  placed(allow('admin', 'all', '*'), 1),
  placed(allow('dev', ['execute', 'view'], ['data/*', 'lab/*'], { except: 'data/raw/*' }), 2),
  placed(deny('dev', ['view'], 'data/secret/*'), 3),
  placed(allow('runner', ['execute'], 'jobs/*'), 4),
];
const compiled = compileGrants(grants, ['z/login', 'auth/login']);

describe('an explanation as data', () => {
  const explain = (given: Partial<Parameters<typeof reportExplanation>[1]>, onExecution = false) =>
    reportExplanation(compiled, { roles: ['dev'], permission: 'view', path: 'data/x', ...given }, onExecution);

  test('what is allowed has the grant, and misses none', () => {
    expect(explain({})).toStrictEqual({
      allowed: true,
      lines: [
        'yes: dev may view data/x',
        'by allow dev execute, view on data/*, lab/* except data/raw/* (policy.yaml:2)',
      ],
    });
  });

  test('what no grant allows has the grant that would, quoted as code', () => {
    expect(explain({ path: 'other/x' })).toMatchObject({
      allowed: false,
      missing: "allow('dev', ['view'], 'other/x')",
    });
    expect(explain({ roles: [], path: "o'x\\y" }).missing).toBeUndefined();
    expect(explain({ roles: [], path: "o'x" }).missing).toBe("allow('<role>', ['view'], 'o\\'x')");
    expect(explain({ roles: ['back\\slash'], path: 'o' }).missing).toBe("allow('back\\\\slash', ['view'], 'o')");
  });

  test.each([
    ['a deny', { path: 'data/secret/x' }],
    ['a reserved path', { roles: ['admin'], path: 'auth/login' }],
  ])('no grant helps against %s', (_name, given) => {
    const { allowed, missing } = explain(given);
    expect({ allowed, missing }).toEqual({ allowed: false, missing: undefined });
  });

  test('execute implies view of an execution, and the first line names it', () => {
    const runner = { roles: ['runner'], path: 'jobs/x' } as const;
    expect(explain(runner)).toMatchObject({ allowed: false, missing: "allow('runner', ['view'], 'jobs/x')" });
    const implied = explain(runner, true);
    expect(implied).toMatchObject({ allowed: true });
    expect(implied).not.toHaveProperty('missing');
    expect(implied.lines[0]).toBe('yes: runner may execute jobs/x');
    expect(implied.lines.at(-1)).toBe('execute on a playbook implies view of its executions');
  });

  test('it implies nothing else: no other permission, against no deny, and nothing where it is missing too', () => {
    expect(explain({ roles: ['runner'], permission: 'delete', path: 'jobs/x' }, true).allowed).toBe(false);
    expect(explain({ path: 'data/secret/x' }, true).allowed).toBe(false);
    const none = explain({ roles: ['runner'], path: 'data/x' }, true);
    expect(none).toMatchObject({ allowed: false, missing: "allow('runner', ['view'], 'data/x')" });
    expect(none.lines[0]).toBe('no: runner may not view data/x');
    expect(explain({}, true).lines).toHaveLength(2);
  });
});

describe('who may do what on one path', () => {
  const cellsOf = (path: string, name: string) =>
    reportPath(compiled, roles, path).roles.find((one) => one.role === name);

  test('each role and permission, with the grant that decides', () => {
    const report = reportPath(compiled, roles, 'data/secret/x');
    expect(report).toMatchObject({ path: 'data/secret/x', isNormal: true, isReserved: false });
    expect(report.roles.map((one) => one.role)).toEqual(roles);
    expect(cellsOf('data/secret/x', 'dev')?.permissions).toStrictEqual({
      execute: { allowed: true, grant: 'allow dev execute, view on data/*, lab/* except data/raw/* (policy.yaml:2)' },
      view: { allowed: false, grant: 'deny dev view on data/secret/* (policy.yaml:3)' },
      edit: { allowed: false },
      delete: { allowed: false },
    });
  });

  test('a reserved path and one that is not in normal form are named as such', () => {
    expect(reportPath(compiled, roles, 'auth/login')).toMatchObject({ isNormal: true, isReserved: true });
    expect(reportPath(compiled, roles, '../x')).toMatchObject({ isNormal: false, isReserved: false });
    expect(cellsOf('auth/login', 'admin')?.permissions.view).toStrictEqual({ allowed: false });
  });
});

// Rows as a config has them; members that do not matter here are left out.
const rowOf = (root: ReportedRow['root'], row: object) => ({ root, row }) as unknown as ReportedRow;
const operations = new Map([
  ['execute', rowOf('mutation', { upstream: 'POST /api/execute', access: onPlaybook('execute', 'path') })],
  ['execution', rowOf('query', { upstream: 'GET /api/executions/{id}', access: onExecution('view', 'id') })],
  ['pools', rowOf('query', { upstream: 'GET /api/pools', access: role('admin'), acceptRisk: 'only names' })],
  ['endAll', rowOf('mutation', { gateway: 'mutation', access: role('admin') })],
  ['stats', rowOf('query', { upstream: 'GET /api/stats', access: authenticated() })],
  ['own', rowOf('query', { upstream: 'GET /api/own', access: custom(() => true) })],
]);

describe('who may call what, as data', () => {
  const report = () => reportAccess(compiled, roles, operations);
  const operation = (name: string) => report().operations.find(({ field }) => field === name);

  test('each operation with its rule, where it goes and why it is open', () => {
    expect(report().operations.map(({ field, root }) => `${root} ${field}`)).toEqual([
      ...['mutation execute', 'query execution', 'query pools', 'mutation endAll', 'query stats', 'query own'],
    ]);
    expect(operation('pools')).toMatchObject({ upstream: 'GET /api/pools', acceptRisk: 'only names' });
    expect(operation('execute')).not.toHaveProperty('acceptRisk');
    expect(operation('endAll')).not.toHaveProperty('upstream');
    expect(operation('execute')?.rule).toMatch(/execute.*path/);
  });

  test('each cell with the grants that give and take it, in the order of the roles', () => {
    expect(operation('execution')?.cells.map(({ kind, grants: given }) => [kind, given])).toEqual([
      ['paths', [0]],
      ['paths', [1, 2]],
      ['paths', [3]],
    ]);
    expect(operation('pools')?.cells.map(({ kind, grants: given }) => [kind, given])).toEqual([
      ['all', []],
      ['none', []],
      ['none', []],
    ]);
    expect(operation('own')?.cells.every(({ kind, text }) => kind === 'custom' && text !== '')).toBe(true);
  });

  test('the grants in words, reserved paths in order, and warnings', () => {
    expect(report().roles).toEqual(roles);
    expect(report().grants[2]).toEqual({ ...grants[2], text: 'deny dev view on data/secret/* (policy.yaml:3)' });
    expect(report().reserved).toEqual(['auth/login', 'z/login']);
    expect(report().warnings).toEqual([]);
    const doubled = compileGrants([...grants, placed(allow('runner', ['execute'], 'jobs/a'), 9)], []);
    expect(reportAccess(doubled, roles, operations).warnings).toEqual([expect.stringMatching(/^policy\.yaml:9: /)]);
  });
});

describe('a draft of the grants', () => {
  const text = () => policyText(grants);

  test('is the grants in force, as a policy file', () => {
    expect(readPolicy(text(), 'draft', roles)).toMatchObject({ problems: [], warnings: [] });
    expect(readPolicy(text(), 'draft', roles).grants.map(({ source: _, ...grant }) => grant)).toEqual(
      grants.map(({ source: _, ...grant }) => grant),
    );
    expect(text()).toContain('allow: all');
    expect(text()).toContain('patterns: jobs/*');
    expect(text()).toContain('except: data/raw/*');
  });

  test('that changes nothing has no changes', () => {
    const tried = tryPolicy(text(), compiled, roles, operations);
    expect(tried).toMatchObject({ problems: [], warnings: [], changes: [], replayed: { count: 0, changed: [] } });
    expect(tried.draft?.reserved).toEqual(compiled.reserved);
    // Cells name the place of a grant, which is another one in the draft.
    expect(tried.cells.filter(({ was, is }) => was === is)).toEqual([]);
  });

  test('has what it opens and closes, the cells that differ and past decisions that come out differently', () => {
    const past = [
      {
        source: 'audit:1',
        field: 'execute',
        roles: ['runner'],
        permission: 'execute',
        path: 'jobs/x',
        outcome: 'allowed',
      },
      {
        source: 'audit:2',
        field: 'execute',
        roles: ['admin'],
        permission: 'execute',
        path: 'jobs/x',
        outcome: 'allowed',
      },
    ] as const;
    const tried = tryPolicy(text().replace('jobs/*', 'tasks/*'), compiled, roles, operations, past);
    expect(tried.changes).toEqual([
      { kind: 'closes', role: 'runner', permission: 'execute', pattern: 'jobs/*' },
      { kind: 'opens', role: 'runner', permission: 'execute', pattern: 'tasks/*' },
    ]);
    expect(tried.cells).toContainEqual({
      ...{
        field: 'execute',
        role: 'runner',
        was: expect.stringContaining('jobs/*'),
        is: expect.stringContaining('tasks/*'),
      },
    });
    expect(tried.cells.some(({ field }) => field === 'stats' || field === 'pools')).toBe(false);
    expect(tried.replayed).toMatchObject({ count: 2, changed: [{ source: 'audit:1', was: 'allowed', is: 'denied' }] });
  });

  test('with problems counts for nothing', () => {
    const past = [{ source: 'a:1', field: 'f', roles: [], permission: 'view', path: 'x', outcome: 'allowed' }] as const;
    expect(tryPolicy('grants: [x]', compiled, roles, operations, past)).toEqual({
      ...{ problems: [expect.stringMatching(/^draft:1: /)], warnings: [], changes: [], cells: [] },
      ...{ replayed: { count: 0, changed: [] }, draft: undefined },
    });
  });

  test('keeps its warnings', () => {
    const doubled = `${text()}  - role: runner\n    allow:\n      - execute\n    patterns: jobs/a\n`;
    expect(tryPolicy(doubled, compiled, roles, operations).warnings).toEqual([expect.stringMatching(/adds nothing/)]);
  });
});
