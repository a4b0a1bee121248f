import { describe, expect, test } from 'vitest';
import { createSessionsSection } from '../../../../gateway/console/sections.ts';
import type { Exchange } from '../../../../gateway/http/exchange.ts';
import type { Caller } from '../../../../plugins/call-context.ts';
import { sessionOf, tokenOf } from '../../../support/session-fakes.ts';

const caller: Caller = { token: tokenOf('own'), session: sessionOf(0) };
const ask = (section: ReturnType<typeof createSessionsSection>, input: unknown) =>
  section.answer(input, caller, {} as Exchange);

describe('the sessions that the console lists', () => {
  test('are marked as unknown where the store cannot list them', async () => {
    const section = createSessionsSection({ sessionsOf: async () => undefined });
    expect(await ask(section, { user: '7' })).toEqual({ isListed: false, atMost: 100, sessions: [] });
  });

  test('have nothing of the provider’s tokens, and no login where NoETL made them', async () => {
    const issuer = 'https://id.example.com/';
    const identity = { issuer, subject: 'ada', sid: 's-1', client: 'web', isMachine: true, sealed: 'sealed-tokens' };
    const sessions = [
      { id: 'a', session: sessionOf(0, { identity }) },
      { id: 'b', session: sessionOf(0) },
    ];
    const section = createSessionsSection({ sessionsOf: async () => sessions });
    const times = { since: '1970-01-01T00:00:00Z', until: '1970-01-01T08:00:00Z' };
    const shown = { ...times, roles: ['developer'], isOwn: false };
    expect(await ask(section, { user: '7' })).toEqual({
      isListed: true,
      atMost: 100,
      sessions: [
        { ...shown, id: 'a', login: { issuer, client: 'web', isMachine: true } },
        { ...shown, id: 'b' },
      ],
    });
  });

  test.each([[undefined], [{}], [{ user: '' }], [{ user: 7 }], [{ user: 'x'.repeat(1_025) }]])(
    'are not asked for by %j',
    async (input) => {
      const section = createSessionsSection({ sessionsOf: () => expect.fail('the store was asked') });
      await expect(ask(section, input)).rejects.toMatchObject({ code: 'ERR_REQUEST_INVALID' });
    },
  );
});
