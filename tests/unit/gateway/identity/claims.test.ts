import { describe, expect, it, test } from 'vitest';
import type { IssuerEntry, IssuerRules } from '../../../../gateway/config/issuers.ts';
import {
  claimAt,
  clientOf,
  hasGroupsOverage,
  isMachine,
  missingScope,
  readEmail,
  readRoles,
  scopesOf,
  tokenKind,
  unmetClaim,
} from '../../../../gateway/identity/claims.ts';
import { rulesOf } from '../../../support/issuer-rules.ts';

type Roles = NonNullable<IssuerEntry['roles']>;

describe('the shape of a token', () => {
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
});

describe('the e-mail of a token', () => {
  const rulesWith = (change: Partial<IssuerRules['email']> = {}): IssuerRules['email'] => ({
    ...{ trust: 'verified', domains: undefined, exceptDomains: new Set<string>() },
    ...{ claims: ['email', 'user.mail'], verifiedClaims: ['email_verified', 'xms_edov'], ...change },
  });
  const email = 'ada@example.com';
  const verified = { email, email_verified: true };

  describe('an address that may be used', () => {
    test.each<[string, object, Partial<IssuerRules['email']>]>([
      ['verified', verified, {}],
      ['verified in words', { email, email_verified: 'true' }, {}],
      ['verified as a number', { email, xms_edov: 1 }, {}],
      ['verified as a number in words', { email, xms_edov: '1' }, {}],
      ['verified by one of two claims', { email, email_verified: false, xms_edov: true }, {}],
      ['of a trusted domain', { email }, { trust: 'domains', domains: new Set(['example.com']) }],
      ['of a trusted domain, whose claim is null', { email, email_verified: null }, { trust: 'domains' }],
      ['verified, in a domain of this issuer', verified, { domains: new Set(['example.com']) }],
      ['in the second claim', { email: '', user: { mail: email }, email_verified: true }, {}],
      [
        'in the second claim, since the first is null',
        { email: null, user: { mail: email }, email_verified: true },
        {},
      ],
    ])('%s', (_name, claims, change) => {
      expect(readEmail(rulesWith(change), claims as Record<string, unknown>)).toEqual({ email });
    });

    test('the domain is compared without its case, and the address is kept as it is', () => {
      const claims = { email: 'Ada@EXAMPLE.com', email_verified: true };
      expect(readEmail(rulesWith({ domains: new Set(['example.com']) }), claims)).toEqual({ email: 'Ada@EXAMPLE.com' });
      expect(readEmail(rulesWith({ exceptDomains: new Set(['example.com']) }), claims)).toEqual({
        refused: 'email_domain',
      });
    });

    test('at most 254 characters', () => {
      const of = (length: number) => ({ email: `${'a'.repeat(length - 12)}@example.com`, email_verified: true });
      expect(readEmail(rulesWith(), of(254))).toEqual({ email: of(254).email });
      expect(readEmail(rulesWith(), of(255))).toEqual({ refused: 'email_invalid' });
    });

    test('the domain is what follows the last @', () => {
      const claims = { email: '"a@b"@example.com', email_verified: true };
      expect(readEmail(rulesWith({ domains: new Set(['example.com']) }), claims)).toEqual({ email: claims.email });
      expect(readEmail(rulesWith(), { email: 'a@b', email_verified: true })).toEqual({ email: 'a@b' });
    });
  });

  test.each<[string, object, Partial<IssuerRules['email']>]>([
    ['there is no claim', {}, {}],
    ['the claim is empty', { email: '' }, {}],
    ['the claim is null', { email: null }, {}],
    ['the issuer may vouch for none', verified, { trust: 'never' }],
  ])('no address: %s', (_name, claims, change) => {
    expect(readEmail(rulesWith(change), claims as Record<string, unknown>)).toStrictEqual({ email: undefined });
  });

  test.each<[string, object, Partial<IssuerRules['email']>, string]>([
    ['not verified', { email }, {}, 'email_unverified'],
    ['said to be unverified', { email, email_verified: false }, {}, 'email_unverified'],
    [
      'said to be unverified, in a trusted domain',
      { email, email_verified: false },
      { trust: 'domains' },
      'email_unverified',
    ],
    ['verified by a word that is no yes', { email, email_verified: 'yes' }, {}, 'email_unverified'],
    ['another domain', verified, { domains: new Set(['other.example.com']) }, 'email_domain'],
    ['a domain of another issuer', verified, { exceptDomains: new Set(['example.com']) }, 'email_domain'],
    ['no text', { email: ['ada@example.com'], email_verified: true }, {}, 'email_invalid'],
    ['no @', { email: 'ada', email_verified: true }, {}, 'email_invalid'],
    ['nothing before the @', { email: '@example.com', email_verified: true }, {}, 'email_invalid'],
    ['nothing after the @', { email: 'ada@', email_verified: true }, {}, 'email_invalid'],
    ['a blank', { email: 'ada lovelace@example.com', email_verified: true }, {}, 'email_invalid'],
    ['a control character', { email: 'ada\u0000@example.com', email_verified: true }, {}, 'email_invalid'],
  ])('refused: %s', (_name, claims, change, refused) => {
    expect(readEmail(rulesWith(change), claims as Record<string, unknown>)).toEqual({ refused });
  });

  test.each([
    ['a member by its whole name comes first', { 'a.b': 1, a: { b: 2 } }, 'a.b', 1],
    ['a member of a member', { a: { b: { c: 3 } } }, 'a.b.c', 3],
    ['a member whose name has a dot, further in', { a: { 'b.c': 4 } }, 'a.b.c', 4],
    ['nothing', { a: 1 }, 'a.b', undefined],
    ['an inherited member', {}, 'constructor', undefined],
  ])('a claim at a path: %s', (_name, claims, path, want) => {
    expect(claimAt(claims as Record<string, unknown>, path)).toBe(want);
  });
});

describe('the roles of a token', () => {
  const rules = (roles: Roles) => rulesOf({ issuer: 'https://id.example.com', roles }).roles;
  const map = { ops: ['admin'], dev: ['developer', 'viewer'], 'Data Reader': ['viewer'] };

  it.each<[string, Record<string, unknown>, Roles, string[], string[]]>([
    ['a list', { roles: ['admin', 'viewer'] }, { claim: 'roles' }, ['admin', 'viewer'], []],
    ['one name', { roles: 'admin' }, { claim: 'roles' }, ['admin'], []],
    ['a text with blanks', { roles: 'admin  viewer' }, { claim: 'roles' }, ['admin', 'viewer'], []],
    ['a text with commas', { roles: 'admin, viewer' }, { claim: 'roles' }, ['admin', 'viewer'], []],
    ['a text that the map has as it is', { roles: 'Data Reader' }, { claim: 'roles', map }, ['viewer'], []],
    ['an object', { roles: { admin: { '1': 'x' } } }, { claim: 'roles' }, ['admin'], []],
    [
      'objects in a list',
      { roles: [{ name: 'admin' }, { value: 'viewer' }] },
      { claim: 'roles' },
      ['admin', 'viewer'],
      [],
    ],
    ['a claim named by a URL', { 'https://x/roles': ['viewer'] }, { claim: 'https://x/roles' }, ['viewer'], []],
    ['a nested claim', { realm: { roles: ['viewer'] } }, { claim: 'realm.roles' }, ['viewer'], []],
    ['two claims', { a: 'admin', b: 'viewer' }, { claim: ['a', 'b'] }, ['admin', 'viewer'], []],
    ['mapped', { groups: ['ops', 'dev', 'ops'] }, { claim: 'groups', map }, ['admin', 'developer', 'viewer'], []],
    ['a value that is not mapped', { groups: ['admin'] }, { claim: 'groups', map }, [], ['admin']],
    ['a role that is not in the config', { roles: ['root', 'viewer'] }, { claim: 'roles' }, ['viewer'], ['root']],
    [
      'a value named as every object has one',
      { groups: ['constructor'] },
      { claim: 'groups', map },
      [],
      ['constructor'],
    ],
    ['a claim named as every object has one', {}, { claim: 'constructor.name' }, [], []],
    ['no names', { roles: [1, null, { admin: true }] }, { claim: 'roles' }, [], []],
    ['absent', {}, { claim: 'roles' }, [], []],
    ['a path through a text', { realm: 'x' }, { claim: 'realm.roles' }, [], []],
    ['an empty name', { roles: [''] }, { claim: 'roles' }, [], []],
    ['no claim configured', { roles: ['admin'] }, {}, [], []],
  ])('roles: %s', (_name, claims, entry, roles, dropped) => {
    expect(readRoles(rules(entry), claims)).toEqual({ roles, dropped });
  });

  describe('claimAt', () => {
    it('finds keys with dots in them', () => {
      const claims = { resource_access: { 'my.app': { roles: ['x'] }, my: { app: {} } }, 'a.b': 1 };
      expect(claimAt(claims, 'resource_access.my.app.roles')).toEqual(['x']);
      expect(claimAt(claims, 'a.b')).toBe(1);
      expect(claimAt(claims, '__proto__.x')).toBeUndefined();
    });
  });

  it('says that groups are elsewhere', () => {
    const groups = rules({ claim: 'groups' });
    expect(hasGroupsOverage(groups, { _claim_names: { groups: 'src1' } })).toBe(true);
    expect(hasGroupsOverage(groups, { hasgroups: true })).toBe(true);
    expect(hasGroupsOverage(groups, { groups: [], _claim_names: { groups: 'src1' } })).toBe(false);
    expect(hasGroupsOverage(rules({ claim: 'roles' }), { _claim_names: { groups: 'src1' } })).toBe(false);
  });
});
