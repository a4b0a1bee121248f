import { describe, expect, test } from 'vitest';
import { createAuthenticator } from '../../../../plugins/noetl-auth/authenticator.ts';
import type { SessionToken } from '../../../../plugins/noetl-auth/session/session-token.ts';
import type { GatewayEvent } from '../../../../plugins/observe.ts';
import { session, sessions } from '../../../support/plugin-gateway.ts';

function ask(headers: Record<string, string>) {
  const events: GatewayEvent[] = [];
  const asked: string[] = [];
  const counting = {
    ...sessions,
    lookup: (token: SessionToken) => {
      asked.push(token);
      return sessions.lookup(token);
    },
  };
  const authenticate = createAuthenticator({ sessions: counting, observe: (event) => events.push(event) });
  return { found: authenticate((name) => headers[name]), events, asked };
}

describe('an authenticator', () => {
  test.each([
    [{ authorization: 'Bearer token-admin' }, 'bearer'],
    [{ 'x-session-token': 'token-admin' }, 'header'],
    [{ cookie: 'session_token=token-admin' }, 'cookie'],
  ] as const)('finds the session, and says where the token was: %o', async (headers, source) => {
    const { found, events } = ask(headers);
    expect(await found).toEqual({ caller: { session: session('admin'), token: 'token-admin' }, source });
    expect(events).toEqual([]);
  });

  test.each([
    [{}, 'ERR_TOKEN_MISSING', [{ type: 'session_check', outcome: 'missing_token' }]],
    [
      { authorization: 'Bearer a b' },
      'ERR_TOKEN_MALFORMED',
      [{ type: 'session_check', outcome: 'invalid_or_expired', layer: 'request' }],
    ],
  ] as const)('refuses without asking: %o', async (headers, code, expected) => {
    const { found, events, asked } = ask(headers);
    expect(await found).toMatchObject({ refused: { code, status: 401 } });
    expect(events).toEqual(expected);
    expect(asked).toEqual([]);
  });

  test('refuses what is no session', async () => {
    expect(await ask({ authorization: 'Bearer unknown' }).found).toMatchObject({
      refused: { code: 'ERR_SESSION_INVALID', status: 401 },
    });
  });

  test('throws what could not be found out', async () => {
    await expect(ask({ authorization: 'Bearer token-broken' }).found).rejects.toMatchObject({ code: 'ERR_STORE' });
  });
});
