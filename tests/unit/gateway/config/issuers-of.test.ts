import { describe, expect, test } from 'vitest';
import { env } from '../../../../gateway/config/environment.ts';
import { createConfigReader, createValueReader } from '../../../../gateway/config/read-config.ts';
import { isEmailNeeded, issuersOf, issuerWarnings } from '../../../../gateway/config/resolve-issuers.ts';
import { isReservedHeader } from '../../../../gateway/config/schema/rows.ts';
import { withoutConnections, withoutSecretData } from '../../../../plugins/noetl/hidden-values.ts';
import { resolved, rulesOf } from '../../../support/issuer-rules.ts';

type Settings = Parameters<typeof issuersOf>[0];
const noetl = { kind: 'http' } as unknown as Settings['login'];

function read(auth: Partial<Settings['auth']>, login = noetl) {
  const reader = createConfigReader({ ISSUERS: 'https://env.example.com/' });
  const settings: Settings = {
    auth: { issuers: undefined, trustedIssuers: [], audiences: ['app'], ...auth } as Settings['auth'],
    ...{ login, roles: ['admin', 'viewer'] },
  };
  const rules = issuersOf(settings, createValueReader(reader));
  return { rules, names: rules.map(({ issuer }) => issuer), problems: reader.problems };
}

describe('the issuers that a config trusts', () => {
  test('those of the short form, and then the entries', () => {
    const { names, problems } = read({
      trustedIssuers: ['https://a.example.com/'],
      issuers: [{ issuer: 'https://b.example.com', email: { domains: ['b.example.com'] } }],
    });
    expect([names, problems]).toEqual([['https://a.example.com/', 'https://b.example.com'], []]);
  });

  test('a name is taken once: as a domain, as an address, with slashes at its end', () => {
    const trustedIssuers = ['https://a.example.com/', 'a.example.com', 'https://a.example.com', 'a.example.com//'];
    expect(read({ trustedIssuers }).names).toHaveLength(1);
    const others = ['https://a.example.com/x/', 'https://a.example.com/y', 'https://ahttps.example.com'];
    expect(read({ trustedIssuers: others }).names).toHaveLength(3);
  });

  test('none, or none with an audience, is a problem with its place', () => {
    expect(read({}).problems).toEqual([expect.stringMatching(/^auth\.trustedIssuers: is missing\. Set it to/)]);
    const entry = { issuer: 'https://b.example.com', audiences: ['b'], email: { domains: ['b.example.com'] } };
    const missing = expect.stringMatching(/^auth\.audiences: is missing\. Set it to the client id/);
    expect(read({ trustedIssuers: ['https://a.example.com/'], audiences: [] }).problems).toEqual([missing]);
    expect(read({ audiences: [] }).problems).toContainEqual(missing);
    expect(read({ issuers: [entry] }).problems).toEqual([]);
    expect(read({ issuers: [entry], audiences: [] }).problems).toEqual([]);
    expect(read({ trustedIssuers: ['https://a.example.com/'], issuers: [entry], audiences: [] }).problems).toEqual([
      missing,
    ]);
  });

  test('a problem of the short form names the variable that it comes from', () => {
    const trustedIssuers = ['not an address', env('NONE')];
    expect(read({ trustedIssuers }).problems).toContainEqual(expect.stringMatching(/^NONE: /));
  });

  test('where the gateway logs in itself, roles and opaque tokens are as the login says', () => {
    const local = { kind: 'local', rolesClaim: 'groups', defaultRoles: ['viewer'], roleMap: { ops: ['admin'] } };
    const rulesWith = (login: object) =>
      read({ trustedIssuers: ['https://a.example.com/'] }, { ...local, ...login } as unknown as Settings['login'])
        .rules[0];
    expect(rulesWith({})?.roles).toMatchObject({ claims: ['groups'], default: ['viewer'], map: { ops: ['admin'] } });
    expect([...(rulesWith({})?.accept ?? [])]).toEqual(['id_token', 'access_token']);
    expect([...(rulesWith({ allowUserinfo: true })?.accept ?? [])]).toEqual(['id_token', 'access_token', 'opaque']);
    const { rules } = read({ trustedIssuers: ['https://a.example.com/'] });
    expect([...(rules[0]?.accept ?? [])]).toEqual(['id_token', 'access_token']);
    expect(rules[0]?.roles.default).toEqual([]);
  });
});

test('people log in by their e-mail, unless the gateway or a custom login finds them otherwise', () => {
  const isNeeded = (login: object) => isEmailNeeded(login as unknown as Settings['login']);
  expect(
    [{ kind: 'http' }, { kind: 'local' }, { kind: 'custom' }, { kind: 'custom', email: 'needed' }].map(isNeeded),
  ).toEqual([...[true, false, false, true]]);
});

test('an issuer that may vouch for no address is a warning', () => {
  const none = rulesOf({ issuer: 'https://a.example.com/' });
  const warned = issuerWarnings([
    { ...none, email: { ...none.email, domains: new Set() } },
    { ...none, issuer: 'https://b.example.com/', email: { ...none.email, domains: undefined } },
    ...resolved([{ issuer: 'https://c.example.com/', email: { domains: ['c.example.com'] } }]).rules,
  ]);
  expect(warned).toEqual([expect.stringMatching(/^https:\/\/a\.example\.com\/ may vouch for no e-mail address/)]);
});

describe('headers that no row sets and no caller gives', () => {
  test.each([
    ...[
      'accept',
      'Accept-Encoding',
      'connection',
      'content-encoding',
      'content-length',
      'content-type',
      'date',
      'expect',
    ],
    ...['host', 'keep-alive', 'te', 'trailer', 'transfer-encoding', 'upgrade', 'via', 'forwarded', 'http2-settings'],
    ...['Cookie', 'set-cookie', 'X-Session-Token', 'x-request-id', 'traceparent', 'tracestate', 'origin', 'referer'],
    ...['proxy-authorization', 'X-Forwarded-For', 'Sec-Fetch-Site'],
  ])('%s', (name) => {
    expect(isReservedHeader(name)).toBe(true);
  });

  test.each(['x-tenant', 'my-proxy-x', 'x-x-forwarded-for', 'x-sec-fetch', ''])('%s is free', (name) => {
    expect(isReservedHeader(name)).toBe(false);
  });
});

test('credentials are shown without their secrets, alone and in a list', () => {
  const row = { name: 'db', data: { password: 'x' } };
  expect(withoutSecretData(row)).toEqual({ name: 'db' });
  expect(withoutSecretData({ items: [row, 1], count: 1 })).toEqual({ items: [{ name: 'db' }, 1], count: 1 });
  expect([withoutSecretData('text'), withoutSecretData(undefined)]).toEqual(['text', undefined]);
});

test('a description of a worker has no way in: addresses with user information, of brokers, members like secrets', () => {
  const shown = { url: 'https://noetl.example.com/x', has_token: true, token: null, n: 1, names: ['a'] };
  expect(withoutConnections(shown)).toEqual(shown);
  const hidden = { url: 'https://u:p@noetl.example.com/', broker: ['nats://10.0.0.1:4222'], dsn: 'x', api_key: 7 };
  expect(withoutConnections(hidden)).toEqual({
    ...{ url: '[hidden]', broker: ['[hidden]'], dsn: '[hidden]', api_key: '[hidden]' },
  });
});
