import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { parseSessionToken, sessionKey } from '../../../../../plugins/noetl-auth/session/session-token.ts';
import { tokenOf } from '../../../../support/session-fakes.ts';

describe('cannot be a session token', () => {
  test.each([
    ['nothing', ''],
    ['a blank', 'a b'],
    ['a tab', 'a\tb'],
    ['a line end', 'a\r\nb'],
    ['a control character', 'a\u0000b'],
    ['DEL', 'a\u007fb'],
    ['a blank of another script', 'a\u2003b'],
    ['a Python list, which NoETL would read', '["x"]'],
    ['a brace', 'a{b'],
    ['a quote', "a'b"],
    ['a backslash', 'a\\b'],
    ['a percent sign', 'a%7b'],
    ['a hash', 'a#b'],
    ['a comma', 'a,b'],
    ['a letter beyond ASCII', 'ä'],
    ['more than 4 KiB', 'a'.repeat(4_097)],
  ])('%s', (_name, text) => {
    expect(parseSessionToken(text)).toBeUndefined();
  });
});

test('the characters of RFC 6750 are a token', () => {
  expect(parseSessionToken('aZ09-._~+/==')).toBe('aZ09-._~+/==');
});

test('4 KiB are a token', () => {
  expect(parseSessionToken('a'.repeat(4_096))).toBe('a'.repeat(4_096));
});

test('the key is the SHA-256 of the token, in hexadecimal', () => {
  expect(sessionKey(tokenOf('abc'))).toBe(createHash('sha256').update('abc').digest('hex'));
});
