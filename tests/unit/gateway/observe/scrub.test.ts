import { describe, expect, test } from 'vitest';
import { scrub } from '../../../../gateway/observe/scrub.ts';
import { processorTimeOf } from '../../../support/processor-time.ts';

const jwt = 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2lnbmF0dXJl';
const hex = 'dbaaff3ca594ca80adcc0e75f15507c7';

describe('takes away what looks like a token', () => {
  const rows: readonly (readonly [name: string, given: string, secret: string])[] = [
    ['a JWT', `bad token ${jwt}!`, 'eyJ'],
    ['a bearer header', 'authorization: Bearer abc', 'abc'],
    ['a basic header', 'Basic YWRhOmFkYQ==', 'YWRh'],
    ['a session token of the gateway', 'noetl-session-abc.def_ghi', 'abc.def'],
    ['a session token of NoETL', `unknown session ${hex}`, hex],
    ['a random text in base64url', 'x=q9Zk1mVnT0c4Y7bJw2PdLr8eXs5uHgAa3iNf6oKv_-M', 'q9Zk1m'],
    ['twenty letters and digits at the end', 'id a1b2c3d4e5f6g7h8i9j0', 'a1b2'],
    ['a callback secret', 'POST /cb/short-secret/api/internal/callback', 'short-secret'],
    ['credentials of a URL', 'redis://ada:pass@127.0.0.1:6379', 'pass'],
    ['a password with an at sign', 'redis://ada:p@pass@127.0.0.1', 'pass'],
    ['a member named apiKeys', '{"apiKeys":"abc"}', 'abc'],
    ['a member named secretkey', '{"secretkey":"abc"}', 'abc'],
    ['a member named jwt', '{"jwt":"abc"}', 'abc'],
    ['a member named like a secret', '{"session_token":"abc","other":1}', 'abc'],
    ['such a member with quotes in it', String.raw`{"password":"a\"bc","other":1}`, 'bc"'],
    ['such a member inside text', String.raw`{"message":"{\"auth0_token\":\"abc\"}"}`, 'abc'],
    ['a query parameter', 'GET /x?session_token=abc&y=1', 'abc'],
    ['a cookie', 'session_token=abc; theme=dark', 'abc'],
  ];
  test.each(rows)('%s', (_name, given, secret) => {
    const clean = scrub(given);
    expect(clean).not.toContain(secret);
    expect(clean).toContain('[redacted]');
  });

  test('JSON stays JSON', () => {
    const line = JSON.stringify({ session_token: `a"b`, nested: { cookie: 'x', n: 5 }, token: { a: 1 }, text: jwt });
    expect(JSON.parse(scrub(line))).toEqual({
      session_token: '[redacted]',
      nested: { cookie: '[redacted]', n: 5 },
      token: { a: 1 },
      text: '[redacted]',
    });
  });
});

describe('leaves what does not', () => {
  test.each([
    ['nineteen letters and digits', 'id a1b2c3d4e5f6g7h8i9j'],
    ['a path', 'api_integration/amadeus_ai_api_version_2_with_a_rather_long_name'],
    ['a UUID', '0190b5c2-7d4e-7c11-9a35-5f0c6f1f4b2a'],
    ['an execution id', '320816801799737344'],
    ['an outcome', '{"outcome":"missing_token","type":"identity_token"}'],
    ['a URL', 'http://noetl.noetl.svc.cluster.local:8082/api/execute'],
    ['a request id of a proxy', `{"requestId":"${hex}"}`],
  ])('%s', (_name, given) => {
    expect(scrub(given)).toBe(given);
  });

  test('the same text elsewhere goes', () => {
    expect(scrub(`{"requestId":"r1","path":"${hex}"}`)).toBe('{"requestId":"r1","path":"[redacted]"}');
  });
});

test('a long line takes no time to speak of', () => {
  const nasty = `${'session_token="'.repeat(20_000)}${'://'.repeat(20_000)}${'eyJ.'.repeat(20_000)}`;
  expect(processorTimeOf(() => scrub(nasty))).toBeLessThan(2_000_000);
});
