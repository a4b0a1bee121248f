import { generateKeyPair } from 'jose';

/** More than any test holds at once. */
const kept = 8;
const made = new Map<string, Promise<CryptoKeyPair>[]>();
let next = 0;

/**
 * A key pair of an algorithm, for tests: making one of RS256 takes a tenth of a second of processor time, and the tests need
 * hundreds. The last eight that were given out differ.
 */
export function keyPair(algorithm: string): Promise<CryptoKeyPair> {
  const pairs = made.get(algorithm) ?? [];
  made.set(algorithm, pairs);
  next += 1;
  const place = next % kept;
  pairs[place] ??= generateKeyPair(algorithm, { extractable: true });
  return pairs[place];
}
