import { createCipheriv, createDecipheriv, hash, hkdfSync, randomBytes } from 'node:crypto';
import { isJsonObject } from '../../noetl/json-object.ts';
import type { ProviderTokens, SessionIdentity } from './session.ts';

declare const tokenBrand: unique symbol;
declare const keyBrand: unique symbol;

/**
 * A session token as a caller presented it: 1 byte to 4 KiB of `[A-Za-z0-9._~+/=-]`. Never stored or logged.
 * @see RFC 6750 section 2.1, b64token
 */
export type SessionToken = string & { readonly [tokenBrand]: true };

/** SHA-256 of a session token, hex. The only form in which a token is kept anywhere. */
export type SessionKey = string & { readonly [keyBrand]: true };

const maxTokenBytes = 4096;
const tokenText = /^[A-Za-z0-9._~+/=-]+$/;

/** True for the characters of a token. NoETL makes neither a template nor a literal of them. */
export const isTokenText = (text: string): boolean => tokenText.test(text);

/** @returns undefined when the text cannot be a session token. */
export function parseSessionToken(text: string): SessionToken | undefined {
  return text.length <= maxTokenBytes && isTokenText(text) ? (text as SessionToken) : undefined;
}

/** The key under which a token's session is kept. */
export function sessionKey(token: SessionToken): SessionKey {
  return hash('sha256', token) as SessionKey;
}

/** Where a caller's token was found. A `cookie` is sent by browsers unasked: such requests need cross-site checks. */
export type TokenSource = 'bearer' | 'header' | 'cookie';

/** `malformed`: a token is there but cannot be one. It never makes way for the next source. */
export type PresentedToken =
  | { readonly outcome: 'present'; readonly token: SessionToken; readonly source: TokenSource }
  | { readonly outcome: 'malformed'; readonly source: TokenSource }
  | { readonly outcome: 'missing' };

/** Reads a header by its lower-case name; a list when the caller sent it several times. */
export type ReadHeader = (name: string) => string | readonly string[] | null | undefined;

const bearerScheme = /^bearer(?:[\s,]|$)/i;
const cookieName = 'session_token';

/**
 * The session token that a request presents: `Authorization: Bearer` (the scheme in any case), then `X-Session-Token`, then
 * the cookie `session_token`. The first one that is present wins. An `Authorization` of another scheme is not a token.
 * @see protocol.md, "Session Token Delivery"
 */
export function tokenFromRequest(readHeader: ReadHeader): PresentedToken {
  const authorization = tokensIn(readHeader('authorization'), bearerCredentials);
  if (authorization.length > 0) return judge(authorization, 'bearer');
  const header = tokensIn(readHeader('x-session-token'), asItIs);
  if (header.length > 0) return judge(header, 'header');
  const cookies = tokensIn(readHeader('cookie'), sessionCookies);
  if (cookies.length > 0) return judge(cookies, 'cookie');
  return { outcome: 'missing' };
}

/** @param find the tokens in one value of the header */
function tokensIn(sent: ReturnType<ReadHeader>, find: (value: string) => readonly string[]): readonly string[] {
  if (sent === null || sent === undefined) return none;
  // Nearly all requests have one token in one header.
  return typeof sent === 'string' ? find(sent) : sent.flatMap(find);
}

const none: readonly string[] = [];
const asItIs = (value: string): readonly string[] => [value];

/** Two different tokens from one source count as no token: the party that added the second must not decide. */
function judge(candidates: readonly string[], source: TokenSource): PresentedToken {
  const [first = ''] = candidates;
  const token = parseSessionToken(first);
  if (token === undefined || candidates.some((other) => other !== first)) return { outcome: 'malformed', source };
  return { outcome: 'present', token, source };
}

/** @returns nothing when the scheme is not Bearer; what follows the scheme and its blanks otherwise. */
function bearerCredentials(value: string): readonly string[] {
  if (!bearerScheme.test(value)) return none;
  let start = 'bearer'.length;
  while (value[start] === ' ') start += 1;
  // Any other text after the scheme is an invalid token; without a blank before it, the header counts as missing.
  return [start > 'bearer'.length ? value.slice(start) : ''];
}

function sessionCookies(header: string): readonly string[] {
  return header
    .split(';')
    .map((pair) => pair.replace(/^[ \t]+|[ \t]+$/g, ''))
    .filter((pair) => pair.startsWith(`${cookieName}=`))
    .map((pair) => pair.slice(cookieName.length + 1));
}

/** Bytes of the salt, of the nonce and of the tag of AES-256-GCM. */
const [saltBytes, nonceBytes, tagBytes] = [16, 12, 16];

/**
 * Encrypts a text so that only who presents the session token can read it: the key is derived from the token, which is
 * kept nowhere. What a store holds of a provider's token is useless without the session token.
 * @see RFC 5869 (HKDF), NIST SP 800-38D (GCM)
 */
export function seal(token: SessionToken, text: string): string {
  const [salt, nonce] = [randomBytes(saltBytes), randomBytes(nonceBytes)];
  const cipher = createCipheriv('aes-256-gcm', keyOf(token, salt), nonce);
  const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
  return Buffer.concat([salt, nonce, cipher.getAuthTag(), sealed]).toString('base64url');
}

/** @returns undefined: another token sealed it, or it has been changed. */
export function unseal(token: SessionToken, text: string): string | undefined {
  const bytes = Buffer.from(text, 'base64url');
  const [tagAt, sealedAt] = [saltBytes + nonceBytes, saltBytes + nonceBytes + tagBytes];
  if (bytes.length < sealedAt) return undefined;
  try {
    const key = keyOf(token, bytes.subarray(0, saltBytes));
    const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(saltBytes, tagAt));
    decipher.setAuthTag(bytes.subarray(tagAt, sealedAt));
    return Buffer.concat([decipher.update(bytes.subarray(sealedAt)), decipher.final()]).toString('utf8');
  } catch {
    return undefined;
  }
}

const keyOf = (token: SessionToken, salt: Uint8Array): Buffer =>
  Buffer.from(hkdfSync('sha256', token, salt, 'noetl-gateway sealed', 32));

/** The provider's tokens of a session; undefined: it has no tokens that can be read. */
export function providerTokens(token: SessionToken, { sealed }: SessionIdentity): ProviderTokens | undefined {
  const text = sealed === undefined ? undefined : unseal(token, sealed);
  if (text === undefined) return undefined;
  const tokens: unknown = JSON.parse(text);
  return isJsonObject(tokens) ? (tokens as ProviderTokens) : undefined;
}

/** Seals a provider's tokens with the session token, so that the store alone cannot use them. */
export const sealTokens = (token: SessionToken, tokens: ProviderTokens): string => seal(token, JSON.stringify(tokens));
