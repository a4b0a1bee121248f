import { describe, expect, test } from 'vitest';
import { type AccessRule, onExecution, onPlaybook } from '../../../../../plugins/noetl-auth/access/access-rule.ts';
import { compileGrants } from '../../../../../plugins/noetl-auth/access/decision.ts';
import { allow } from '../../../../../plugins/noetl-auth/access/grant.ts';
import { decisionOf, replayDecisions } from '../../../../../plugins/noetl-auth/access/policy-diff.ts';

const compiled = compileGrants(
  [allow('dev', ['execute', 'view'], '*', { except: 'system/*' }), allow('runner', ['execute'], 'jobs/*')],
  [],
);
const rules = new Map<string, AccessRule>([
  ['execute', onPlaybook('execute', 'name')],
  ['execution', onExecution('view', 'id')],
  ['viewed', onPlaybook('view', 'name')],
]);

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

test('a replay decides a view of an execution as one, and any other view by its own grant', () => {
  const past = { source: 'audit.log:1', roles: ['runner'], permission: 'view', path: 'jobs/x' } as const;
  const again = (field: string, outcome: 'allowed' | 'denied') =>
    replayDecisions([{ ...past, field, outcome }], compiled, rules).map(({ is }) => is);
  expect(again('execution', 'denied')).toEqual(['allowed']);
  expect(again('viewed', 'allowed')).toEqual(['denied']);
  expect(again('gone', 'allowed')).toEqual(['denied']);
  expect(again('gone', 'denied')).toEqual([]);
});

describe('a decision of an audit log', () => {
  const entry = { audit: 'call', field: 'execute', roles: ['dev'], permission: 'execute', path: 'data/x' };

  test('is one that was denied, or after which something was called', () => {
    const decided = { source: 'a:1', field: 'execute', roles: ['dev'], permission: 'execute', path: 'data/x' };
    expect(decisionOf(entry, 'a:1')).toEqual({ ...decided, outcome: 'allowed' });
    expect(decisionOf({ ...entry, audit: 'denied', outcome: 'denied' }, 'a:1')).toEqual({
      ...decided,
      outcome: 'denied',
    });
    expect(decisionOf({ ...entry, permission: 'modify' }, 'a:1')?.permission).toBe('edit');
  });

  test.each([
    ['no entry of the audit', { audit: undefined }],
    ['no permission', { permission: undefined }],
    ['an unknown permission', { permission: 'fly' }],
    ['no path', { path: undefined }],
    ['no roles', { roles: 'dev' }],
    ['a check that failed', { audit: 'denied', outcome: 'error' }],
  ])('is absent: %s', (_name, change) => {
    expect(decisionOf({ ...entry, ...change }, 'a:1')).toBeUndefined();
  });
});
