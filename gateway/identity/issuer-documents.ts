import type { CompactJWSHeaderParameters, JWK } from 'jose';
import type { Clock } from '../../plugins/clock.ts';
import { isClaims } from '../config/identity/claims.ts';
import { type IssuerRules, isSameIssuer, withoutSlash } from '../config/identity/issuer-rules.ts';
import { createCachedDocument, type KeptTiming, keptTiming } from './cached-document.ts';
import {
  askIssuer,
  type Fetch,
  issuerTimeoutMs,
  issuerUnavailable,
  newerThanKeys,
  readTooOften,
  unavailableFor,
} from './issuer-request.ts';

/** `timeoutMs`: for the issuer's two documents together. */
export type DocumentsTiming = KeptTiming & { readonly timeoutMs: number };
export const documentsTiming: DocumentsTiming = { ...keptTiming, timeoutMs: issuerTimeoutMs };

/** Clocks of issuers and of the gateway may differ by this. */
const leewayMs = 60_000;

type Endpoint =
  | 'authorization_endpoint'
  | 'token_endpoint'
  | 'userinfo_endpoint'
  | 'introspection_endpoint'
  | 'end_session_endpoint';

/** The discovery document and the keys of one trusted issuer. */
export interface IssuerDocuments {
  /**
   * The public keys that a token's header names. A key that is not known is looked for at the issuer, but not for every token.
   * @param issuedAt `iat` of the token, not verified, seconds
   * @returns an empty list: the issuer has no such key.
   * @throws ERR_AUTH_UNAVAILABLE when that could not be found out, or the token is newer than the keys that were read: the issuer
   * may have changed its keys since.
   */
  keysFor(header: CompactJWSHeaderParameters, issuer: string, issuedAt: unknown): Promise<readonly JWK[]>;
  /** @throws ERR_AUTH_UNAVAILABLE when it cannot be read, or the issuer has no such endpoint. */
  endpoint(name: Endpoint): Promise<URL>;
  /** The discovery document; its addresses are not checked. @throws ERR_AUTH_UNAVAILABLE */
  metadata(): Promise<Readonly<Record<string, unknown>>>;
  /** Keys that the issuer publishes. @throws ERR_AUTH_UNAVAILABLE with the reason as cause. */
  keyCount(): Promise<number>;
}

/**
 * Reads the discovery document (OpenID Connect Discovery 1.0) and the JWK Set, or the latter alone where the entry has
 * its address. Both are renewed together beside the requests, before they are ten minutes old, and when a token names an
 * unknown key. While the issuer is down the last ones are used for an hour.
 */
export function createIssuerDocuments(
  rules: IssuerRules,
  fetch: Fetch,
  clock: Clock,
  timing: DocumentsTiming = documentsTiming,
): IssuerDocuments {
  const { issuer } = rules;
  const kept = createCachedDocument({
    load: () => load(rules, fetch, timing.timeoutMs),
    unavailable: (failure, retryMs) => unavailableFor(failure ?? issuerUnavailable(issuer, readTooOften), retryMs),
    clock,
    timing,
  });
  return {
    // A key that is not known can be a new one: providers rotate keys without notice.
    async keysFor(header, name, issuedAt) {
      const known = keysNamed((await kept.current()).keys, header, name);
      if (known.length > 0) return known;
      const askedAt = clock();
      const { document, from } = await kept.newer();
      const found = keysNamed(document.keys, header, name);
      // Keys that were read before the token came may lack one that was new in the same second.
      const newestMs = from < askedAt ? Math.floor(from / 1000) * 1000 - 1 : from;
      const issuedMs = Number(issuedAt) * 1000;
      const isNewer = issuedMs > newestMs && issuedMs <= askedAt + leewayMs;
      if (found.length > 0 || !isNewer) return found;
      throw unavailableFor(issuerUnavailable(issuer, newerThanKeys), kept.untilNewer());
    },
    async endpoint(name) {
      const { discovery, from } = await kept.current();
      const url = parseIssuerUrl(discovery[name], from);
      if (url === undefined) throw issuerUnavailable(issuer, `it has no usable ${name}`);
      return url;
    },
    metadata: async () => (await kept.current()).discovery,
    keyCount: async () => (await kept.current()).keys.length,
  };
}

async function load(rules: IssuerRules, fetch: Fetch, timeoutMs: number) {
  const signal = AbortSignal.timeout(timeoutMs);
  const { issuer, jwksUrl } = rules;
  // OpenID Connect Discovery 1.0, section 4.
  const from = rules.discoveryUrl ?? `${withoutSlash(issuer)}/.well-known/openid-configuration`;
  const discovery = await readDiscovery(issuer, fetch, from, signal).catch((error: unknown) => {
    // An issuer whose keys have an address in the entry may have no discovery document at all.
    if (jwksUrl === undefined) throw error;
    return {} as Readonly<Record<string, unknown>>;
  });
  const keysUrl = jwksUrl === undefined ? parseIssuerUrl(discovery['jwks_uri'], from) : new URL(jwksUrl);
  if (keysUrl === undefined) throw issuerUnavailable(issuer, 'its discovery document has no usable jwks_uri');
  const keys = signatureKeys(await readObject(issuer, 'its JWK Set', fetch, keysUrl, signal));
  if (keys.length === 0) throw issuerUnavailable(issuer, 'its JWK Set has no key to check a signature with');
  return { keys, discovery, from };
}

/** OpenID Connect Discovery 1.0, section 4.3: the document must be this issuer's. */
async function readDiscovery(issuer: string, fetch: Fetch, from: string, signal: AbortSignal) {
  const discovery = await readObject(issuer, 'its discovery document', fetch, new URL(from), signal);
  const named = discovery['issuer'];
  if (typeof named === 'string' && isSameIssuer(named, issuer)) return discovery;
  const other = typeof named === 'string' ? `another issuer: ${printable(named)}` : 'no issuer';
  throw issuerUnavailable(issuer, `its discovery document names ${other}`);
}

async function readObject(issuer: string, what: string, fetch: Fetch, url: URL, signal: AbortSignal) {
  const { status, body } = await askIssuer(fetch, issuer, what, url, { signal });
  const problem =
    status >= 300 && status < 400
      ? `is at another address: it answered ${status}, and redirects are not followed`
      : `could not be read: it answered ${status}`;
  if (status !== 200) throw issuerUnavailable(issuer, `${what} ${problem}`);
  if (!isClaims(body)) throw issuerUnavailable(issuer, `${what} is not a JSON object`);
  return body;
}

/** A name that a document gave, for the log: without control characters, and short. */
const printable = (text: string): string => text.slice(0, 200).replaceAll(/[^\x21-\x7e]/g, '?');

/**
 * Reads a URL that an issuer's document names: `https`, or `http` where that document itself was read by `http`: on
 * loopback, or at an address inside the cluster that the operator gave.
 * @param from where the document was read.
 * @returns undefined when it is neither.
 */
export function parseIssuerUrl(text: unknown, from: string): URL | undefined {
  if (typeof text !== 'string' || !URL.canParse(text) || !URL.canParse(from)) return undefined;
  const [url, source] = [new URL(text), new URL(from)];
  // A document must not make the gateway send credentials.
  if (url.username !== '' || url.password !== '') return undefined;
  if (url.protocol === 'https:') return url;
  const isLocal = isLoopback(url) && isLoopback(source);
  const isSameServer = source.protocol === 'http:' && url.origin === source.origin;
  return url.protocol === 'http:' && (isLocal || isSameServer) ? url : undefined;
}

const isLoopback = ({ hostname }: URL): boolean =>
  hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname);

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

/** A key of a set: its public members for the signature, and those by which it is chosen. */
interface SignatureKey {
  readonly jwk: JWK;
  readonly kid: string | undefined;
  readonly alg: unknown;
  readonly issuer: unknown;
}

/**
 * The keys of a JWK Set (RFC 7517) by which signatures are checked. Members that are not signature keys, or are of an unknown kind, are left out, as the
 * standard wants; one bad key does not make the others unusable.
 */
export function signatureKeys(document: Readonly<Record<string, unknown>>): readonly SignatureKey[] {
  const keys = Array.isArray(document['keys']) ? document['keys'] : [];
  return keys
    .filter(isSignatureKey)
    .slice(0, keysAtMost)
    .map(({ kty, n, e, crv, x, y, kid, alg, ...rest }) => {
      // Only the members of a public key: private ones are left out.
      const members = Object.entries({ kty, n, e, crv, x, y }).filter(([, value]) => value !== undefined);
      return { jwk: Object.fromEntries(members) as JWK, kid, alg, issuer: (rest as Record<string, unknown>)['issuer'] };
    });
}

function isSignatureKey(value: unknown): value is JWK {
  if (!isClaims(value)) return false;
  const { kty, use, key_ops: operations, kid } = value;
  if (kid !== undefined && typeof kid !== 'string') return false;
  const isForUse = use === undefined || use === 'sig';
  const isForVerification = !Array.isArray(operations) || operations.includes('verify');
  return isForUse && isForVerification && keyTypes.some(([, type]) => type === kty);
}

/** Keys that a token may be signed with. Keys without an id may be meant by any; an id that a key has must be the token's. */
export function keysNamed(
  keys: readonly SignatureKey[],
  { alg = '', kid }: CompactJWSHeaderParameters,
  issuer: string,
): readonly JWK[] {
  const fitting = keys.filter((key) => fits(key, alg) && isOf(key, issuer));
  const same = kid === undefined ? fitting : fitting.filter((key) => key.kid === kid);
  const meant = same.length > 0 ? same : fitting.filter((key) => key.kid === undefined);
  return meant.slice(0, triedAtMost).map(({ jwk }) => jwk);
}

function fits({ jwk, alg: own }: SignatureKey, alg: string): boolean {
  const [, kty, curve] = keyTypes.find(([algorithm]) => algorithm.test(alg)) ?? [];
  if (jwk.kty !== kty || (curve !== undefined && jwk.crv !== curve)) return false;
  // RFC 9864: `Ed25519` is what `EdDSA` with that curve was called before.
  return own === undefined || own === alg || kty === 'OKP';
}

/** Entra names in each key the issuer whose tokens it signs; a key of one tenant must not sign for another. */
function isOf({ issuer: owner }: SignatureKey, issuer: string): boolean {
  if (typeof owner !== 'string') return true;
  const [head = '', tail] = owner.split('{tenantid}');
  return tail === undefined ? isSameIssuer(owner, issuer) : issuer.startsWith(head) && issuer.endsWith(tail);
}
