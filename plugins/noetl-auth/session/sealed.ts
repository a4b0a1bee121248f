import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { isClaims } from '../../../gateway/config/identity/claims.ts';
import type { ProviderTokens, SessionIdentity } from './session.ts';
import type { SessionToken } from './session-token.ts';

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
  return isClaims(tokens) ? (tokens as ProviderTokens) : undefined;
}

/** Seals a provider's tokens with the session token, so that the store alone cannot use them. */
export const sealTokens = (token: SessionToken, tokens: ProviderTokens): string => seal(token, JSON.stringify(tokens));
