import { exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';

/** The algorithm that OpenID providers must support (OpenID Connect Core 1.0, section 15.1). */
const algorithm = 'RS256';

/** The keys of the development issuer. */
export interface SigningKeys {
  /** Signs with the newest key. `header` overrides `alg` and `kid`, which is how tests lie. */
  sign(claims: Readonly<Record<string, unknown>>, header: Readonly<Record<string, unknown>>): Promise<string>;
  publicKeys(): readonly JWK[];
  /**
   * Signs with a new key from now on; the old one stays published unless it is forgotten, as providers do while tokens
   * that it signed are valid.
   */
  rotate(forgetOld: boolean): Promise<void>;
}

/** Makes a pair of keys; tests give out pairs that were made before, since making one takes its time. */
export type MakeKeyPair = (algorithm: string) => Promise<CryptoKeyPair>;

/** With a first key. Each key has a random `kid`, by which verifiers find it in the set (RFC 7517, section 4.5). */
export async function createSigningKeys(makeKeyPair: MakeKeyPair = generateKeyPair): Promise<SigningKeys> {
  let current = await createKey(makeKeyPair);
  let published: readonly JWK[] = [current.jwk];
  return {
    sign: (claims, header) =>
      new SignJWT({ ...claims })
        .setProtectedHeader({ alg: algorithm, typ: 'JWT', kid: current.kid, ...header })
        .sign(current.privateKey),
    publicKeys: () => published,
    async rotate(forgetOld) {
      current = await createKey(makeKeyPair);
      published = forgetOld ? [current.jwk] : [current.jwk, ...published];
    },
  };
}

async function createKey(makeKeyPair: MakeKeyPair) {
  const kid = crypto.randomUUID();
  const { publicKey, privateKey } = await makeKeyPair(algorithm);
  const jwk: JWK = { ...(await exportJWK(publicKey)), kid, alg: algorithm, use: 'sig' };
  return { kid, privateKey, jwk };
}
