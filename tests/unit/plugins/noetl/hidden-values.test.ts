import { describe, expect, test } from 'vitest';
import { createMask, noSecretNames, secretNames, withoutSecrets } from '../../../../plugins/noetl/hidden-values.ts';
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
