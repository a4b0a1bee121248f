import { generateKeyPairSync } from 'node:crypto';
import type { JWK } from 'jose';
import { describe, expect, it } from 'vitest';
import { readKeySet } from '../../../../server/identity/key-set.ts';
import { createProvider, type ProviderOptions } from '../../../support/provider-world.ts';

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

it('tries a bounded number of keys', async () => {
  const keys = Array.from({ length: 40 }, () => other);
  expect(await readKeySet({ keys })?.keysFor({ alg: 'RS256' }, name)).toHaveLength(8);
});
