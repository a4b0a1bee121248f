import { decodeJwt } from 'jose';
import { describe, expect, it } from 'vitest';
import type { IssuerEntry } from '../../../../../core/identity/issuer-entry.ts';
import type { Identity } from '../../../../../core/ports.ts';
import { tokenForNoetl } from '../../../../../server/auth/login/noetl-token.ts';
import { identityWith, tokenWith } from '../../../../support/identity-of.ts';
import { rulesOf } from '../../../../support/issuer-rules.ts';

const now = Date.UTC(2026, 10, 25);
const email = 'ada@example.com';

function forNoetl(token: string, change: Partial<Identity> = {}, entry: Partial<IssuerEntry> = {}) {
  const who = identityWith({ issuer: 'https://tenant.example.com/', subject: 'auth0|1', email, ...change });
  const rules = { ...rulesOf({ issuer: who.issuer, ...entry }) };
  return tokenForNoetl(token, who, rules, now);
}

describe('the token that NoETL reads', () => {
  it("is the provider's, when it has what NoETL looks for", () => {
    const token = tokenWith({ email });
    expect(forNoetl(token)).toEqual({ token, domain: 'tenant.example.com' });
  });

  it('is the one that came, in shadow mode, whatever it is', () => {
    const token = tokenWith({ sub: 'x' });
    expect(forNoetl(token, { unverified: true }, { subjects: 'qualified' })).toEqual({
      token,
      domain: 'tenant.example.com',
    });
  });

  it.each<[string, string, Partial<Identity>, Partial<IssuerEntry>]>([
    ['without an e-mail', tokenWith({}), {}, {}],
    ['with another e-mail', tokenWith({ email: 'eve@example.com' }), {}, {}],
    ['with an e-mail that may not be used', tokenWith({ email: 'eve@example.com' }), { email: undefined }, {}],
    ['of an issuer with a path', tokenWith({ email }), { issuer: 'https://sso.example.com/realms/a' }, {}],
    ['of an issuer without its slash', tokenWith({ email }), { issuer: 'https://tenant.example.com' }, {}],
    ['of another issuer than the first', tokenWith({ email }), {}, { subjects: 'qualified' }],
    ['that is long', tokenWith({ email, groups: 'x'.repeat(4_000) }), {}, {}],
    ['that is opaque', 'opaque', { kind: 'opaque' }, {}],
  ])('is made here for one %s', (_name, token, change, entry) => {
    const made = forNoetl(token, change, entry);
    expect(made.token).not.toBe(token);
    expect(decodeJwt(made.token)).toMatchObject({ iss: `https://${made.domain}/`, exp: now / 1000 + 300 });
    expect(decodeJwt(made.token)['email']).toBe('email' in change ? change.email : email);
  });

  it('names the realm, and a user of another issuer by both', () => {
    const change = { issuer: 'https://sso.example.com/realms/a', subject: 'auth0|1', name: 'Ada' };
    const { token, domain } = forNoetl(tokenWith({ email }), change, { subjects: 'qualified' });
    expect(domain).toBe('sso.example.com/realms/a');
    expect(decodeJwt(token)).toMatchObject({ sub: 'https://sso.example.com/realms/a#auth0|1', name: 'Ada' });
  });

  it('has a subject that fits into NoETL’s table', () => {
    const { token } = forNoetl('x', { kind: 'opaque', subject: 's'.repeat(250) }, { subjects: 'qualified' });
    expect(decodeJwt(token).sub).toMatch(/^sha256#[0-9a-f]{64}$/);
  });
});
