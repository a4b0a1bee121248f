import { describe, expect, test, vi } from 'vitest';
import { judgeOffer, keepSessionToken, readToken, takeSessionToken } from '../../../web/session/gateway-session.ts';

describe('a pasted token', () => {
  test.each([
    ['as it is', 'abc-123', { token: 'abc-123' }],
    ['with Bearer', ' Bearer abc\n', { token: 'abc' }],
    ['with bearer in another case', 'bEARER   abc', { token: 'abc' }],
    ['empty', '  ', { problem: expect.stringContaining('Paste') }],
    ['Bearer alone', 'Bearer ', { problem: expect.any(String) }],
    ['with a blank inside', 'a b', { problem: expect.stringContaining('no blanks') }],
    ['not ASCII', 'tökén', { problem: expect.stringContaining('ASCII') }],
    ['too long', 'a'.repeat(4097), { problem: expect.stringContaining('4,096') }],
    ['as long as allowed', 'a'.repeat(4096), { token: 'a'.repeat(4096) }],
  ])('%s', (_name, text, want) => {
    expect(readToken(text)).toEqual(want);
  });
});

function places(hash: string, stored?: string) {
  const kept = new Map<string, string>(stored === undefined ? [] : [['noetl-gateway:session-token', stored]]);
  const addresses: string[] = [];
  return {
    kept,
    addresses,
    location: { hash, pathname: '/graphql', search: '?a=b' },
    history: {
      replaceState: (_data: unknown, _title: string, url?: string | URL | null) => void addresses.push(String(url)),
    },
    sessionStorage: {
      getItem: (key: string) => kept.get(key) ?? null,
      setItem: (key: string, value: string) => void kept.set(key, value),
      removeItem: (key: string) => void kept.delete(key),
    },
  };
}

describe('the token to begin with', () => {
  test('of the fragment: removed from the address at once, and kept for a reload', () => {
    const given = places('#token=abc');
    expect(takeSessionToken(given)).toEqual({ token: 'abc' });
    expect(given.addresses).toEqual(['/graphql?a=b']);
    expect([...given.kept.values()]).toEqual(['abc']);
  });

  test('a fragment that holds no token is removed too', () => {
    const given = places('#token=a%20b', 'old');
    expect(takeSessionToken(given)).toEqual({ token: '' });
    expect(given.addresses).toEqual(['/graphql?a=b']);
  });

  test('a fragment in a tab with another session is removed, and only offered', () => {
    const given = places('#token=abc', 'own');
    expect(takeSessionToken(given)).toEqual({ token: 'own', offered: 'abc' });
    expect(given.addresses).toEqual(['/graphql?a=b']);
    expect([...given.kept.values()]).toEqual(['own']);
    expect(takeSessionToken(places('#token=own', 'own'))).toEqual({ token: 'own' });
  });

  test('of the session storage, when there is no fragment', () => {
    const given = places('', 'kept');
    expect(takeSessionToken(given)).toEqual({ token: 'kept' });
    expect(given.addresses).toEqual([]);
    expect(takeSessionToken(places(''))).toEqual({ token: '' });
  });

  test('ending the session removes it', () => {
    const given = places('', 'kept');
    keepSessionToken('', given);
    expect(given.kept.size).toBe(0);
  });
});

describe('a session that a link offers', () => {
  const users: Readonly<Record<string, object>> = {
    ada: { user_id: 1, display_name: 'Ada', roles: ['admin'] },
    'ada-again': { user_id: 1, display_name: 'Ada', roles: ['admin'] },
    ann: { user_id: 2, display_name: 'Ann', roles: [] },
  };
  const answer = async (_url: unknown, init?: { body?: unknown }) => {
    const { session_token: token } = JSON.parse(String(init?.body)) as { session_token: string };
    if (token === 'outage') return new Response('', { status: 503 });
    return Response.json({ valid: token in users, user: users[token] ?? null });
  };
  test.each([
    ['of another user', 'ada', 'ann', { question: expect.stringMatching(/of Ada \(admin\)\..*of Ann \(no role\)\./) }],
    ['of the same user', 'ada', 'ada-again', { token: 'ada-again' }],
    ['that is not valid', 'ada', 'unknown', { token: 'ada' }],
    ['in a tab whose own is over', 'unknown', 'ann', { token: 'ann' }],
    ['that cannot be checked', 'ada', 'outage', { question: expect.stringContaining('could not be found out') }],
    ['beside one that cannot be checked', 'outage', 'ann', { question: expect.stringContaining('Ann') }],
  ])('%s', async (_name, own, offered, want) => {
    const spy = vi.spyOn(globalThis, 'fetch').mockImplementation(answer as typeof fetch);
    expect(await judgeOffer(own, offered)).toEqual(want);
    spy.mockRestore();
  });
});
