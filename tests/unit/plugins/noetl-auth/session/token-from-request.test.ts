import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type PresentedToken, tokenFromRequest } from '../../../../../plugins/noetl-auth/session/session-token.ts';

type Headers = Record<string, string | string[]>;
const read = (headers: Headers): PresentedToken => tokenFromRequest((name) => headers[name]);
const short = (presented: PresentedToken) =>
  presented.outcome === 'missing'
    ? 'missing'
    : `${presented.source}: ${presented.outcome === 'present' ? presented.token : 'malformed'}`;

const all: Headers = { authorization: 'Bearer one', 'x-session-token': 'two', cookie: 'session_token=three' };
const { authorization: _, ...withoutBearer } = all;

describe('where the token is found', () => {
  test.each<[string, Headers, string]>([
    ['nothing', {}, 'missing'],
    ['first, the bearer', all, 'bearer: one'],
    ['then the header', withoutBearer, 'header: two'],
    ['then the cookie', { cookie: 'session_token=three' }, 'cookie: three'],
    ['the scheme in lower case', { authorization: 'bearer one' }, 'bearer: one'],
    ['the scheme in any case', { authorization: 'bEaReR one' }, 'bearer: one'],
    ['several blanks', { authorization: 'Bearer   one' }, 'bearer: one'],
    ['another scheme gives way', { ...all, authorization: 'Basic b25lOnR3bw==' }, 'header: two'],
    ['a longer scheme is another one', { ...all, authorization: 'BearerX one' }, 'header: two'],
    ['an empty Authorization gives way', { ...all, authorization: '' }, 'header: two'],
    ['a cookie among others', { cookie: 'a=b; session_token=three; c=d' }, 'cookie: three'],
    ['a cookie without blanks between', { cookie: 'a=b;session_token=three' }, 'cookie: three'],
    ['a cookie with = in it', { cookie: 'session_token=abc==' }, 'cookie: abc=='],
    ['a cookie of another name', { cookie: 'xsession_token=three' }, 'missing'],
    ['a cookie of another case', { cookie: 'Session_Token=three' }, 'missing'],
    ['a cookie without a value', { cookie: 'session_token' }, 'missing'],
    ['the same token twice', { 'x-session-token': ['two', 'two'] }, 'header: two'],
    ['cookies in several headers', { cookie: ['a=b', 'session_token=three'] }, 'cookie: three'],
    ['another scheme beside a bearer', { authorization: ['Basic eDp5', 'Bearer one'] }, 'bearer: one'],
  ])('%s', (_name, headers, want) => {
    expect(short(read(headers))).toBe(want);
  });
});

describe('a malformed token never gives way to the next source', () => {
  test.each<[string, string, string]>([
    ['nothing after the scheme', 'authorization', 'Bearer'],
    ['blanks after the scheme', 'authorization', 'Bearer   '],
    ['a blank inside', 'authorization', 'Bearer one two'],
    ['a tab after the scheme', 'authorization', 'Bearer\tone'],
    ['two values joined', 'authorization', 'Bearer one, Bearer two'],
    ['a scheme joined to a comma', 'authorization', 'Bearer,one'],
    ['a control character', 'authorization', 'Bearer o\u0001ne'],
    ['a no-break space', 'authorization', 'Bearer o\u00a0ne'],
    ['more than 4 KiB', 'authorization', `Bearer ${'a'.repeat(4097)}`],
    ['an empty header', 'x-session-token', ''],
    ['two headers joined', 'x-session-token', 'two, other'],
    ['a blank inside the header', 'x-session-token', 'two three'],
    ['an empty cookie', 'cookie', 'session_token='],
    ['a blank inside the cookie', 'cookie', 'session_token=one two'],
    ['two different cookies', 'cookie', 'session_token=one; session_token=two'],
  ])('%s', (_name, header, value) => {
    const sources: Record<string, string> = { authorization: 'bearer', 'x-session-token': 'header', cookie: 'cookie' };
    const after = Object.keys(all).slice(Object.keys(all).indexOf(header) + 1);
    const rest = Object.fromEntries(after.map((name) => [name, all[name] ?? '']));
    expect(read({ ...rest, [header]: value })).toEqual({ outcome: 'malformed', source: sources[header] });
  });

  test('two different headers', () => {
    expect(read({ 'x-session-token': ['one', 'two'] })).toEqual({ outcome: 'malformed', source: 'header' });
  });
});

test('4 KiB is a token', () => {
  expect(read({ authorization: `Bearer ${'a'.repeat(4096)}` }).outcome).toBe('present');
});

test('whatever is accepted was presented whole', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (text) => {
      const presented = read({ 'x-session-token': text });
      if (presented.outcome === 'present') {
        expect(presented.token).toBe(text);
        expect(text).not.toMatch(/[\s\p{Cc}]/u);
      }
    }),
    { numRuns: 2_000 },
  );
});
