import { describe, expect, it } from 'vitest';
import { GatewayError } from '../../../../../core/errors.ts';
import type { AccessQuestion } from '../../../../../core/ports.ts';
import type { SessionToken } from '../../../../../core/session/session-token.ts';
import {
  createHttpAccessChecker,
  createPlaybookAccessChecker,
} from '../../../../../server/auth/access/upstream-access-checker.ts';
import { answeringUpstream } from '../../../../support/scripted-upstream.ts';
import { handClock, sessionOf, tokenOf } from '../../../../support/session-fakes.ts';

const question: AccessQuestion = {
  user: sessionOf(0).user,
  permission: 'execute',
  path: 'data/report',
  token: tokenOf('session-token-of-ada'),
};

function setUp(answer: (workload: Record<string, unknown>) => unknown, reserved: string[] = []) {
  const clock = handClock();
  const asked: Record<string, unknown>[] = [];
  const driver = {
    async run(path: string, workload: Readonly<Record<string, unknown>>) {
      asked.push({ path, ...workload });
      const data = await answer(workload);
      if (data instanceof Error) throw data;
      return { status: 'success', data };
    },
  };
  const checker = createPlaybookAccessChecker({
    driver,
    playbook: 'auth/check',
    cacheTtlMs: 5_000,
    clock,
    reserved: new Set(reserved),
  });
  return { clock, asked, checker };
}

const yes = (workload: Record<string, unknown>) => ({
  allowed: true,
  user: { user_id: 7 },
  playbook_path: workload['playbook_path'],
  permission_type: workload['action'],
});
const no = (workload: Record<string, unknown>) => ({ ...yes(workload), allowed: false });
const down = () => new GatewayError('ERR_AUTH_UNAVAILABLE', 'down');

describe('createPlaybookAccessChecker', () => {
  it("asks in NoETL's words", async () => {
    const { checker, asked } = setUp(yes);
    expect(await checker.check({ ...question, permission: 'edit' })).toEqual({ allowed: true, grant: undefined });
    const workload = { session_token: 'session-token-of-ada', playbook_path: 'data/report', action: 'modify' };
    expect(asked).toEqual([{ path: 'auth/check', ...workload }]);
  });

  it('says no when NoETL does', async () => {
    const decision = await setUp(no).checker.check(question);
    expect(decision).toEqual({ allowed: false, why: 'upstream', grant: undefined });
  });

  it.each([
    ['delete, which NoETL does not know', { permission: 'delete' as const }, 'upstream'],
    ['a reserved path', { path: 'auth/login' }, 'reserved'],
    ['a path with a template', { path: '{{ 7*7 }}' }, 'upstream'],
    ['a token with a template', { token: '{{x}}' as SessionToken }, 'upstream'],
  ])('denies without asking: %s', async (_name, change, why) => {
    const { checker, asked } = setUp(yes, ['auth/login']);
    expect(await checker.check({ ...question, ...change })).toMatchObject({ allowed: false, why });
    expect(asked).toEqual([]);
  });

  it.each([
    ['no answer', down],
    ['another path is answered', (w: Record<string, unknown>) => ({ ...yes(w), playbook_path: '49' })],
    ['the question is not repeated', (w: Record<string, unknown>) => ({ ...yes(w), playbook_path: undefined })],
    ['another permission is answered', (w: Record<string, unknown>) => ({ ...yes(w), permission_type: 'view' })],
    ['another user is answered', (w: Record<string, unknown>) => ({ ...yes(w), user: { user_id: 8 } })],
    ['the answer is no boolean', (w: Record<string, unknown>) => ({ ...yes(w), allowed: 1 })],
  ])('throws and remembers nothing when %s', async (_name, answer) => {
    const { checker, asked } = setUp(answer);
    for (let i = 0; i < 2; i += 1) {
      await expect(checker.check(question)).rejects.toMatchObject({ code: 'ERR_AUTH_UNAVAILABLE' });
    }
    expect(asked.length).toBe(2);
  });

  it('cannot ask without a token', async () => {
    await expect(setUp(yes).checker.check({ ...question, token: undefined })).rejects.toMatchObject({ status: 503 });
  });

  it('reuses an answer for a short time, for the same user, permission and path only', async () => {
    const { checker, asked, clock } = setUp(yes);
    await Promise.all(Array.from({ length: 20 }, () => checker.check(question)));
    clock.advance(4_999);
    await checker.check(question);
    expect(asked.length).toBe(1);
    const other = { ...question.user, userId: '8' };
    await expect(checker.check({ ...question, user: other })).rejects.toThrow();
    await checker.check({ ...question, permission: 'view' });
    await checker.check({ ...question, path: 'data/other' });
    expect(asked.length).toBe(4);
    clock.advance(1);
    await checker.check(question);
    expect(asked.length).toBe(5);
  });
});

describe('createHttpAccessChecker', () => {
  function overHttp(status: number, body: unknown) {
    const { upstream, calls } = answeringUpstream(status, body);
    const options = { upstream, credential: 'pg_auth', timeoutMs: 1_000, cacheTtlMs: 0, clock: handClock() };
    return { calls, checker: createHttpAccessChecker({ ...options, reserved: new Set<string>() }) };
  }

  it('asks the route, which need not repeat the question', async () => {
    const { calls, checker } = overHttp(200, { status: 'success', data: { allowed: true, message: 'm' } });
    expect(await checker.check(question)).toMatchObject({ allowed: true });
    expect(calls).toMatchObject([
      {
        method: 'POST',
        path: '/api/auth/check-playbook-access',
        body: {
          session_token: 'session-token-of-ada',
          playbook_path: 'data/report',
          action: 'execute',
          credential: 'pg_auth',
        },
      },
    ]);
  });

  it.each([
    ['the route is missing', 404, { detail: 'Not Found' }],
    ['it failed', 200, { status: 'error', data: { allowed: true } }],
    ['it failed inside', 500, { error: 'x' }],
    ['it answers another path', 200, { status: 'success', data: { allowed: true, playbook_path: 'x' } }],
  ])('throws when %s', async (_name, status, body) => {
    await expect(overHttp(status, body).checker.check(question)).rejects.toMatchObject({ status: 503 });
  });
});
