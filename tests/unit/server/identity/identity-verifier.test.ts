import { createPublicKey } from 'node:crypto';
import { type JWK, SignJWT, UnsecuredJWT } from 'jose';
import { describe, expect, it } from 'vitest';
import type { TokenOverrides } from '../../../../dev/issuer/dev-issuer.ts';
import { domainOf, useIssuer } from '../../../support/identity-fixture.ts';

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
