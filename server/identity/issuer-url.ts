/** The same issuer, with or without the slash at its end: both are one server's word. */
export function isSameIssuer(one: string, other: string): boolean {
  return withoutSlash(one) === withoutSlash(other);
}

/**
 * Reads a URL that an issuer's document names: `https`, or `http` where that document itself was read by `http`: on
 * loopback, or at an address inside the cluster that the operator gave.
 * @param from where the document was read.
 * @returns undefined when it is neither.
 */
export function parseIssuerUrl(text: unknown, from: string): URL | undefined {
  if (typeof text !== 'string' || !URL.canParse(text) || !URL.canParse(from)) return undefined;
  const url = new URL(text);
  // A document must not make the gateway send credentials.
  if (url.username !== '' || url.password !== '') return undefined;
  if (url.protocol === 'https:') return url;
  const source = new URL(from);
  const isLocal = isLoopback(url) && isLoopback(source);
  const isSameServer = source.protocol === 'http:' && url.origin === source.origin;
  return url.protocol === 'http:' && (isLocal || isSameServer) ? url : undefined;
}

/** Where an issuer's discovery document is (OpenID Connect Discovery 1.0, section 4). */
export function discoveryUrl(issuer: string): string {
  return `${withoutSlash(issuer)}/.well-known/openid-configuration`;
}

/** Without one slash at its end: a discovery address is made of it (OpenID Connect Discovery 1.0, section 4.1). */
export function withoutSlash(issuer: string): string {
  return issuer.endsWith('/') ? issuer.slice(0, -1) : issuer;
}

function isLoopback(url: URL): boolean {
  return url.hostname === 'localhost' || url.hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(url.hostname);
}
