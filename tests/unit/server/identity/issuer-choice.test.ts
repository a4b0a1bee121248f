import { describe, expect, it } from 'vitest';
import { issuersNamedBy } from '../../../../server/identity/issuer-choice.ts';
import { discoveryUrl, isSameIssuer, parseIssuerUrl } from '../../../../server/identity/issuer-url.ts';
import { rulesOf } from '../../../support/issuer-rules.ts';

const tenant = 'https://tenant.example.com/';
const local = 'http://127.0.0.1:9000/';
const realms = ['https://id.example.com/realms/a', 'https://id.example.com/realms/b'];

describe('issuersOf', () => {
  it.each([
    ['the host', 'tenant.example.com', [tenant]],
    ['any case', 'Tenant.Example.com', [tenant]],
    ['a URL', 'https://tenant.example.com', [tenant]],
    ['host and port', '127.0.0.1:9000', [local]],
    ['two of one host', 'id.example.com', realms],
    ['no domain', undefined, [tenant, local, ...realms]],
    ['an empty domain', '', [tenant, local, ...realms]],
    ['the host without its port', '127.0.0.1', []],
    ['another port', 'tenant.example.com:8443', []],
    ['another host', 'evil.example.com', []],
    ['a longer host', 'tenant.example.com.evil.example', []],
    ['a host with credentials before', 'https://tenant.example.com@evil.example/', []],
    ['a path', 'tenant.example.com/x', []],
    ['a host with its slash', 'tenant.example.com/', [tenant]],
    ['the port that https has anyway', 'tenant.example.com:443', [tenant]],
    ['a realm', 'id.example.com/realms/b', realms.slice(1)],
    ['a realm as a URL', 'https://id.example.com/realms/a/', realms.slice(0, 1)],
    ['a folder of realms', 'id.example.com/realms', realms],
    ['the beginning of a realm', 'id.example.com/realms/', realms],
    ['a realm that another begins with', 'id.example.com/realms/aa', []],
    ['nonsense', '://', []],
  ])('%s', (_name, domain, want) => {
    const trusted = [tenant, local, ...realms].map((issuer) => rulesOf({ issuer }));
    expect(issuersNamedBy(trusted, domain).map(({ issuer }) => issuer)).toEqual(want);
  });
});

describe('parseIssuerUrl', () => {
  it.each([
    ['https', 'https://keys.example.com/jwks', tenant, true],
    ['http on loopback, issuer on loopback', 'http://127.0.0.1:9000/jwks', local, true],
    ['http on localhost', 'http://localhost:9000/jwks', local, true],
    ['http on IPv6 loopback', 'http://[::1]:9000/jwks', local, true],
    ['http elsewhere on loopback', 'http://127.10.20.30/jwks', local, true],
    ['a host that ends like loopback', 'http://evil127.0.0.1/jwks', local, false],
    ['another protocol on loopback', 'ftp://127.0.0.1/jwks', local, false],
    ['a user name', 'https://a@keys.example.com/jwks', tenant, false],
    ['a password', 'https://:b@keys.example.com/jwks', tenant, false],
    ['http on loopback, issuer elsewhere', 'http://127.0.0.1:9000/jwks', tenant, false],
    ['http elsewhere', 'http://tenant.example.com/jwks', tenant, false],
    ['http elsewhere, issuer on loopback', 'http://10.0.0.1/jwks', local, false],
    [
      'http at the same address in the cluster',
      'http://keycloak.sso.svc:8080/jwks',
      'http://keycloak.sso.svc:8080/x',
      true,
    ],
    [
      'http at another address in the cluster',
      'http://other.sso.svc:8080/jwks',
      'http://keycloak.sso.svc:8080/x',
      false,
    ],
    ['a host that begins like loopback', 'http://127.0.0.1.example.com/jwks', local, false],
    ['credentials', 'https://a:b@keys.example.com/jwks', tenant, false],
    ['a file', 'file:///etc/passwd', tenant, false],
    ['no text', 7, tenant, false],
    ['no URL', 'jwks', tenant, false],
  ])('%s', (_name, text, issuer, want) => {
    expect(parseIssuerUrl(text, issuer) !== undefined).toBe(want);
  });
});

it('finds the discovery document with and without the slash, and below a path', () => {
  expect(discoveryUrl(tenant)).toBe('https://tenant.example.com/.well-known/openid-configuration');
  expect(discoveryUrl('https://id.example.com/realms/a')).toBe(
    'https://id.example.com/realms/a/.well-known/openid-configuration',
  );
});

it('compares issuers but for the slash at the end', () => {
  expect(isSameIssuer('https://a.example', 'https://a.example/')).toBe(true);
  expect(isSameIssuer('https://a.example/x', 'https://a.example/X')).toBe(false);
});
