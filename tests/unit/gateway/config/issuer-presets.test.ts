import { describe, expect, test } from 'vitest';
import { issuer } from '../../../../gateway/config/issuer-presets.ts';

const microsoft = 'https://login.microsoftonline.com';

describe("a provider's entry", () => {
  test.each([
    [
      'Auth0',
      () => issuer.auth0({ domain: 't.auth0.com', client: 'c', api: 'a' }),
      { issuer: 't.auth0.com', audiences: ['c', 'a'], userinfo: true },
    ],
    [
      'Auth0 without an API',
      () => issuer.auth0({ domain: 't.auth0.com', client: 'c' }),
      { issuer: 't.auth0.com', audiences: ['c'], userinfo: true },
    ],
    [
      'Keycloak',
      () => issuer.keycloak({ realm: 'https://sso.example.com/realms/a', client: 'c' }),
      {
        ...{ issuer: 'https://sso.example.com/realms/a', audiences: ['c'] },
        roles: { claim: ['realm_access.roles', 'resource_access.c.roles'] },
      },
    ],
    [
      'Entra, one tenant',
      () => issuer.entra({ tenant: 't1', client: 'c' }),
      {
        ...{ issuer: `${microsoft}/t1/v2.0`, name: 'entra', audiences: ['c'], roles: { claim: 'roles' } },
        discoveryUrl: `${microsoft}/t1/v2.0/.well-known/openid-configuration`,
        email: { verifiedClaim: ['xms_edov', 'email_verified'] },
      },
    ],
    [
      'Entra, tokens of version 1',
      () => issuer.entra({ tenant: 't1', client: 'c', version: 1 }),
      {
        ...{
          issuer: 'https://sts.windows.net/t1/',
          name: 'entra',
          audiences: ['c', 'api://c'],
          roles: { claim: 'roles' },
        },
        discoveryUrl: `${microsoft}/t1/.well-known/openid-configuration`,
        email: { verifiedClaim: ['xms_edov', 'email_verified'] },
      },
    ],
    [
      'Entra, several tenants',
      () => issuer.entra({ tenant: ['t1', 't2'], client: 'c' }),
      {
        ...{ issuer: `${microsoft}/{tenantid}/v2.0`, name: 'entra', tenants: ['t1', 't2'], audiences: ['c'] },
        ...{ roles: { claim: 'roles' }, email: { verifiedClaim: ['xms_edov', 'email_verified'] } },
        discoveryUrl: `${microsoft}/organizations/v2.0/.well-known/openid-configuration`,
      },
    ],
    [
      'Okta',
      () => issuer.okta({ domain: 'a.okta.com', client: 'c', api: 'api' }),
      {
        issuer: 'https://a.okta.com/oauth2/default',
        audiences: ['c', 'api'],
        roles: { claim: 'groups' },
        userinfo: true,
      },
    ],
    [
      "Okta, the organization's own server",
      () => issuer.okta({ domain: 'a.okta.com', server: null, client: 'c' }),
      { issuer: 'https://a.okta.com', audiences: ['c'], roles: { claim: 'groups' }, userinfo: true },
    ],
    [
      'Cognito',
      () => issuer.cognito({ region: 'eu-west-1', pool: 'p', client: 'c' }),
      {
        ...{ issuer: 'https://cognito-idp.eu-west-1.amazonaws.com/p', name: 'cognito', audiences: ['c'] },
        ...{ audienceFallback: 'client_id', roles: { claim: 'cognito:groups' }, userinfo: true },
      },
    ],
    [
      'Google',
      () => issuer.google({ client: 'c', domain: 'example.com' }),
      {
        ...{
          issuer: 'https://accounts.google.com',
          name: 'google',
          aliases: ['accounts.google.com'],
          audiences: ['c'],
        },
        ...{ accept: ['id_token'], required: { hd: 'example.com' }, email: { domains: ['example.com'] } },
      },
    ],
    [
      'Zitadel',
      () => issuer.zitadel({ domain: 'a.zitadel.cloud', client: 'c', project: '7' }),
      {
        ...{ issuer: 'https://a.zitadel.cloud', audiences: ['c'], userinfo: true },
        roles: { claim: ['urn:zitadel:iam:org:project:7:roles', 'urn:zitadel:iam:org:project:roles'] },
      },
    ],
  ])('%s', (_name, entry, want) => {
    expect(entry()).toStrictEqual(want);
  });
});

test('what is given wins over the preset; members of roles, e-mail and required claims one by one', () => {
  const entry = issuer.google({
    ...{ client: 'c', domain: 'example.com', name: 'work', required: { org: 7 } },
    ...{ email: { trust: 'domains' }, roles: { default: ['viewer'] } },
  });
  expect(entry).toMatchObject({
    ...{ name: 'work', required: { hd: 'example.com', org: 7 }, roles: { default: ['viewer'] } },
    email: { domains: ['example.com'], trust: 'domains' },
  });
  const okta = issuer.okta({ domain: 'a.okta.com', client: 'c', roles: { claim: 'own' }, userinfo: false });
  expect(okta).toMatchObject({ roles: { claim: 'own' }, userinfo: false });
  expect(okta).not.toHaveProperty('email');
});

test("clients of Keycloak that log in for themselves are known by Keycloak's claim, unless another is given", () => {
  const of = (machines: object) =>
    issuer.keycloak({ realm: 'https://sso.example.com/realms/a', client: 'c', machines: { roles: {}, ...machines } });
  expect(of({}).machines).toEqual({ claim: 'client_id', roles: {} });
  expect(of({ claim: 'own' }).machines).toEqual({ claim: 'own', roles: {} });
});
