import { describe, expect, test } from 'vitest';
import {
  type AccessRule,
  authenticated,
  closed,
  custom,
  onExecution,
  onPlaybook,
  onSource,
  role,
} from '../../../../../plugins/noetl-auth/access/access-rule.ts';
import { compileGrants } from '../../../../../plugins/noetl-auth/access/decision.ts';
import { allow, deny, type Grant } from '../../../../../plugins/noetl-auth/access/grant.ts';
import { type PolicyCase, runPolicyCases } from '../../../../../plugins/noetl-auth/access/policy-cases.ts';
import { diffPolicies } from '../../../../../plugins/noetl-auth/access/policy-diff.ts';
import { lintPolicy } from '../../../../../plugins/noetl-auth/access/policy-lint.ts';

const roles = ['admin', 'dev', 'runner'];
const grants = [
  allow('admin', 'all', '*'),
  allow('dev', ['execute', 'view'], '*', { except: 'system/*' }),
  allow('runner', ['execute'], 'jobs/*'),
];
const compiled = compileGrants(grants, ['auth/login']);
const rules = new Map<string, AccessRule>([
  ['execute', onPlaybook('execute', 'name')],
  ['execution', onExecution('view', 'id')],
  ['pools', role('admin')],
  ['stats', authenticated()],
  ['own', custom(() => true)],
  ['either', role('admin', 'dev')],
  ['shut', closed()],
  ['register', onSource('edit', 'content')],
  ['viewed', onPlaybook('view', 'name')],
  ['cancel', onExecution('delete', 'id')],
]);

describe('cases', () => {
  test.each<[Omit<PolicyCase, 'source'>, boolean]>([
    [{ roles: ['dev'], permission: 'view', playbook: 'data/x', expect: 'allowed' }, true],
    [{ roles: ['dev'], permission: 'view', playbook: 'system/x', expect: 'allowed' }, false],
    [{ roles: ['dev', 'admin'], permission: 'view', playbook: 'system/x', expect: 'allowed' }, true],
    [{ roles: ['admin'], permission: 'view', playbook: 'auth/login', expect: 'denied' }, true],
    [{ roles: ['runner'], permission: 'view', playbook: 'jobs/x', expect: 'denied' }, true],
    [{ roles: ['runner'], field: 'execution', playbook: 'jobs/x', expect: 'allowed' }, true],
    [{ roles: ['dev'], field: 'pools', expect: 'denied' }, true],
    [{ roles: [], field: 'stats', expect: 'allowed' }, true],
    [{ roles: ['admin'], field: 'closed', expect: 'denied' }, true],
    // What cannot be decided is never taken for the expected answer.
    [{ roles: ['dev'], field: 'own', expect: 'allowed' }, false],
    [{ roles: ['dev'], field: 'own', expect: 'denied' }, false],
    [{ roles: ['dev'], field: 'execute', expect: 'denied' }, false],
    [{ roles: ['dev'], permission: 'view', expect: 'denied' }, false],
    [{ roles: ['dev'], playbook: 'data/x', expect: 'denied' }, false],
    // Of two roles one is enough.
    [{ roles: ['dev', 'admin'], field: 'pools', expect: 'allowed' }, true],
    [{ roles: ['dev'], field: 'either', expect: 'allowed' }, true],
    [{ roles: ['runner'], field: 'either', expect: 'denied' }, true],
    [{ roles: ['dev'], field: 'shut', expect: 'denied' }, true],
    [{ roles: ['dev'], field: 'register', playbook: 'data/x', expect: 'denied' }, true],
    [{ roles: ['admin'], field: 'register', playbook: 'data/x', expect: 'allowed' }, true],
    // Only `execute` implies `view`, and only of an execution.
    [{ roles: ['runner'], field: 'execute', playbook: 'jobs/x', expect: 'allowed' }, true],
    [{ roles: ['runner'], field: 'viewed', playbook: 'jobs/x', expect: 'denied' }, true],
    [{ roles: ['runner'], field: 'cancel', playbook: 'jobs/x', expect: 'denied' }, true],
    [{ roles: ['runner'], field: 'execution', playbook: 'data/x', expect: 'denied' }, true],
  ])('%j passes: %s', (given, want) => {
    const [result] = runPolicyCases([{ ...given, source: 'cases.yaml:2' }], compiled, rules);
    expect(result).toMatchObject({ passed: want, source: 'cases.yaml:2' });
  });
});

describe('the text of a case gives the reason', () => {
  test.each<[Partial<PolicyCase>, string]>([
    [{ field: 'shut' }, 'no: shut is closed'],
    [{ field: 'absent' }, 'no: absent is closed'],
    [{ field: 'stats' }, 'yes: every session may call stats'],
    [{ field: 'either' }, 'yes: either is for users with the role admin or dev'],
    [{ field: 'pools' }, 'no: pools is for users with the role admin'],
    [{ field: 'own' }, 'own: a function of the config decides, which cannot be tested here'],
    [{ permission: 'view' }, 'the case names no permission and playbook'],
  ])('%j: %s', (given, want) => {
    const one: PolicyCase = { roles: ['dev'], expect: 'allowed', source: 'cases.yaml:2', ...given };
    expect(runPolicyCases([one], compiled, rules)[0]?.text).toBe(want);
  });
});

test('what an execution shows to a user that may start its playbook is denied by a deny of view', () => {
  const denied = compileGrants([allow('runner', ['execute'], 'jobs/*'), deny('runner', ['view'], 'jobs/secret/*')], []);
  const passed = ['jobs/x', 'jobs/secret/x'].map((playbook) => {
    const one: PolicyCase = { roles: ['runner'], field: 'execution', playbook, expect: 'allowed', source: 'c:1' };
    return runPolicyCases([one], denied, rules)[0]?.passed;
  });
  expect(passed).toEqual([true, false]);
});

describe('a difference', () => {
  const diff = (after: Parameters<typeof compileGrants>[0]) =>
    diffPolicies(compiled, compileGrants(after, ['auth/login']), roles);

  test('in how a policy is written does not count', () => {
    expect(
      diff([
        allow('runner', ['execute'], 'jobs/%'),
        allow('dev', ['view'], '*', { except: 'system/*' }),
        allow('dev', ['execute'], '*', { except: 'system/*' }),
        allow('admin', ['execute', 'view', 'edit', 'delete'], '*'),
      ]),
    ).toEqual([]);
  });

  test('a lost exception opens, a deny closes', () => {
    const after = [
      allow('admin', 'all', '*'),
      allow('dev', ['execute', 'view'], '*'),
      deny('admin', ['delete'], 'data/*'),
    ];
    const changes = diff(after);
    expect(changes).toContainEqual({ kind: 'opens', role: 'dev', permission: 'view', pattern: 'system/*' });
    expect(changes).toContainEqual({ kind: 'closes', role: 'admin', permission: 'delete', pattern: 'data/*' });
    expect(changes).toContainEqual({ kind: 'closes', role: 'runner', permission: 'execute', pattern: 'jobs/*' });
    expect(changes.every(({ role: name, kind }) => name === 'dev' || kind === 'closes')).toBe(true);
  });
});

describe('lint', () => {
  test('reports an idle role', () => {
    const findings = lintPolicy({ grants, roles: [...roles, 'idle'], rules });
    expect(findings).toEqual([expect.stringMatching(/^roles: idle has no grant/)]);
  });

  test('a role that an operation names is not idle, nor is one that a grant allows something', () => {
    const findings = (more: Map<string, AccessRule>, given: readonly Grant[] = grants) =>
      lintPolicy({ grants: given, roles: [...roles, 'named'], rules: more }).filter((line) =>
        line.startsWith('roles:'),
      );
    expect(findings(new Map([['f', role('named')]]))).toEqual([]);
    expect(findings(new Map(), [...grants, allow('named', 'all', 'x/*')])).toEqual([]);
    expect(findings(new Map(), [...grants, deny('named', 'all', 'x/*')])).toEqual([expect.stringMatching(/named/)]);
    expect(findings(new Map<string, AccessRule>([['f', authenticated()]]))).toHaveLength(1);
  });

  test('a use counts for a grant of one of its roles, of its permission and on one of its patterns', () => {
    const two = [allow('dev', ['view', 'execute'], ['data/*', 'jobs/*'])];
    const unused = (use: { readonly roles: readonly string[]; permission: string; path: string }) =>
      lintPolicy({ grants: two, roles: ['dev', 'admin'], rules, uses: [use] }).some((line) => /needed it$/.test(line));
    expect(unused({ roles: ['admin', 'dev'], permission: 'view', path: 'jobs/x' })).toBe(false);
    expect(unused({ roles: ['admin'], permission: 'view', path: 'jobs/x' })).toBe(true);
    expect(unused({ roles: ['dev'], permission: 'edit', path: 'jobs/x' })).toBe(true);
    expect(unused({ roles: ['dev'], permission: 'view', path: 'other/x' })).toBe(true);
  });

  test('a deny is needed though no decision shows it', () => {
    const findings = lintPolicy({ grants: [deny('dev', 'all', 'x/*')], roles: [], rules: new Map(), uses: [] });
    expect(findings.filter((line) => line.includes('audit log'))).toEqual([]);
  });

  test.each([
    ['the folder of all uses', 'data/*', ['data/a/x', 'data/a/y'], 'data/a/*'],
    ['the folder that all have in common', 'data/*', ['data/a/b/x', 'data/a/c/y'], 'data/a/*'],
    ['no folder, since they have none in common', '*', ['data/x', 'jobs/x'], undefined],
    ['no folder, since one is at the top', '*', ['data/x', 'x'], undefined],
    ['no folder, since the grant names it', 'data/*', ['data/x', 'data/y'], undefined],
    ['no folder, since the grant is narrower', 'data/*/x', ['data/a/x', 'data/b/x'], undefined],
  ])('a grant is wider than its use: %s', (_name, pattern, paths, folder) => {
    const uses = paths.map((path) => ({ roles: ['dev'], permission: 'view', path }));
    const findings = lintPolicy({ grants: [allow('dev', ['view'], pattern)], roles: ['dev'], rules: new Map(), uses });
    const wide = findings.filter((line) => line.includes('wider'));
    expect(wide.map((line) => line.split(' are on ')[1])).toEqual(folder === undefined ? [] : [folder]);
  });

  test('with the catalog: patterns that match no path that exists, exceptions too', () => {
    const catalog = ['jobs/nightly', 'system/cleanup', 'data/payroll/run'];
    expect(lintPolicy({ grants, roles, rules, catalog })).toEqual([]);
    const misspelt = [
      allow('dev', ['view'], '*', { except: 'sytem/*' }),
      deny('dev', ['execute'], ['Data/Payroll/*', 'data/payroll/*']),
    ];
    expect(lintPolicy({ grants: misspelt, roles: ['dev'], rules, catalog })).toEqual([
      expect.stringMatching(/no path of the catalog matches 'sytem\/\*'$/),
      expect.stringMatching(/no path of the catalog matches 'Data\/Payroll\/\*'; .*would match in small letters$/),
    ]);
  });

  test('with an audit log: what no decision needed, and what is wider than its use', () => {
    const uses = [
      { roles: ['dev'], permission: 'view', path: 'data/reports/a' },
      { roles: ['dev'], permission: 'execute', path: 'data/reports/b/c' },
      { roles: ['admin'], permission: 'view', path: 'a/x' },
      { roles: ['admin'], permission: 'edit', path: 'b/x' },
    ];
    const findings = lintPolicy({ grants, roles, rules, uses });
    expect(findings).toEqual([
      expect.stringMatching(/no decision of the audit log needed execute, delete$/),
      expect.stringMatching(/wider than its use: all 2 decisions are on data\/reports\/\*$/),
      expect.stringMatching(/no decision of the audit log needed it$/),
    ]);
  });
});
