import { type CompactJWSHeaderParameters, type CryptoKey, createLocalJWKSet, errors, type JSONWebKeySet } from 'jose';
import type { Clock } from '../../core/clock.ts';
import { noAnswer } from '../../core/noetl/auth-answer.ts';
import { isJsonObject, type JsonObject } from '../../core/noetl/json-object.ts';
import { type Fetch, readFromIssuer } from './issuer-request.ts';
import { createKeptDocument, type KeptTiming, keptTiming } from './kept-document.ts';
import { discoveryUrl, isSameIssuer, parseIssuerUrl } from './trusted-issuers.ts';

/** `timeoutMs`: for the issuer's two documents together. */
export interface KeysTiming extends KeptTiming {
  readonly timeoutMs: number;
}

export const keysTiming: KeysTiming = { ...keptTiming, timeoutMs: 5_000 };

/** What one trusted issuer says about itself. */
export interface IssuerKeys {
  /**
   * The key that a token's header names. A key that is not known yet is looked for at the issuer, but not at every
   * token's bidding.
   * @returns undefined: the issuer has no such key.
   * @throws ERR_AUTH_UNAVAILABLE when the issuer's keys cannot be had.
   */
  keyFor(header: CompactJWSHeaderParameters): Promise<CryptoKey | undefined>;
  /** @throws ERR_AUTH_UNAVAILABLE when it cannot be had, or the issuer has none. */
  userinfoUrl(): Promise<URL>;
}

type Keys = ReturnType<typeof createLocalJWKSet>;

interface IssuerDocument {
  readonly keys: Keys;
  readonly userinfoUrl: URL | undefined;
}

/**
 * Finds keys by the issuer's discovery document (OpenID Connect Discovery 1.0) and its JWKS, both read anew together:
 * after ten minutes, or when a token names an unknown key. While the issuer is down the last keys serve for an hour.
 */
export function createIssuerKeys(
  issuer: string,
  fetch: Fetch,
  clock: Clock,
  timing: KeysTiming = keysTiming,
): IssuerKeys {
  const kept = createKeptDocument(() => load(issuer, fetch, timing.timeoutMs), clock, timing);
  return {
    async keyFor(header) {
      const known = await keyIn(await kept.current(), header);
      if (known !== undefined) return known;
      const newer = await kept.newer();
      return newer === undefined ? undefined : keyIn(newer, header);
    },
    async userinfoUrl() {
      const { userinfoUrl } = await kept.current();
      if (userinfoUrl === undefined) throw noAnswer('issuer has no userinfo endpoint');
      return userinfoUrl;
    },
  };
}

async function keyIn(document: IssuerDocument, header: CompactJWSHeaderParameters): Promise<CryptoKey | undefined> {
  try {
    return await document.keys(header);
  } catch (error) {
    // No key, or several and no key id to tell them apart.
    if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys) return undefined;
    throw noAnswer(error instanceof Error ? error : new Error('issuer has a key that is none'));
  }
}

/** @throws ERR_AUTH_UNAVAILABLE, whatever was wrong. */
async function load(issuer: string, fetch: Fetch, timeoutMs: number): Promise<IssuerDocument> {
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    const discovery = await readObject(fetch, discoveryUrl(issuer), signal);
    if (typeof discovery['issuer'] !== 'string' || !isSameIssuer(discovery['issuer'], issuer)) {
      throw new Error('discovery document names another issuer');
    }
    const jwks = await readObject(fetch, parseIssuerUrl(discovery['jwks_uri'], issuer), signal);
    const keys = createLocalJWKSet(jwks as unknown as JSONWebKeySet);
    return { keys, userinfoUrl: parseIssuerUrl(discovery['userinfo_endpoint'], issuer) };
  } catch (error) {
    throw noAnswer(error instanceof Error ? error : new Error('issuer could not be read'));
  }
}

async function readObject(fetch: Fetch, url: URL | undefined, signal: AbortSignal): Promise<JsonObject> {
  if (url === undefined) throw new Error('issuer names an address that is not to be asked');
  const { status, body } = await readFromIssuer(fetch, url, signal);
  if (status !== 200) throw new Error(`issuer answered ${status}`);
  if (!isJsonObject(body)) throw new Error('issuer answered with no object');
  return body;
}
