import { hash } from 'node:crypto';

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
