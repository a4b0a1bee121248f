import { describe, expect, test } from 'vitest';
import { GatewayError } from '../../../../plugins/errors.ts';
import { parseJson } from '../../../../plugins/json/lossless-json.ts';
import { createLocalAccessChecker } from '../../../../plugins/noetl-auth/access/access-checkers.ts';
import type { AccessRequest, AccessRule } from '../../../../plugins/noetl-auth/access/access-rule.ts';
import { compileGrants } from '../../../../plugins/noetl-auth/access/decision.ts';
import { decideField, type FieldQuestion } from '../../../../plugins/noetl-auth/decide-field.ts';
import { parseSessionToken, type SessionToken } from '../../../../plugins/noetl-auth/session/session-token.ts';
import { defaultGrants, executions, reserved, session } from '../../../support/plugin-gateway.ts';

const token = parseSessionToken('token-analyst') as SessionToken;

function question(
  rule: AccessRule,
  args: Record<string, unknown> = {},
  more: Partial<FieldQuestion> = {},
): FieldQuestion {
  return {
    field: 'field',
    root: 'mutation',
    rule,
    args,
    caller: { session: session('analyst'), token },
    requestId: 'request-1',
    checker: createLocalAccessChecker(compileGrants(defaultGrants, reserved)),
    executionPath: async (id) => executions.get(id),
    resolvers: 'gateway',
    nowMs: Date.UTC(2026, 0, 2, 22),
    ...more,
  };
}

async function outcome(...given: Parameters<typeof question>): Promise<string> {
  const { decision } = await decideField(question(...given));
  return decision.outcome === 'denied' ? decision.error.code : decision.outcome;
}

describe('authenticated, role and closed', () => {
  test.each<[string, AccessRule, string]>([
    ['closed', { kind: 'closed' }, 'ERR_ACCESS_DENIED'],
    ['authenticated', { kind: 'authenticated' }, 'allowed'],
    ['a role that the user has', { kind: 'role', roles: ['admin', 'analyst'] }, 'allowed'],
    ['a role that the user lacks', { kind: 'role', roles: ['admin'] }, 'ERR_ACCESS_DENIED'],
    ['no role', { kind: 'role', roles: [] }, 'ERR_ACCESS_DENIED'],
    ['a rule of an unknown kind', { kind: 'open' } as unknown as AccessRule, 'ERR_ACCESS_DENIED'],
  ])('%s', async (_name, rule, want) => {
    expect(await outcome(rule)).toBe(want);
  });

  test('one role of several is enough', async () => {
    const caller = { session: session('viewer', 'analyst'), token };
    expect(await outcome({ kind: 'role', roles: ['analyst'] }, {}, { caller })).toBe('allowed');
  });

  test('rows are named for the resolver', async () => {
    const { decision } = await decideField(question({ kind: 'authenticated', rows: 'executions' }, { page: 1 }));
    expect(decision).toMatchObject({ outcome: 'allowed', rows: 'executions', args: { page: 1 } });
  });
});

describe('playbook', () => {
  const rule: AccessRule = { kind: 'playbook', permission: 'execute', argument: 'name' };

  test('says which grant and path', async () => {
    expect(await decideField(question(rule, { name: 'data/x' }))).toEqual({
      permission: 'execute',
      path: 'data/x',
      grant: defaultGrants[1],
      decision: {
        outcome: 'allowed',
        field: 'field',
        args: { name: 'data/x' },
        grant: defaultGrants[1],
        permission: 'execute',
        path: 'data/x',
        rows: undefined,
      },
    });
  });

  test.each<[string, Record<string, unknown>, string]>([
    ['without a grant', { name: 'other/x' }, 'ERR_ACCESS_DENIED'],
    ['denied', { name: 'data/secret/x' }, 'ERR_ACCESS_DENIED'],
    ['reserved', { name: 'api_integration/auth0/auth0_login' }, 'ERR_ACCESS_DENIED'],
    ['not in normal form', { name: 'data/../x' }, 'ERR_REQUEST_INVALID'],
    ['absent', {}, 'ERR_REQUEST_INVALID'],
    ['null', { name: null }, 'ERR_REQUEST_INVALID'],
    ['no text', { name: ['data/x'] }, 'ERR_REQUEST_INVALID'],
    ['inherited', Object.create({ name: 'data/x' }), 'ERR_REQUEST_INVALID'],
  ])('%s', async (_name, args, want) => {
    expect(await outcome(rule, args)).toBe(want);
  });
});

describe('execution', () => {
  const rule: AccessRule = { kind: 'execution', permission: 'execute', argument: 'id' };

  test.each<[string, unknown, string]>([
    ['allowed', '1', 'allowed'],
    ['a number', 1, 'allowed'],
    ['hidden', '2', 'ERR_NOT_FOUND'],
    ["an auth playbook's", '3', 'ERR_NOT_FOUND'],
    ['missing', '9', 'ERR_NOT_FOUND'],
    ['a long number', parseJson('623456789012345678'), 'ERR_NOT_FOUND'],
    ['19 digits', '9223372036854775807', 'ERR_NOT_FOUND'],
    ['20 digits', '12345678901234567890', 'ERR_REQUEST_INVALID'],
    ['text', 'exec-12345', 'ERR_REQUEST_INVALID'],
    ['digits and a line break', '1\n', 'ERR_REQUEST_INVALID'],
    ['nothing', undefined, 'ERR_REQUEST_INVALID'],
    ['a list', ['1'], 'ERR_REQUEST_INVALID'],
  ])('%s', async (_name, id, want) => {
    expect(await outcome(rule, { id })).toBe(want);
  });

  test.each(['mutation'] as const)('a %s is decided before anything starts', async (root) => {
    expect(await outcome({ ...rule, permission: 'view' }, { id: '2' }, { root })).toBe('ERR_NOT_FOUND');
  });

  test('a query is left to its answer', async () => {
    const asked: string[] = [];
    const executionPath = async (id: string) => void asked.push(id);
    expect(
      await outcome(rule, { id: '2' }, { root: 'query', executionPath: executionPath as () => Promise<undefined> }),
    ).toBe('onAnswer');
    expect(asked).toEqual([]);
  });

  test('a path that cannot be found out is thrown', async () => {
    const down = new GatewayError('ERR_UPSTREAM', 'down');
    await expect(outcome(rule, { id: '1' }, { executionPath: () => Promise.reject(down) })).rejects.toBe(down);
  });
});

describe('custom', () => {
  const by = (decide: (request: AccessRequest) => unknown): AccessRule =>
    ({ kind: 'custom', decide }) as Extract<AccessRule, { kind: 'custom' }>;

  test.each<[string, (request: AccessRequest) => unknown, string]>([
    ['true', () => true, 'allowed'],
    ['a promise of true', async () => true, 'allowed'],
    ['false', () => false, 'ERR_ACCESS_DENIED'],
    ['nothing', () => undefined, 'ERR_ACCESS_DENIED'],
    ['something truthy', () => 'yes', 'ERR_ACCESS_DENIED'],
    [
      'thrown',
      () => {
        throw new Error('x');
      },
      'ERR_ACCESS_DENIED',
    ],
    ['rejected', () => Promise.reject(new Error('x')), 'ERR_ACCESS_DENIED'],
    ['may', ({ may }) => may('view', 'data/x'), 'allowed'],
    ['may not', ({ may }) => may('view', 'system/x'), 'ERR_ACCESS_DENIED'],
    ['may, off normal form', ({ may }) => may('view', 'data//x'), 'ERR_ACCESS_DENIED'],
    ['arguments', ({ args }) => args['n'] === 7, 'allowed'],
    ['user and field', ({ user, field }) => user.roles.includes('analyst') && field === 'field', 'allowed'],
  ])('%s', async (_name, decide, want) => {
    expect(await outcome(by(decide), { n: 7 })).toBe(want);
  });

  test('asks for no path outside of the normal form', async () => {
    const checker = { check: async () => ({ allowed: true, grant: undefined }) as const };
    const rule = by(({ may }) => may('view', 'data/../x'));
    expect(await outcome(rule, {}, { checker })).toBe('ERR_ACCESS_DENIED');
  });
});

test('refusals say what is wanted', async () => {
  const said = async (...given: Parameters<typeof question>) => {
    const { decision } = await decideField(question(...given));
    return decision.outcome === 'denied' ? decision.error.message : undefined;
  };
  expect(await said({ kind: 'closed' })).toBe('you may not do this');
  const onPath = { kind: 'playbook', permission: 'view', argument: 'path' } as const;
  expect(await said(onPath, { path: '/' })).toBe('path must be a catalog path in normal form');
  const onId = { kind: 'execution', permission: 'view', argument: 'id' } as const;
  expect(await said(onId, { id: 'x' })).toBe('id must be an execution id, which is digits');
  expect(await said(onId, { id: '9' })).toBe('execution not found');
});

test('who asks for the path of an execution is said', async () => {
  const asked: unknown[] = [];
  const executionPath: FieldQuestion['executionPath'] = async (id, call) => {
    asked.push(id, call);
    return undefined;
  };
  const given = question({ kind: 'execution', permission: 'view', argument: 'id' }, { id: '1' }, { executionPath });
  await decideField(given);
  expect(asked).toEqual(['1', { caller: given.caller, requestId: 'request-1' }]);
});
