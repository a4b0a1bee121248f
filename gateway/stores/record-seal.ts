import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

/**
 * Proves that a record was written by this deployment, for the place where it is kept: what another program wrote, changed,
 * or copied from another place or deployment does not open.
 */
export interface RecordSeal {
  /** The text, a line break, and a MAC of namespace, place and text (HMAC-SHA-256, RFC 2104). */
  seal(place: string, text: string): string;
  /** @returns the text; undefined when no key of ours has sealed it for this place */
  open(place: string, sealed: string): string | undefined;
}

const macBytes = 32;

/**
 * @param keys in base64; the first seals, each of them opens. Without keys one is made up, which opens nothing after a restart.
 * @param namespace of the deployment
 */
export function createRecordSeal(keys: readonly string[], namespace: string): RecordSeal {
  const given = keys.map((key) => Buffer.from(key, 'base64'));
  const secrets = given.length > 0 ? given : [randomBytes(macBytes)];
  const macOf = (secret: Buffer, place: string, text: string): Buffer =>
    createHmac('sha256', secret)
      .update(JSON.stringify([namespace, place]))
      .update('\n')
      .update(text)
      .digest();
  return {
    seal: (place, text) => `${text}\n${macOf(secrets[0] ?? randomBytes(macBytes), place, text).toString('base64url')}`,
    open(place, sealed) {
      const end = sealed.lastIndexOf('\n');
      const mac = Buffer.from(sealed.slice(end + 1), 'base64url');
      if (end < 0 || mac.length !== macBytes) return undefined;
      const text = sealed.slice(0, end);
      return secrets.some((secret) => timingSafeEqual(macOf(secret, place, text), mac)) ? text : undefined;
    },
  };
}

/** The text of a record, whether or not the seal is ours: an ending counts with any seal. */
export const recordText = (sealed: string): string => {
  const end = sealed.indexOf('\n');
  return end < 0 ? sealed : sealed.slice(0, end);
};
