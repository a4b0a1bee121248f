import { describe, expect, test } from 'vitest';
import { outageGraceMs } from '../../../../../plugins/noetl-auth/session/session-check.ts';
import { sessionOf, settle } from '../../../../support/session-fakes.ts';
import { codeOf, limits, setup, token, unavailable } from '../../../../support/sessions-setup.ts';

describe('checking again', () => {
  test('beside the request at first: the session ends with the answer', async () => {
    const { sessions, clock, noetl, replica } = setup();
    await sessions.remember(token, sessionOf(clock()));
    clock.advance(limits.revalidateMs - 1);
    await sessions.lookup(token);
    expect(noetl.asked).toEqual([]);
    clock.advance(limits.cacheTtlMs);
    noetl.hold();
    expect(await sessions.lookup(token)).toBeDefined();
    expect(noetl.asked).toEqual([token]);
    noetl.release();
    await settle();
    expect(await sessions.lookup(token)).toBeUndefined();
    noetl.knows(token, () => sessionOf(clock()));
    expect(await replica().lookup(token)).toBeUndefined();
  });

  test('before the request when the last answer is old', async () => {
    const { sessions, clock } = setup();
    await sessions.remember(token, sessionOf(clock()));
    clock.advance(2 * limits.revalidateMs);
    expect(await sessions.lookup(token)).toBeUndefined();
  });

  test('new roles apply; another user under the same token ends it', async () => {
    const { sessions, clock, noetl } = setup();
    await sessions.remember(token, sessionOf(clock()));
    const user = { ...sessionOf(0).user, roles: ['viewer'] };
    noetl.knows(token, () => sessionOf(clock(), { user }));
    clock.advance(2 * limits.revalidateMs);
    expect((await sessions.lookup(token))?.user.roles).toEqual(['viewer']);
    noetl.knows(token, () => sessionOf(clock(), { userId: '8' }));
    clock.advance(2 * limits.revalidateMs);
    expect(await sessions.lookup(token)).toBeUndefined();
  });

  test('an outage is borne for a stated time, then it is 503; never for a session that is over', async () => {
    const { sessions, clock, noetl } = setup();
    await sessions.remember(token, sessionOf(clock()));
    noetl.knows(token, unavailable);
    clock.advance(limits.revalidateMs + outageGraceMs - 1);
    expect(await sessions.lookup(token)).toBeDefined();
    clock.advance(1);
    expect(await codeOf(sessions.lookup(token))).toBe('ERR_AUTH_UNAVAILABLE');
    noetl.knows(token, () => sessionOf(clock()));
    clock.advance(10_000);
    expect(await sessions.lookup(token)).toBeDefined();
  });

  test('a validator that is out is left alone for a while', async () => {
    const { sessions, clock, noetl } = setup();
    await sessions.remember(token, sessionOf(clock()));
    noetl.knows(token, unavailable);
    clock.advance(2 * limits.revalidateMs);
    for (let n = 0; n < 10; n += 1) await sessions.lookup(token);
    expect(noetl.asked).toHaveLength(1);
  });

  test('no validator is asked about tokens that the gateway issued', async () => {
    const { sessions, clock, noetl, replica } = setup();
    await sessions.remember(token, { ...sessionOf(clock()), selfIssued: true });
    clock.advance(3 * limits.revalidateMs);
    expect(await sessions.lookup(token)).toBeDefined();
    expect(await replica().lookup(token)).toBeDefined();
    expect(noetl.asked).toEqual([]);
  });
});
