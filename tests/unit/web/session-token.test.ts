import { describe, expect, test } from 'vitest';
import { keepSessionToken, readToken, takeSessionToken } from '../../../web/session/session-token.ts';

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
    expect(takeSessionToken(given)).toBe('abc');
    expect(given.addresses).toEqual(['/graphql?a=b']);
    expect([...given.kept.values()]).toEqual(['abc']);
  });

  test('a fragment that holds no token is removed too', () => {
    const given = places('#token=a%20b', 'old');
    expect(takeSessionToken(given)).toBe('');
    expect(given.addresses).toEqual(['/graphql?a=b']);
  });

  test('of the session storage, when there is no fragment', () => {
    const given = places('', 'kept');
    expect(takeSessionToken(given)).toBe('kept');
    expect(given.addresses).toEqual([]);
    expect(takeSessionToken(places(''))).toBe('');
  });

  test('ending the session removes it', () => {
    const given = places('', 'kept');
    keepSessionToken('', given);
    expect(given.kept.size).toBe(0);
  });
});
