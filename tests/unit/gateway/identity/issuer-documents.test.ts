import { generateKeyPairSync } from 'node:crypto';
import type { JWK } from 'jose';
import { describe, expect, it } from 'vitest';
import { documentsTiming, keysNamed, signatureKeys } from '../../../../gateway/identity/issuer-documents.ts';
import { discovery, domainOf, jwks, useIssuer } from '../../../support/identity-fixture.ts';
import { createProvider, type ProviderOptions } from '../../../support/provider-world.ts';

const world = useIssuer();

/** The issuer publishes these keys beside its own. */
const withKeys = (...more: readonly object[]) => ({
  change: (document: Readonly<Record<string, unknown>>) =>
    Array.isArray(document['keys']) ? { ...document, keys: [...document['keys'], ...more] } : document,
});

describe('which issuer', () => {
  it('is picked by the domain among trusted ones, and never added', async () => {
    const other = await world.openIssuer();
    const untrusted = await world.openIssuer();
    const { verify } = world.verifier({ issuers: [world.issuer, other].map(({ issuer }) => ({ issuer })) });
    expect(await verify(await other.token('ada'), domainOf(other))).toHaveProperty('identity');
    expect(await verify(await other.token('ada'), undefined)).toHaveProperty('identity');
    expect(await verify(await other.token('ada'), domainOf(world.issuer))).toHaveProperty('rejected');
    expect(await verify(await untrusted.token('ada'), domainOf(untrusted))).toHaveProperty('rejected');
    expect(await verify(await untrusted.token('ada'), undefined)).toHaveProperty('rejected');
    expect(await verify(await untrusted.token('ada'), domainOf(world.issuer))).toHaveProperty('rejected');
    expect(untrusted.requests).toEqual({});
    expect(world.issuer.requests).toEqual({});
  });

  it('must name itself in its discovery document', async () => {
    world.issuer.misbehave({ change: (document) => ({ ...document, issuer: 'https://evil.example.com/' }) });
    const { verify, outcomes } = world.verifier();
    await expect(verify(await world.issuer.token('ada'), undefined)).rejects.toMatchObject({
      code: 'ERR_AUTH_UNAVAILABLE',
    });
    expect(outcomes()).toEqual(['jwks_unavailable']);
  });

  it('is failure apart from others of its host by the token', async () => {
    const realms = [`${world.issuer.issuer}realms/a`, `${world.issuer.issuer}realms/b`];
    const seen: string[] = [];
    const { verify } = world.verifier({
      issuers: realms.map((issuer) => ({ issuer })),
      fetch: async (url, init) => {
        seen.push(url);
        return fetch(url, init);
      },
    });
    const token = await world.issuer.token('ada', { claims: { iss: realms[1] } });
    await expect(verify(token, domainOf(world.issuer))).rejects.toMatchObject({ status: 503 });
    expect(seen).toEqual([`${realms[1]}/.well-known/openid-configuration`]);
  });

  it.each([
    ['is missing', '/.well-known/openid-configuration', new Response('{}', { status: 404 })],
    ['is no object', '/.well-known/openid-configuration', new Response('[]')],
    ['is no JSON', '/.well-known/openid-configuration', new Response('<html>')],
    ['has keys that are missing', '/.well-known/jwks.json', new Response('{"keys": []}', { status: 500 })],
    ['has invalid keys', '/.well-known/jwks.json', new Response('{"keys": 1}')],
  ])('cannot be asked when its document %s: 503', async (_name, path, response) => {
    const { verify } = world.verifier({
      fetch: async (url, init) => (url.endsWith(path) ? response : fetch(url, init)),
    });
    const failure = await verify(await world.issuer.token('ada'), undefined).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'ERR_AUTH_UNAVAILABLE' });
    expect(String((failure as Error).message)).not.toContain(world.issuer.issuer);
  });

  it.each([
    ['redirects', () => ({ redirectTo: `${world.issuer.issuer}elsewhere` })],
    ['sends too much', () => ({ change: (document: object) => ({ ...document, padding: 'x'.repeat(300_000) }) })],
    [
      'has its keys at an address of another kind',
      () => ({ change: (document: object) => ({ ...document, jwks_uri: 'http://keys.example.com/jwks' }) }),
    ],
    ['is down', () => ({ down: true })],
  ])('cannot be asked when it %s: 503, not 401', async (_name, how) => {
    world.issuer.misbehave(how());
    const { verify } = world.verifier();
    await expect(verify(await world.issuer.token('ada'), undefined)).rejects.toMatchObject({ status: 503 });
    expect(world.issuer.requests).not.toHaveProperty('/elsewhere');
  });

  it('cannot be asked when it is slow: 503, in time', async () => {
    // Longer than the test may take.
    world.issuer.misbehave({ slowMs: 30_000 });
    const { verify } = world.verifier({ timing: { ...documentsTiming, timeoutMs: 50 } });
    await expect(verify(await world.issuer.token('ada'), undefined)).rejects.toMatchObject({ status: 503 });
  });

  it('cannot be believed with a key that is too weak: 503', async () => {
    const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 1024 });
    world.issuer.misbehave(withKeys({ ...publicKey.export({ format: 'jwk' }), kid: 'weak' }));
    const token = await world.issuer.token('ada', { header: { kid: 'weak' } });
    await expect(world.verifier().verify(token, undefined)).rejects.toMatchObject({ code: 'ERR_AUTH_UNAVAILABLE' });
  });

  it('may have other keys in its set', async () => {
    world.issuer.misbehave(withKeys({ kty: 'oct', kid: 'x', k: 'c2VjcmV0' }, { kty: 'RSA', use: 'enc', kid: 'y' }));
    expect(await world.verifier().verify(await world.issuer.token('ada'), undefined)).toHaveProperty('identity');
  });
});

describe('keys', () => {
  it('rotate without a restart', async () => {
    const { verify } = world.verifier();
    const old = await world.issuer.token('ada');
    expect(await verify(old, undefined)).toHaveProperty('identity');
    await world.issuer.rotate({ forget: true });
    expect(await verify(await world.issuer.token('ada'), undefined)).toHaveProperty('identity');
    expect(await verify(old, undefined)).toHaveProperty('rejected');
  });

  it('that are unknown do not flood the issuer', async () => {
    const { verify } = world.verifier();
    await verify(await world.issuer.token('ada'), undefined);
    const flood = await Promise.all(
      Array.from({ length: 200 }, (_, i) => world.issuer.token('ada', { header: { kid: `kid-${i}` } })),
    );
    await Promise.all(flood.slice(0, 100).map((token) => verify(token, undefined)));
    for (const token of flood.slice(100)) await verify(token, undefined);
    expect(world.issuer.requests[jwks]).toBeLessThanOrEqual(1 + documentsTiming.extraLoads);
    expect(world.issuer.requests[discovery]).toBeLessThanOrEqual(1 + documentsTiming.extraLoads);
  });

  it('last known serve while the issuer is down, then it is 503 and not 401', async () => {
    const { verify, outcomes } = world.verifier();
    await verify(await world.issuer.token('ada'), undefined);
    world.issuer.misbehave({ down: true });
    world.clock.advance(documentsTiming.freshMs + 1);
    expect(await verify(await world.issuer.token('ada'), undefined)).toHaveProperty('identity');
    await expect(verify(await world.issuer.token('ada', { header: { kid: 'new' } }), undefined)).rejects.toMatchObject({
      status: 503,
    });
    world.clock.advance(documentsTiming.staleMs);
    await expect(verify(await world.issuer.token('ada'), undefined)).rejects.toMatchObject({ status: 503 });
    world.issuer.misbehave({});
    world.clock.advance(documentsTiming.retryStaleMs);
    expect(await verify(await world.issuer.token('ada'), undefined)).toHaveProperty('identity');
    expect(outcomes()).toEqual(['success', 'success', 'jwks_unavailable', 'jwks_unavailable', 'success']);
  });
});

describe('keys of a set', () => {
  const name = 'https://id.example.com';
  const claims = { aud: 'app', sub: 'ada' };
  const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const other = publicKey.export({ format: 'jwk' }) as JWK;

  async function verify(options: ProviderOptions, header: Record<string, unknown> = {}) {
    const provider = await createProvider(name, options);
    return provider.verifier({ issuer: name }).verify(await provider.sign(claims, header), undefined);
  }

  describe('a token is verified', () => {
    it.each(['RS256', 'PS256', 'ES256', 'ES384', 'EdDSA', 'Ed25519'])('by %s', async (algorithm) => {
      expect(await verify({ algorithm })).toHaveProperty('identity');
    });

    it.each<[string, ProviderOptions, Record<string, unknown>]>([
      ['the key has no id', { jwk: { kid: undefined } }, {}],
      ['neither has an id', { jwk: { kid: undefined } }, { kid: undefined }],
      ['the token has no id', {}, { kid: undefined }],
      [
        'several keys could be meant',
        { keySet: (key) => ({ keys: [{ ...other, kid: 'two' }, key] }) },
        { kid: undefined },
      ],
      ['two keys have one id', { keySet: (key) => ({ keys: [{ ...other, kid: 'one' }, key] }) }, {}],
      [
        'a key for encryption has its id',
        { keySet: (key) => ({ keys: [{ ...other, kid: 'one', use: 'enc' }, key] }) },
        {},
      ],
      [
        'there are other members',
        { keySet: (key) => ({ keys: [null, 7, { kty: 'AKP', kid: 'one' }, { kty: 'oct' }, key] }) },
        {},
      ],
      ['the key says EdDSA and the token Ed25519', { algorithm: 'Ed25519', jwk: { alg: 'EdDSA' } }, {}],
      ['the key says Ed25519 and the token EdDSA', { algorithm: 'EdDSA', jwk: { alg: 'Ed25519' } }, {}],
    ])('when %s', async (_name, options, header) => {
      expect(await verify(options, header)).toHaveProperty('identity');
    });

    it.each<[string, ProviderOptions]>([
      ['another algorithm', { jwk: { alg: 'PS256' } }],
      ['another id', { jwk: { kid: 'two' } }],
      ['other operations', { keySet: (key) => ({ keys: [{ ...key, key_ops: ['encrypt'] }, other] }), jwk: {} }],
    ])('but not by a key of %s', async (_name, options) => {
      expect(await verify(options)).toHaveProperty('rejected');
    });

    it.each([
      ['no set', {}],
      ['no keys', { keys: [] }],
      ['keys for other things', { keys: [{ kty: 'oct' }, { ...other, use: 'enc' }] }],
    ])('and it cannot be found out when the provider publishes %s', async (_name, keySet) => {
      await expect(verify({ keySet: () => keySet })).rejects.toMatchObject({ code: 'ERR_AUTH_UNAVAILABLE' });
    });
  });

  it('tries a bounded number of keys', () => {
    const keys = Array.from({ length: 40 }, () => other);
    expect(keysNamed(signatureKeys({ keys }), { alg: 'RS256' }, name)).toHaveLength(8);
  });
});
