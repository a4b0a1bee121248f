import { type CompactJWSHeaderParameters, type CryptoKey, importJWK, type JWK } from 'jose';
import { isClaims } from '../../core/identity/claim-path.ts';
import { isSameIssuer } from './issuer-url.ts';

/** Keys of one issuer by which signatures are checked. */
export interface KeySet {
  readonly size: number;
  /**
   * Keys that a token of this header may be signed with; several only when `kid` does not decide it.
   * @throws when there is one and it cannot be used, for example because it is too short.
   */
  keysFor(header: CompactJWSHeaderParameters, issuer: string): Promise<readonly CryptoKey[]>;
}

interface KnownKey {
  readonly jwk: JWK;
  readonly imported: Map<string, Promise<CryptoKey | undefined>>;
}

/** A token without a key id is tried against so many keys. */
const triedAtMost = 8;
const keysAtMost = 64;

const keyTypes: readonly (readonly [algorithm: RegExp, kty: string, curve?: string])[] = [
  [/^(?:RS|PS)\d{3}$/, 'RSA'],
  [/^ES256$/, 'EC', 'P-256'],
  [/^ES384$/, 'EC', 'P-384'],
  [/^ES512$/, 'EC', 'P-521'],
  [/^(?:EdDSA|Ed25519)$/, 'OKP', 'Ed25519'],
];

/**
 * Reads a JWK Set (RFC 7517). Members that are not keys for signatures, or are of an unknown kind, are left out, as the
 * standard wants; one bad key does not make the others unusable.
 * @returns undefined: it is not a JWK Set, or has no key that a signature can be checked with.
 */
export function readKeySet(document: unknown): KeySet | undefined {
  if (!isClaims(document) || !Array.isArray(document['keys'])) return undefined;
  const keys = document['keys']
    .filter(isSignatureKey)
    .slice(0, keysAtMost)
    .map((jwk): KnownKey => ({ jwk, imported: new Map() }));
  if (keys.length === 0) return undefined;
  return {
    size: keys.length,
    async keysFor({ alg, kid }, issuer) {
      const fitting = keys.filter(({ jwk }) => fits(jwk, alg) && isOf(jwk, issuer));
      const meant = named(fitting, kid);
      const found = (await Promise.all(meant.map((key) => importOnce(key, alg)))).filter((key) => key !== undefined);
      if (meant.length > 0 && found.length === 0) throw new Error('the key that a token names cannot be used');
      return found;
    },
  };
}

/** Keys without an id may be meant by any; an id that a key has must be the token's. */
function named(keys: readonly KnownKey[], kid: string | undefined): readonly KnownKey[] {
  const same = kid === undefined ? keys : keys.filter(({ jwk }) => jwk.kid === kid);
  const meant = same.length > 0 ? same : keys.filter(({ jwk }) => jwk.kid === undefined);
  return meant.slice(0, triedAtMost);
}

function isSignatureKey(value: unknown): value is JWK {
  if (!isClaims(value)) return false;
  const { kty, use, key_ops: operations, kid } = value;
  if (kid !== undefined && typeof kid !== 'string') return false;
  const isForUse = use === undefined || use === 'sig';
  const isForVerification = !Array.isArray(operations) || operations.includes('verify');
  return isForUse && isForVerification && keyTypes.some(([, type]) => type === kty);
}

function fits(jwk: JWK, alg: string): boolean {
  const [, kty, curve] = keyTypes.find(([algorithm]) => algorithm.test(alg)) ?? [];
  if (jwk.kty !== kty || (curve !== undefined && jwk.crv !== curve)) return false;
  return jwk.alg === undefined || plainName(jwk.alg) === plainName(alg);
}

/** RFC 9864: `Ed25519` is what `EdDSA` with that curve was called before. */
const plainName = (alg: string): string => (alg === 'EdDSA' ? 'Ed25519' : alg);

/** Entra names in each key the issuer whose tokens it signs; a key of one tenant must not sign for another. */
function isOf(jwk: JWK, issuer: string): boolean {
  const owner = (jwk as Readonly<Record<string, unknown>>)['issuer'];
  if (typeof owner !== 'string') return true;
  const [head = '', tail] = owner.split('{tenantid}');
  return tail === undefined ? isSameIssuer(owner, issuer) : issuer.startsWith(head) && issuer.endsWith(tail);
}

/** A key that cannot be imported, for example one that is too short, counts as missing. */
function importOnce({ jwk, imported }: KnownKey, alg: string): Promise<CryptoKey | undefined> {
  const known = imported.get(alg);
  if (known !== undefined) return known;
  const begun = importJWK(publicPart(jwk), alg).then(
    (key) => (key instanceof Uint8Array || isTooShort(key) ? undefined : key),
    () => undefined,
  );
  imported.set(alg, begun);
  return begun;
}

/** RFC 7518, section 3.3. */
const isTooShort = ({ algorithm }: CryptoKey): boolean =>
  'modulusLength' in algorithm && Number(algorithm.modulusLength) < 2048;

/** Only the members of a public key: `ext`, `key_ops` and private members are left out. */
function publicPart({ kty, n, e, crv, x, y }: JWK): JWK {
  return Object.fromEntries(Object.entries({ kty, n, e, crv, x, y }).filter(([, value]) => value !== undefined)) as JWK;
}
