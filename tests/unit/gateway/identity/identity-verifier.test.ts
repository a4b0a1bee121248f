import { createPublicKey } from 'node:crypto';
import { type JWK, SignJWT, UnsecuredJWT } from 'jose';
import { describe, expect, it } from 'vitest';
import type { TokenOverrides } from '../../../../dev/issuer.ts';
import { isSameIssuer } from '../../../../gateway/config/issuers.ts';
import { issuersNamedBy } from '../../../../gateway/identity/identity-verifier.ts';
import { parseIssuerUrl } from '../../../../gateway/identity/issuer-documents.ts';
import { domainOf, useIssuer } from '../../../support/identity-fixture.ts';
import { rulesOf } from '../../../support/issuer-rules.ts';

const world = useIssuer();

describe('what stands', () => {
  it('an ID token', async () => {
    const { verify, outcomes } = world.verifier();
    expect(await verify(await world.issuer.token('ada'), domainOf(world.issuer))).toEqual({
      identity: {
        issuer: world.issuer.issuer,
        subject: 'ada',
        email: 'ada@example.com',
        name: 'Ada',
        expiresAt: new Date((world.seconds() + 3600) * 1000),
        claims: expect.objectContaining({ sub: 'ada' }),
        kind: 'id_token',
        isMachine: false,
        roles: [],
        droppedRoles: [],
      },
      rules: expect.objectContaining({ issuer: world.issuer.issuer }),
    });
    expect(outcomes()).toEqual(['success']);
  });

  it('an access token: several audiences, no e-mail', async () => {
    const token = await world.issuer.token('bob', {
      claims: { aud: ['https://api.example.com', `${world.issuer.issuer}userinfo`], azp: 'spa', scope: 'openid' },
      header: { typ: 'at+jwt' },
    });
    expect(await world.verifier().verify(token, undefined)).toMatchObject({
      identity: { subject: 'bob', email: undefined },
    });
  });

  it('a token that says neither its kind nor when it was issued', async () => {
    const token = await world.issuer.token('ada', { claims: { iat: undefined }, header: { typ: undefined } });
    expect(await world.verifier().verify(token, undefined)).toHaveProperty('identity');
  });

  it.each([7, '', undefined])('a token whose name is %j, which is invalid', async (name) => {
    const token = await world.issuer.token('ada', { claims: { name } });
    expect(await world.verifier().verify(token, undefined)).toMatchObject({ identity: { name: undefined } });
  });

  it.each([null, ''])('a token whose e-mail is %j, which is invalid', async (email) => {
    const token = await world.issuer.token('bob', { claims: { email } });
    expect(await world.verifier().verify(token, undefined)).toMatchObject({ identity: { email: undefined } });
  });

  it.each([
    ['expired within the leeway', { exp: -59 }],
    ['valid from soon on', { nbf: 59 }],
    ['issued a little ahead', { iat: 59 }],
  ])('%s', async (_name, times) => {
    const claims = Object.fromEntries(Object.entries(times).map(([name, offset]) => [name, world.seconds() + offset]));
    expect(await world.verifier().verify(await world.issuer.token('ada', { claims }), undefined)).toHaveProperty(
      'identity',
    );
  });
});

describe('what does not', () => {
  const at = (offset: number) => world.seconds() + offset;
  const cases: [name: string, outcome: string, overrides: () => TokenOverrides][] = [
    ['another audience', 'bad_claims', () => ({ claims: { aud: 'other' } })],
    ['no audience', 'bad_claims', () => ({ claims: { aud: undefined } })],
    ['no expiry', 'bad_claims', () => ({ claims: { exp: undefined } })],
    ['expiry that is no number', 'bad_claims', () => ({ claims: { exp: '9999999999' } })],
    ['expired beyond the leeway', 'bad_claims', () => ({ claims: { exp: at(-61) } })],
    ['not valid yet', 'bad_claims', () => ({ claims: { nbf: at(62) } })],
    ['issued in the future', 'bad_claims', () => ({ claims: { iat: at(62) } })],
    ['issued at no time', 'bad_claims', () => ({ claims: { iat: '1' } })],
    ['an empty subject', 'bad_claims', () => ({ claims: { sub: '' } })],
    ['an e-mail that is no text', 'bad_claims', () => ({ claims: { email: ['ada@example.com'] } })],
    ['no subject', 'bad_claims', () => ({ claims: { sub: undefined } })],
    ['a subject that is no text', 'bad_claims', () => ({ claims: { sub: 7 } })],
    ['an untrusted issuer', 'untrusted_issuer', () => ({ claims: { iss: 'https://evil.example.com/' } })],
    ['no issuer', 'untrusted_issuer', () => ({ claims: { iss: undefined } })],
    ['a template in a claim', 'bad_claims', () => ({ claims: { name: '{{ 6*7 }}' } })],
    ['a template in a nested key', 'bad_claims', () => ({ claims: { meta: [{ '{% x %}': 1 }] } })],
    ['a template in the header', 'bad_claims', () => ({ header: { note: '{# x #}' } })],
    ['an e-mail that is not verified', 'bad_claims', () => ({ claims: { email_verified: false } })],
    ['an e-mail that no issuer confirms', 'bad_claims', () => ({ claims: { email_verified: undefined } })],
    ['an unknown key', 'unknown_kid', () => ({ header: { kid: 'other' } })],
    ['a token of another kind', 'malformed', () => ({ header: { typ: 'logout+jwt' } })],
    ['a token that is too long', 'malformed', () => ({ claims: { filler: 'x '.repeat(6_500) } })],
  ];
  it.each(cases)('%s', async (_name, outcome, overrides) => {
    const { verify, outcomes } = world.verifier({ email: 'needed' });
    expect(await verify(await world.issuer.token('ada', overrides()), undefined)).toMatchObject({
      rejected: expect.any(String),
      reason: expect.any(String),
    });
    expect(outcomes()).toEqual([outcome]);
  });

  const claims = () => ({
    iss: world.issuer.issuer,
    aud: 'app',
    sub: 'ada',
    iat: world.seconds(),
    exp: world.seconds() + 600,
  });

  it('a token without a signature', async () => {
    const { verify, outcomes } = world.verifier();
    const token = new UnsecuredJWT(claims()).encode();
    expect(await verify(token, undefined)).toHaveProperty('rejected');
    expect(await verify(`${token}eA`, undefined)).toHaveProperty('rejected');
    expect(outcomes()).toEqual(['bad_signature', 'bad_signature']);
  });

  it('a token signed with the public key as a shared secret', async () => {
    const { keys } = (await (await fetch(`${world.issuer.issuer}.well-known/jwks.json`)).json()) as { keys: [JWK] };
    const pem = createPublicKey({ key: keys[0], format: 'jwk' }).export({ type: 'spki', format: 'pem' });
    const header = { alg: 'HS256', ...(keys[0].kid !== undefined && { kid: keys[0].kid }) };
    const token = await new SignJWT(claims()).setProtectedHeader(header).sign(Buffer.from(pem));
    const { verify, outcomes } = world.verifier();
    expect(await verify(token, undefined)).toHaveProperty('rejected');
    expect(outcomes()).toEqual(['bad_signature']);
  });

  it('an algorithm that is not allowed', async () => {
    const { verify } = world.verifier({ entry: { algorithms: ['ES256'] } });
    expect(await verify(await world.issuer.token('ada'), undefined)).toMatchObject({ reason: 'algorithm_not_allowed' });
  });

  it('claims changed after signing', async () => {
    const [header, , signature] = (await world.issuer.token('bob')).split('.');
    const forged = Buffer.from(JSON.stringify({ ...claims(), sub: 'root' })).toString('base64url');
    const { verify, outcomes } = world.verifier();
    expect(await verify(`${header}.${forged}.${signature}`, undefined)).toHaveProperty('rejected');
    expect(outcomes()).toEqual(['bad_signature']);
  });

  it.each(['', 'x', 'a.b.c', '..', '.'.repeat(5), 'opaque-token'])('no JWT: %j', async (token) => {
    const { verify, outcomes } = world.verifier();
    expect(await verify(token, undefined)).toHaveProperty('rejected');
    expect(outcomes()).toEqual(['malformed']);
    expect(world.issuer.requests).toEqual({});
  });
});

describe('e-mail that is not verified', () => {
  it('is ignored where the gateway issues sessions', async () => {
    const { verify } = world.verifier();
    for (const email_verified of [false, undefined, 'no']) {
      const result = await verify(await world.issuer.token('ada', { claims: { email_verified } }), undefined);
      expect(result).toMatchObject({ identity: { subject: 'ada', email: undefined } });
    }
  });
});

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

it('compares issuers but for the slash at the end', () => {
  expect(isSameIssuer('https://a.example', 'https://a.example/')).toBe(true);
  expect(isSameIssuer('https://a.example/x', 'https://a.example/X')).toBe(false);
});

describe('shadow mode', () => {
  it('counts, and passes on what it would refuse, marked', async () => {
    const { verify, outcomes } = world.verifier({ mode: 'shadow' });
    const tokens = [
      await world.issuer.token('ada'),
      await world.issuer.token('ada', { claims: { aud: 'other' } }),
      new UnsecuredJWT({ iss: world.issuer.issuer, sub: 'ada', name: 'Ada' }).encode(),
    ];
    const marks = [];
    for (const token of tokens) {
      const result = await verify(token, undefined);
      marks.push('identity' in result && (result.identity.unverified ?? false));
    }
    expect(marks).toEqual([false, true, true]);
    expect(outcomes()).toEqual(['success', 'bad_claims', 'bad_signature']);
  });

  it('refuses from its end on', async () => {
    const forged = async (shadowUntilMs: number) => {
      const { verify } = world.verifier({ mode: 'shadow', shadowUntilMs });
      return verify(await world.issuer.token('ada', { claims: { aud: 'other' } }), undefined);
    };
    expect(await forged(Number.MAX_SAFE_INTEGER)).toMatchObject({ identity: { unverified: true } });
    expect(await forged(1)).toHaveProperty('rejected');
  });

  it('passes on while the keys are not available', async () => {
    world.issuer.misbehave({ down: true });
    const { verify, outcomes } = world.verifier({ mode: 'shadow' });
    expect(await verify(await world.issuer.token('ada'), undefined)).toMatchObject({ identity: { unverified: true } });
    expect(outcomes()).toEqual(['jwks_unavailable']);
  });

  it('names only a trusted issuer, whatever the token says', async () => {
    const { verify } = world.verifier({ mode: 'shadow' });
    const token = await world.issuer.token('ada', { claims: { iss: 'https://evil.example.com/' } });
    expect(await verify(token, undefined)).toMatchObject({
      identity: { issuer: world.issuer.issuer, unverified: true },
    });
    expect(await verify(token, 'evil.example.com')).toHaveProperty('rejected');
  });

  it('names no issuer at all when several could be meant', async () => {
    const other = await world.openIssuer();
    const { verify } = world.verifier({
      mode: 'shadow',
      issuers: [world.issuer, other].map(({ issuer }) => ({ issuer })),
    });
    const token = await world.issuer.token('ada', { claims: { iss: 'https://evil.example.com/' } });
    expect(await verify(token, undefined)).toHaveProperty('rejected');
  });

  it('lets a token without an end end now', async () => {
    const { verify } = world.verifier({ mode: 'shadow' });
    const token = await world.issuer.token('ada', { claims: { exp: undefined } });
    expect(await verify(token, undefined)).toMatchObject({ identity: { expiresAt: new Date(world.clock()) } });
  });

  it('refuses what must not reach NoETL at all', async () => {
    const { verify } = world.verifier({ mode: 'shadow' });
    for (const claims of [{ name: '{{ 7*7 }}' }, { sub: undefined }, { filler: 'x '.repeat(6_500) }]) {
      expect(await verify(await world.issuer.token('ada', { claims }), undefined)).toHaveProperty('rejected');
    }
    expect(await verify('opaque', undefined)).toHaveProperty('rejected');
  });
});
