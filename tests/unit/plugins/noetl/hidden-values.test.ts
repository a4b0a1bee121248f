import { describe, expect, test } from 'vitest';
import { failedText, failureSentence } from '../../../../plugins/noetl/failure-text.ts';
import {
  createMask,
  eventView,
  noSecretNames,
  secretNames,
  withoutSecrets,
} from '../../../../plugins/noetl/hidden-values.ts';
import { processorTimeOf } from '../../../support/processor-time.ts';

describe('names of secrets', () => {
  const isSecret = secretNames();
  test.each([
    'password',
    'db_password',
    'dbPassword',
    'DB-PASSWORD',
    'access_token',
    'sessionToken',
    'auth0_token',
    'api_key',
    'apiKey',
    'apikey',
    'client_secret',
    'Authorization',
    'private_key',
    'Set-Cookie',
    'credentials',
    'dsn',
    'secretkey',
    'db_secretkey',
    'apiKeys',
    'openai_api_keys',
    'jwt',
    'userJwt',
    'session',
    'amadeus_session',
  ])('%s is a secret', (name) => expect(isSecret(name)).toBe(true));
  test.each([
    'tokens_used',
    'token_count',
    'next_page_token',
    'nextPageToken',
    'pageToken',
    'key',
    'primary_key',
    'secretary',
    'passwords_changed',
    'author',
    'cookies_accepted',
    'total_tokens',
    'session_count',
    'possession',
    '',
    '___',
  ])('%s is no secret', (name) => expect(isSecret(name)).toBe(false));
  test('the list can be set', () => {
    const own = secretNames(['iban']);
    expect([own('customer_iban'), own('password')]).toEqual([true, false]);
  });
});

test('values of secrets are masked at any depth; null, booleans and empty texts stay', () => {
  const value = {
    a: [{ password: 'x', has_password: true, token: null, secret: '' }],
    credentials: { user: 'u', pw: 'p' },
    n: 1,
  };
  expect(createMask(secretNames())(value)).toEqual({
    a: [{ password: '[hidden]', has_password: true, token: null, secret: '' }],
    credentials: '[hidden]',
    n: 1,
  });
});

test('what holds no secret is not copied', () => {
  const value = { a: [{ b: 1 }] };
  expect(withoutSecrets(value, secretNames())).toBe(value);
});

describe('the secret in the address of a callback', () => {
  const secret = `${'A_-4'.repeat(10)}xyz`;
  const value = {
    gateway_url: `http://gateway.example.com:8091/cb/${secret}`,
    steps: [`POST http://gateway.example.com:8091/cb/${secret}/api/internal/callback/async`],
    page: 'https://example.com/cb/news',
  };
  const masked = {
    gateway_url: 'http://gateway.example.com:8091/cb/[hidden]',
    steps: ['POST http://gateway.example.com:8091/cb/[hidden]/api/internal/callback/async'],
    page: 'https://example.com/cb/news',
  };
  test('is hidden under every name', () => expect(withoutSecrets(value, secretNames())).toEqual(masked));
  test('is hidden where members named like secrets are shown', () => {
    expect(createMask(noSecretNames)({ ...value, password: 'x' })).toEqual({ ...masked, password: 'x' });
  });
});

describe('passwords in connection addresses', () => {
  const mask = createMask(secretNames());
  test.each([
    ['postgres://ada:pass@db:5432/x', 'postgres://ada:[hidden]@db:5432/x'],
    ['nats://:pass@nats', 'nats://:[hidden]@nats'],
    ['redis://ada:p@ss:1@db, then more', 'redis://ada:[hidden]@db, then more'],
    ['jdbc:postgresql://db/x?user=ada&password=pass&ssl=1', 'jdbc:postgresql://db/x?user=ada&password=[hidden]&ssl=1'],
    ["host=db user=ada password='my pass' port=1", 'host=db user=ada password=[hidden] port=1'],
    ['Server=db;Pwd=pass;Database=x', 'Server=db;Pwd=[hidden];Database=x'],
  ])('%s', (text, shown) => {
    expect(mask({ deep: [text] })).toEqual({ deep: [shown] });
    expect(createMask(noSecretNames)(text)).toBe(text);
  });

  test.each([
    'https://example.com/@ada/post',
    'https://example.com/a?to=ada@example.com',
    'ada@example.com',
    'http://db:8080/x',
    'the password is secret',
  ])('%s stays', (text) => expect(mask(text)).toBe(text));

  test('cost no time to speak of', () => {
    const nasty = `${'://a:'.repeat(20_000)}${'password='.repeat(20_000)}`;
    expect(processorTimeOf(() => mask(nasty))).toBeLessThan(2_000_000);
  });
});

const text = 'ValueError: no such table';

test.each(['error', 'stderr', 'traceback', 'stack_trace'])(
  '%s becomes the sentence of a failure, however deep',
  (name) => {
    const event = { result: [{ [name]: text }] };
    expect(eventView(event, false)).toEqual({ result: [{ [name]: failureSentence(text) }] });
    expect(eventView(event, true)).toEqual({ result: [{ [name]: failedText }] });
  },
);

test('the source of a step is left out, however deep; all else stays', () => {
  const event = { event_type: 'x', tool_config: { code: 'secret' }, context: { tool_config: 1, n: [1, null, 'a'] } };
  expect(eventView(event, false)).toEqual({ event_type: 'x', context: { n: [1, null, 'a'] } });
});

test('what says no error stays: nothing, blanks, and what is no text', () => {
  const event = { error: '', stderr: ' \n', traceback: null, stack_trace: { error: 1 } };
  expect(eventView(event, true)).toEqual(event);
});

test('errors within twelve levels are found', () => {
  const nested = (depth: number): unknown => (depth === 0 ? { error: text } : { a: nested(depth - 1) });
  expect(JSON.stringify(eventView(nested(12), true))).not.toContain(text);
  expect(JSON.stringify(eventView([[[[[[[[[[[[{ error: text }]]]]]]]]]]]], true))).not.toContain(text);
  // Deeper than any event of NoETL.
  expect(eventView(nested(13), true)).toEqual(nested(13));
});
