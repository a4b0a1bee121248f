import { describe, expect, it } from 'vitest';
import { env } from '../../../../gateway/config/environment.ts';
import { issuer } from '../../../../gateway/config/issuer-presets.ts';
import type { IssuerEntry } from '../../../../gateway/config/issuers.ts';
import { resolved, rulesOf } from '../../../support/issuer-rules.ts';

const one = { issuer: 'https://id.example.com/' };
const problemOf = (entry: IssuerEntry) => resolved([entry]).problems.join();

describe('an entry that no token can match is refused, with the reason', () => {
  it.each<[string, IssuerEntry, string]>([
    ['Entra common', { issuer: 'https://login.microsoftonline.com/common/v2.0' }, "Entra writes the tenant's id"],
    ['a template without tenants', { issuer: 'https://login.microsoftonline.com/{tenantid}/v2.0' }, 'name the tenants'],
    ['a tenant by its name', issuer.entra({ tenant: ['contoso.example'], client: 'app' }), 'directory id'],
    ['tenants without a template', { ...one, tenants: ['x'] }, 'no {tenantid}'],
    ['another placeholder', { issuer: 'https://id.example.com/{realm}' }, 'placeholder'],
    ['capitals', { issuer: 'https://ID.example.com/' }, 'capitals'],
    ['two slashes', { issuer: 'https://id.example.com//' }, 'two slashes'],
    ['http', { issuer: 'http://id.example.com/' }, 'must be an https URL'],
    ['no audience', { ...one, audiences: [] }, 'audiences: is required'],
    ['a domain trust without domains', { ...one, email: { trust: 'domains' } }, 'needs the domains'],
    ['every domain trusted without a word', { ...one, email: { trust: 'domains', domains: '*' } }, 'needs the domains'],
    ['a role that the config does not have', { ...one, roles: { map: { x: ['root'] } } }, 'root is not a role'],
    ['a default role that it does not have', { ...one, roles: { default: ['root'] } }, 'root is not a role'],
    ['a machine role', { ...one, machines: { roles: { x: ['root'] } } }, 'root is not a role'],
    [
      'a return address with a fragment',
      { ...one, browser: { clientId: 'a', returnTo: 'https://a.example/#x' } },
      'fragment',
    ],
    ['no return address', { ...one, browser: { clientId: 'a', returnTo: [] } }, 'returnTo'],
    [
      'a secret that is missing',
      { ...one, introspection: { clientId: 'a', clientSecret: env('NO_SECRET') } },
      'NO_SECRET',
    ],
    ['credentials in an address', { ...one, jwksUrl: 'https://a:b@id.example.com/keys' }, 'without credentials'],
  ])('%s', (_name, entry, want) => {
    expect(problemOf(entry)).toContain(want);
  });

  it('the same issuer twice, and a name twice', () => {
    expect(resolved([one, { issuer: 'https://id.example.com', name: 'b' }]).problems.join()).toContain('already');
    expect(resolved([one, { issuer: 'https://id.example.com/realms/b' }]).problems.join()).toContain('is taken');
  });
});

describe('an entry', () => {
  it('has defaults', () => {
    expect(rulesOf(one)).toMatchObject({
      maxTokenBytes: 16_384,
      replay: 'allow',
      name: 'id.example.com',
      subjects: 'plain',
    });
    expect([...rulesOf(one).accept]).toEqual(['id_token', 'access_token']);
  });

  it('may have addresses inside the cluster by http', () => {
    const entry = {
      ...one,
      discoveryUrl: 'http://keycloak.sso.svc:8080/x',
      jwksUrl: 'http://keycloak.sso.svc:8080/keys',
    };
    expect(rulesOf(entry)).toMatchObject({ jwksUrl: 'http://keycloak.sso.svc:8080/keys' });
  });

  it('accepts Ed25519 where it accepts EdDSA: both are one signature', () => {
    expect(rulesOf({ ...one, algorithms: ['EdDSA'] }).algorithms).toEqual(['EdDSA', 'Ed25519']);
  });

  it('has the client of its browser login as an audience', () => {
    const entry = { ...one, browser: { clientId: 'web', returnTo: ['https://app.example.com/'] } };
    expect(rulesOf(entry).audiences).toContain('web');
  });
});

describe('where NoETL finds users by e-mail, several issuers', () => {
  const two = { issuer: 'https://b.example.com/' };
  const needed = { isEmailNeeded: true };
  const domainsOf = (entries: readonly IssuerEntry[], named = 0) =>
    resolved(entries, { ...needed, named }).rules.map(({ email }) => [
      email.domains && [...email.domains],
      [...email.exceptDomains],
    ]);

  it('share domains: a domain belongs to those that list it, the rest to the first', () => {
    const entries = [one, { ...two, email: { domains: ['Partner.example'] } }];
    expect(domainsOf(entries)).toEqual([
      [undefined, ['partner.example']],
      [['partner.example'], []],
    ]);
  });

  it('share domains: the rest belongs to those with a star', () => {
    const entries = [
      { ...one, email: { domains: 'a.example' } },
      { ...two, email: { domains: '*' } },
    ];
    expect(domainsOf(entries)).toEqual([
      [['a.example'], []],
      [undefined, ['a.example']],
    ]);
  });

  it('must say what they may vouch for', () => {
    expect(resolved([one, two], needed).problems).toEqual([
      expect.stringContaining('auth.issuers[1]: may vouch for no'),
    ]);
    expect(resolved([one, { ...two, email: { trust: 'never' } }], needed).problems).toEqual([]);
  });

  it('named in the environment alone: only the first vouches, and users of the others cannot log in', () => {
    const { problems } = resolved([one, two], { ...needed, named: 2 });
    expect(problems).toEqual([]);
    expect(domainsOf([one, two], 2)).toEqual([
      [undefined, []],
      [[], []],
    ]);
  });

  it('are known to NoETL by issuer and subject, but for one', () => {
    const entries = [one, { ...two, email: { domains: 'b.example' } }];
    expect(resolved(entries, needed).rules.map(({ subjects }) => subjects)).toEqual(['plain', 'qualified']);
    const both = entries.map((entry) => ({ ...entry, subjects: 'plain' as const }));
    expect(resolved(both, needed).problems.join()).toContain('only one issuer');
  });
});
