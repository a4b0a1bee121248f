/** The same issuer, whether or not it is written with the slash at its end: both are one server's word. */
export function isSameIssuer(one: string, other: string): boolean {
  return withoutSlash(one) === withoutSlash(other);
}

/**
 * The trusted issuers that a login's `domain` names, by host and port; all of them without a domain. Never any other.
 * A domain given as a URL is read by its host.
 */
export function issuersOf(trusted: readonly string[], domain: string | undefined): readonly string[] {
  if (domain === undefined || domain === '') return trusted;
  const named = domain.toLowerCase();
  const host = named.includes('://') ? hostOf(named) : named;
  return trusted.filter((issuer) => hostOf(issuer) === host);
}

/**
 * Reads a URL that an issuer's document names: `https`, or `http` on loopback when the issuer itself is there.
 * @returns undefined when it is neither.
 */
export function parseIssuerUrl(text: unknown, issuer: string): URL | undefined {
  if (typeof text !== 'string' || !URL.canParse(text)) return undefined;
  const url = new URL(text);
  if (url.username !== '' || url.password !== '') return undefined;
  if (url.protocol === 'https:') return url;
  const isLocal = isLoopback(url) && URL.canParse(issuer) && isLoopback(new URL(issuer));
  return url.protocol === 'http:' && isLocal ? url : undefined;
}

/** Where an issuer's discovery document is (OpenID Connect Discovery 1.0, section 4). */
export function discoveryUrl(issuer: string): URL | undefined {
  return parseIssuerUrl(`${withoutSlash(issuer)}/.well-known/openid-configuration`, issuer);
}

function hostOf(text: string): string | undefined {
  return URL.canParse(text) ? new URL(text).host : undefined;
}

function withoutSlash(issuer: string): string {
  return issuer.endsWith('/') ? issuer.slice(0, -1) : issuer;
}

function isLoopback(url: URL): boolean {
  return url.hostname === 'localhost' || url.hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(url.hostname);
}
