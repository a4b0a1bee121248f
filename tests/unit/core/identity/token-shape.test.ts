import { describe, expect, test } from 'vitest';
import {
  clientOf,
  isMachine,
  missingScope,
  scopesOf,
  tokenKind,
  unmetClaim,
} from '../../../../core/identity/token-shape.ts';
import { rulesOf } from '../../../support/issuer-rules.ts';

const issuer = 'https://idp.example.com/';

describe('what a token is', () => {
  test.each([
    ['nothing is said', undefined, {}, 'id_token'],
    ['JWT', 'JWT', {}, 'id_token'],
    ['the header of RFC 9068', 'at+jwt', {}, 'access_token'],
    ['the same as a media type', 'application/AT+JWT', {}, 'access_token'],
    ["Okta's header", 'okta-internal-at+jwt', {}, 'access_token'],
    ["Keycloak's typ ID", 'JWT', { typ: 'ID', scope: 'openid' }, 'id_token'],
    ["Keycloak's typ Bearer", 'JWT', { typ: 'Bearer', nonce: 'n' }, 'access_token'],
    ['typ JWT in the payload', undefined, { typ: 'JWT', scope: 'a' }, 'access_token'],
    ["Cognito's token_use id", undefined, { token_use: 'id', client_id: 'c' }, 'id_token'],
    ["Cognito's token_use access", undefined, { token_use: 'access', at_hash: 'h' }, 'access_token'],
    ['header and payload agree', 'at+jwt', { typ: 'Bearer', token_use: 'access' }, 'access_token'],
  ])('%s', (_name, typ, claims, want) => {
    expect(tokenKind(typ, claims)).toBe(want);
  });

  test.each(['scope', 'scp', 'client_id', 'cid', 'appid', 'appidacr', 'azpacr', 'gty', 'idtyp'])(
    'only access tokens have %s',
    (claim) => {
      expect(tokenKind('JWT', { [claim]: 'x' })).toBe('access_token');
    },
  );

  test.each(['nonce', 'at_hash', 'c_hash', 's_hash'])('only ID tokens have %s, whatever else is there', (claim) => {
    expect(tokenKind('JWT', { [claim]: 'x', scope: 'openid' })).toBe('id_token');
  });

  test.each([
    ['a security event or a logout token', 'JWT', { events: {} }],
    ['a logout token by its header', 'logout+jwt', {}],
    ['a header that only ends like one', 'x-application/jwt', {}],
    ['a header that is no text', 7, {}],
    ['the name of an inherited member', 'constructor', {}],
    ['a refresh token', 'JWT', { typ: 'Refresh' }],
    ['a typ that is no text', 'JWT', { typ: ['ID'] }],
    ['another use', undefined, { token_use: 'refresh' }],
    ['a use in other letters', undefined, { token_use: 'ID' }],
    ['an access token that says it is an ID token', 'at+jwt', { typ: 'ID' }],
    ['an ID token whose use is access', undefined, { typ: 'ID', token_use: 'access' }],
  ])('no login: %s', (_name, typ, claims) => {
    expect(tokenKind(typ, claims)).toBeUndefined();
  });
});

test.each([
  [{ azp: 'a', client_id: 'b', cid: 'c', appid: 'd' }, 'a'],
  [{ azp: '', client_id: 'b', cid: 'c' }, 'b'],
  [{ client_id: 7, cid: 'c', appid: 'd' }, 'c'],
  [{ appid: 'd' }, 'd'],
  [{ sub: 's' }, undefined],
])('the client of %j is %s', (claims, want) => {
  expect(clientOf(claims)).toBe(want);
});

describe('an access token of a client itself', () => {
  const own = rulesOf({ issuer, machines: { roles: {}, claim: 'is_service' } });
  const plain = rulesOf({ issuer });

  test.each([
    ["Auth0's grant type", { gty: 'client-credentials' }],
    ["Entra's kind", { idtyp: 'app' }],
    ['the subject is the client', { sub: 'c', azp: 'c' }],
    ["Auth0's subject", { sub: 'c@clients', azp: 'c' }],
    ['Entra without its kind', { sub: 'o', oid: 'o', appid: 'c' }],
  ])('%s', (_name, claims) => {
    expect(isMachine(plain, 'access_token', claims)).toBe(true);
    expect(isMachine(plain, 'id_token', claims)).toBe(false);
  });

  test('the claim that the config names', () => {
    expect(isMachine(own, 'access_token', { is_service: false, sub: 'ada' })).toBe(true);
    expect(isMachine(own, 'access_token', { sub: 'ada' })).toBe(false);
    expect(isMachine(plain, 'access_token', { is_service: true, undefined: 1 })).toBe(false);
  });

  test.each([
    ['a person', { sub: 'ada', azp: 'c' }],
    ['another grant type', { gty: 'password', sub: 'ada', azp: 'c' }],
    ['another kind', { idtyp: 'user', sub: 'ada', azp: 'c' }],
    ['a person of Entra, with a delegated scope', { sub: 'o', oid: 'o', appid: 'c', scp: 'read' }],
    ['a person of Entra, with a subject of its own', { sub: 's', oid: 'o', appid: 'c' }],
    ['no client', { sub: 'o', oid: 'o' }],
    ['neither', {}],
    ['an object that is no text', { sub: 7, oid: 7, azp: 'c' }],
  ])('not: %s', (_name, claims) => {
    expect(isMachine(plain, 'access_token', claims)).toBe(false);
  });
});

test('required claims: each has one of its values, alone or in a list', () => {
  const required = new Map<string, readonly (string | number | boolean)[]>([
    ['hd', ['a.example.com', 'b.example.com']],
    ['org.id', [7]],
  ]);
  const claims = { hd: 'b.example.com', org: { id: [1, 7] } };
  expect(unmetClaim(required, claims)).toBeUndefined();
  expect(unmetClaim(required, { ...claims, hd: 'c.example.com' })).toBe('hd');
  expect(unmetClaim(required, { ...claims, org: {} })).toBe('org.id');
  expect(unmetClaim(required, { ...claims, org: { id: '7' } })).toBe('org.id');
  expect(unmetClaim(new Map(), {})).toBeUndefined();
});

test('scopes: a text, a list or both; the first that is needed and missing', () => {
  expect(scopesOf({ scope: 'a b', scp: ['c', 7] })).toEqual(['a', 'b', 'c', 7]);
  expect(scopesOf({ scp: { a: 1 } })).toEqual([]);
  expect(scopesOf({})).toBeUndefined();
  expect(missingScope(['a', 'c'], { scope: 'a b' })).toBe('c');
  expect(missingScope(['a', 'b'], { scope: 'a b' })).toBeUndefined();
  expect(missingScope(['a'], {})).toBe('a');
  expect(missingScope([], {})).toBeUndefined();
});
