import { hash } from 'node:crypto';

declare const tokenBrand: unique symbol;
declare const keyBrand: unique symbol;

/** A session token as a caller presented it: 1 byte to 4 KiB, no blanks, no control characters. Never stored or logged. */
export type SessionToken = string & { readonly [tokenBrand]: true };

/** SHA-256 of a session token, hex. The only form in which a token is kept anywhere. */
export type SessionKey = string & { readonly [keyBrand]: true };

const maxTokenBytes = 4096;

/** @returns undefined when the text cannot be a session token. */
export function parseSessionToken(text: string): SessionToken | undefined {
  if (text.length === 0 || Buffer.byteLength(text) > maxTokenBytes) return undefined;
  for (let i = 0; i < text.length; i += 1) {
    const unit = text.charCodeAt(i);
    if (unit <= 0x20 || (unit >= 0x7f && unit <= 0xa0)) return undefined;
  }
  return /\s/u.test(text) ? undefined : (text as SessionToken);
}

/** The key under which a token's session is kept. */
export function sessionKey(token: SessionToken): SessionKey {
  return hash('sha256', token) as SessionKey;
}
