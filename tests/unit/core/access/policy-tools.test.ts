import { describe, expect, test } from 'vitest';
import {
  type AccessRule,
  authenticated,
  custom,
  onExecution,
  onPlaybook,
  role,
} from '../../../../core/access/access-rule.ts';
import { compileGrants } from '../../../../core/access/decision.ts';
import { allow, deny } from '../../../../core/access/grant.ts';
import { type PolicyCase, runPolicyCases } from '../../../../core/access/policy-cases.ts';
import { diffPolicies } from '../../../../core/access/policy-diff.ts';
import { lintPolicy } from '../../../../core/access/policy-lint.ts';
import { replayDecisions } from '../../../../core/access/policy-replay.ts';

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
  ])('%j passes: %s', (given, want) => {
    const [result] = runPolicyCases([{ ...given, source: 'cases.yaml:2' }], compiled, rules);
    expect(result).toMatchObject({ passed: want, source: 'cases.yaml:2' });
  });
});

describe('a difference', () => {
  const diff = (after: Parameters<typeof compileGrants>[0]) =>
    diffPolicies(compiled, compileGrants(after, ['auth/login']), roles);

  test('of how a policy is written is none', () => {
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
  const argumentsOf = new Map([
    ['execute', new Set(['name'])],
    ['execution', new Set(['identifier'])],
  ]);

  test('reports an idle role and a rule about a missing argument', () => {
    const findings = lintPolicy({ grants, roles: [...roles, 'idle'], rules, argumentsOf });
    expect(findings).toEqual([
      expect.stringMatching(/^roles: idle has no grant/),
      expect.stringMatching(/^operations\.execution\.access: the field has no argument id; it has identifier/),
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

test('a replay reports the decisions that come out differently', () => {
  const past = { source: 'audit.log:1', field: 'execute', roles: ['dev'], permission: 'execute' } as const;
  const decisions = [
    { ...past, path: 'data/x', outcome: 'allowed' },
    { ...past, path: 'system/x', outcome: 'allowed' },
    { ...past, field: 'execution', roles: ['runner'], permission: 'view', path: 'jobs/x', outcome: 'allowed' },
  ] as const;
  expect(replayDecisions(decisions, compiled, rules)).toMatchObject([
    { path: 'system/x', was: 'allowed', is: 'denied' },
  ]);
});
