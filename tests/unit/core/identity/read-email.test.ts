import { describe, expect, test } from 'vitest';
import { claimAt } from '../../../../core/identity/claim-path.ts';
import type { IssuerRules } from '../../../../core/identity/issuer-rules.ts';
import { readEmail } from '../../../../core/identity/read-email.ts';

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
    ['in the second claim, since the first is null', { email: null, user: { mail: email }, email_verified: true }, {}],
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
