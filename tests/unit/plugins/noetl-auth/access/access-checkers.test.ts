import { describe, expect, test } from 'vitest';
import { GatewayError } from '../../../../../plugins/errors.ts';
import {
  combineCheckers,
  createLocalAccessChecker,
  decideOnExecution,
  exceptReserved,
} from '../../../../../plugins/noetl-auth/access/access-checkers.ts';
import { compileGrants, type Decision } from '../../../../../plugins/noetl-auth/access/decision.ts';
import type { Grant } from '../../../../../plugins/noetl-auth/access/grant.ts';
import type { AccessChecker, AccessQuestion } from '../../../../../plugins/ports.ts';
import { playbookPath } from '../../../../support/allowed-decision.ts';
import { grant, session } from '../../../../support/plugin-gateway.ts';

const question: AccessQuestion = {
  user: session('analyst').user,
  permission: 'view',
  path: playbookPath('data/x'),
  token: undefined,
};
const yes: Decision = { allowed: true, grant: grant('allow', 'analyst', ['view'], '*') };
const no: Decision = { allowed: false, why: 'upstream', grant: undefined };

function answering(answer: Decision | Error): AccessChecker & { asked: AccessQuestion[] } {
  const asked: AccessQuestion[] = [];
  return {
    asked,
    async check(about) {
      asked.push(about);
      if (answer instanceof Error) throw answer;
      return answer;
    },
  };
}

describe('both checkers', () => {
  const down = new GatewayError('ERR_AUTH_UNAVAILABLE', 'down');
  test.each<[string, Decision | Error, Decision | Error, Decision | Error]>([
    ['both allow', yes, { ...yes, grant: undefined }, yes],
    ['the first denies', no, yes, no],
    ['the second denies', yes, no, no],
    ['the second cannot find out', yes, down, down],
    ['the first cannot find out', down, yes, down],
  ])('%s', async (_name, first, second, want) => {
    const decision = combineCheckers(answering(first), answering(second)).check(question);
    await (want instanceof Error ? expect(decision).rejects.toBe(want) : expect(decision).resolves.toEqual(want));
  });

  test('a no of the first spares the second', async () => {
    const second = answering(yes);
    await combineCheckers(answering(no), second).check(question);
    expect(second.asked).toEqual([]);
  });
});

describe('executions', () => {
  const local = (...grants: Grant[]) => createLocalAccessChecker(compileGrants(grants, ['auth/login']));
  const may = async (checker: AccessChecker, permission: AccessQuestion['permission'], path = 'data/x') =>
    (await decideOnExecution(checker, { ...question, permission, path: playbookPath(path) })).allowed;
  const runner = local(grant('allow', 'analyst', ['execute'], '*'));

  test('execute implies view of them', async () => {
    expect(await may(runner, 'view')).toBe(true);
    expect((await runner.check(question)).allowed).toBe(false);
  });

  test('and nothing else', async () => {
    expect(await may(runner, 'edit')).toBe(false);
    expect(await may(local(grant('allow', 'analyst', ['view'], '*')), 'execute')).toBe(false);
  });

  test('a denied view stays denied', async () => {
    const checker = local(grant('allow', 'analyst', ['execute'], '*'), grant('deny', 'analyst', ['view'], 'data/*'));
    expect(await may(checker, 'view')).toBe(false);
  });

  test('no role sees those of the auth playbooks', async () => {
    expect(await may(local(grant('allow', 'analyst', ['execute', 'view'], '*')), 'view', 'auth/login')).toBe(false);
  });

  test('what NoETL does not let view, it may let execute', async () => {
    const upstream: AccessChecker = { check: async ({ permission }) => (permission === 'execute' ? yes : no) };
    expect(await may(upstream, 'view')).toBe(true);
  });
});

test('a custom checker is not asked about reserved paths', async () => {
  const own = answering(yes);
  const checker = exceptReserved(own, new Set(['auth/login']));
  expect(await checker.check({ ...question, path: playbookPath('auth/login') })).toMatchObject({
    allowed: false,
    why: 'reserved',
  });
  expect(own.asked).toEqual([]);
  expect(await checker.check(question)).toEqual(yes);
});

test('a custom checker may return any object with a `then`: its decision is waited for', async () => {
  // biome-ignore lint/suspicious/noThenProperty: such objects are what this is about
  const thenable = { then: (resolve: (decision: Decision) => void) => resolve(yes) } as Promise<Decision>;
  const checker = exceptReserved({ check: () => thenable }, new Set());
  expect(checker.check(question)).toBeInstanceOf(Promise);
  expect(await checker.check(question)).toEqual(yes);
  expect(await decideOnExecution(checker, question)).toEqual(yes);
});
