const signatureAlgorithms = /^(?:(?:RS|PS|ES)(?:256|384|512)|EdDSA|Ed25519)$/;

/**
 * Whether a name is an algorithm with a public key (RFC 7518, RFC 8037, RFC 9864). Never `none`, an unsigned token, and
 * never HMAC, where a party that can verify can also sign.
 */
export const isSignatureAlgorithm = (name: string): boolean => signatureAlgorithms.test(name);

/** The end of a sentence about a name that is not. */
export const signatureAdvice =
  'is not a signature algorithm with a public key; use RS256, PS256, ES256, EdDSA or Ed25519, for example';
