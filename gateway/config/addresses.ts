const loopbackHosts = new Set(['localhost', '127.0.0.1', '[::1]']);

/** @returns undefined for a text that is not a URL */
export function parseUrl(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined;
}

/** @returns undefined unless it is an http(s) URL without credentials, query or fragment. */
export function parseUpstreamUrl(text: string): URL | undefined {
  const url = parseUrl(text);
  const plain = url !== undefined && url.username === '' && url.password === '' && url.search === '' && url.hash === '';
  return plain && (url.protocol === 'http:' || url.protocol === 'https:') ? url : undefined;
}

/** True when a host is this machine, by name or number. Other names under `.localhost` may lead elsewhere. */
export const isLoopback = (url: URL): boolean => loopbackHosts.has(url.hostname);

/** The port that a URL names, or the one of its scheme. */
export const portOf = (url: URL): number => Number(url.port) || (url.protocol === 'https:' ? 443 : 80);

/** Whether others on the way can read what is sent there. */
export const isInClear = (url: URL): boolean => url.protocol === 'http:' && !isLoopback(url);

/**
 * An issuer as its tokens write it. A bare domain is `https://<domain>/`, as Auth0 has it; `http` is for loopback only.
 * @returns undefined when it is not an issuer.
 */
export function parseIssuer(text: string): string | undefined {
  const full = text.includes('://') ? text : `https://${text}/`;
  const url = parseUpstreamUrl(full);
  if (url === undefined || (!text.includes('://') && (url.pathname !== '/' || text.includes('/')))) return undefined;
  return url.protocol === 'https:' || isLoopback(url) ? full : undefined;
}

/** Scheme, host and port, and nothing more. A `*` in a host is not a wildcard, so such a text is not an origin. */
export function isOrigin(text: string): boolean {
  const url = text.includes('*') ? undefined : parseUrl(text);
  return url !== undefined && (url.protocol === 'http:' || url.protocol === 'https:') && url.origin === text;
}
