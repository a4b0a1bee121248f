import type { CompactJWSHeaderParameters, CryptoKey } from 'jose';
import type { Clock } from '../../core/clock.ts';
import { isClaims } from '../../core/identity/claim-path.ts';
import type { IssuerRules } from '../../core/identity/issuer-rules.ts';
import { createCachedDocument, type KeptTiming, keptTiming } from './cached-document.ts';
import { type Fetch, readFromIssuer } from './issuer-request.ts';
import {
  issuerFailureOf,
  issuerUnavailable,
  newerThanKeys,
  readTooOften,
  unavailableFor,
} from './issuer-unavailable.ts';
import { discoveryUrl, isSameIssuer, parseIssuerUrl } from './issuer-url.ts';
import { type KeySet, readKeySet } from './key-set.ts';

/** `timeoutMs`: for the issuer's two documents together. */
export interface DocumentsTiming extends KeptTiming {
  readonly timeoutMs: number;
}

/** The usual timing, with five seconds for a request. */
export const documentsTiming: DocumentsTiming = { ...keptTiming, timeoutMs: 5_000 };

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
   * The keys that a token's header names. A key that is not known is looked for at the issuer, but not for every token.
   * @param issuedAt `iat` of the token, not verified, seconds
   * @returns an empty list: the issuer has no such key.
   * @throws ERR_AUTH_UNAVAILABLE when that could not be found out, or the token is newer than the keys that were read: the issuer
   * may have changed its keys since.
   */
  keysFor(header: CompactJWSHeaderParameters, issuer: string, issuedAt: unknown): Promise<readonly CryptoKey[]>;
  /** @throws ERR_AUTH_UNAVAILABLE when it cannot be read, or the issuer has no such endpoint. */
  endpoint(name: Endpoint): Promise<URL>;
  /** The discovery document; its addresses are not checked. @throws ERR_AUTH_UNAVAILABLE */
  metadata(): Promise<Readonly<Record<string, unknown>>>;
  /** Keys that the issuer publishes. @throws ERR_AUTH_UNAVAILABLE with the reason as cause. */
  keyCount(): Promise<number>;
}

interface Documents {
  readonly keys: KeySet;
  readonly discovery: Readonly<Record<string, unknown>>;
  readonly from: string;
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
  const find = ({ keys }: Documents, header: CompactJWSHeaderParameters, name: string) =>
    keys.keysFor(header, name).catch((error: unknown) => {
      throw issuerUnavailable(issuer, issuerFailureOf(error), error);
    });
  return {
    // A key that is not known can be a new one: providers rotate keys without notice.
    async keysFor(header, name, issuedAt) {
      const known = await find(await kept.current(), header, name);
      if (known.length > 0) return known;
      const askedAt = clock();
      const { document, from } = await kept.newer();
      const found = await find(document, header, name);
      // Keys that were read before the token came may lack one that was new in the same second.
      const newestMs = from < askedAt ? Math.floor(from / 1000) * 1000 - 1 : from;
      const isNewer =
        typeof issuedAt === 'number' && issuedAt * 1000 > newestMs && issuedAt * 1000 <= askedAt + leewayMs;
      if (found.length > 0 || !isNewer) return found;
      throw unavailableFor(issuerUnavailable(issuer, newerThanKeys), Math.max(kept.untilNewer(), 1_000));
    },
    async endpoint(name) {
      const { discovery, from } = await kept.current();
      const url = parseIssuerUrl(discovery[name], from);
      if (url === undefined) throw issuerUnavailable(issuer, `it has no usable ${name}`);
      return url;
    },
    metadata: async () => (await kept.current()).discovery,
    keyCount: async () => (await kept.current()).keys.size,
  };
}

async function load(rules: IssuerRules, fetch: Fetch, timeoutMs: number): Promise<Documents> {
  const signal = AbortSignal.timeout(timeoutMs);
  const { issuer, jwksUrl } = rules;
  const from = rules.discoveryUrl ?? discoveryUrl(issuer);
  const discovery = await discoveryOf(rules, from, fetch, signal);
  const keysUrl = jwksUrl === undefined ? parseIssuerUrl(discovery['jwks_uri'], from) : new URL(jwksUrl);
  if (keysUrl === undefined) throw issuerUnavailable(issuer, 'its discovery document has no usable jwks_uri');
  const keys = readKeySet(await readObject(issuer, 'its JWK Set', fetch, keysUrl, signal));
  if (keys === undefined) throw issuerUnavailable(issuer, 'its JWK Set has no key to check a signature with');
  return { keys, discovery, from };
}

/** An issuer whose keys have an address in the entry may have no discovery document at all. */
async function discoveryOf(rules: IssuerRules, from: string, fetch: Fetch, signal: AbortSignal) {
  const { issuer, jwksUrl } = rules;
  try {
    const discovery = await readObject(issuer, 'its discovery document', fetch, new URL(from), signal);
    // OpenID Connect Discovery 1.0, section 4.3: the document must be this issuer's.
    const named = discovery['issuer'];
    if (typeof named === 'string' && isSameIssuer(named, issuer)) return discovery;
    const other = typeof named === 'string' ? `another issuer: ${printable(named)}` : 'no issuer';
    throw issuerUnavailable(issuer, `its discovery document names ${other}`);
  } catch (error) {
    if (jwksUrl !== undefined) return {};
    throw error;
  }
}

async function readObject(issuer: string, what: string, fetch: Fetch, url: URL, signal: AbortSignal) {
  const { status, body } = await readFromIssuer(fetch, url, signal).catch((error: unknown) => {
    throw issuerUnavailable(issuer, `${what} could not be read: ${issuerFailureOf(error)}`, error);
  });
  if (status >= 300 && status < 400) {
    throw issuerUnavailable(
      issuer,
      `${what} is at another address: it answered ${status}, and redirects are not followed`,
    );
  }
  if (status !== 200) throw issuerUnavailable(issuer, `${what} could not be read: it answered ${status}`);
  if (!isClaims(body)) throw issuerUnavailable(issuer, `${what} is not a JSON object`);
  return body;
}

/** A name that a document gave, for the log: without control characters, and short. */
const printable = (text: string): string => text.slice(0, 200).replaceAll(/[^\x21-\x7e]/g, '?');
