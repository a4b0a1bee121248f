import type { Exchange } from '../http/exchange.ts';

/** Where tools are called (Model Context Protocol, Streamable HTTP). */
export const mcpPath = '/mcp';
/** Where programs find the login (RFC 9728, section 3). The metadata of `/mcp` is also behind it, at `…/mcp`. */
export const metadataPath = '/.well-known/oauth-protected-resource';

/** Whether a path is that of the tools, or of the metadata by which programs log in to them. */
export const isMcpPath = (path: string): boolean =>
  path === mcpPath || path === metadataPath || path === `${metadataPath}${mcpPath}`;

const loopback = /^(?:localhost|127\.0\.0\.1|\[::1\])(?::\d{1,5})?$/;

/**
 * Where callers reach the gateway: the configured public URL; without one, the requested
 * host where it is this machine. Any other host is the caller's own text and is not used.
 */
export function publicBase(publicUrl: string | undefined, { request }: Exchange): string | undefined {
  if (publicUrl !== undefined) return publicUrl.replace(/\/+$/, '');
  const { host } = request.headers;
  return host !== undefined && loopback.test(host) ? `http://${host}` : undefined;
}

/** How programs log in. @see RFC 9728 */
export const resourceMetadata = (base: string, issuers: readonly string[]): Readonly<Record<string, unknown>> => ({
  resource: `${base}${mcpPath}`,
  resource_name: 'NoETL Gateway',
  authorization_servers: issuers,
  bearer_methods_supported: ['header'],
  scopes_supported: ['openid', 'email', 'profile'],
});

/** The challenge of a 401. @see RFC 9728 section 5.1, RFC 6750 section 3 */
export function challenge(base: string | undefined, isTokenGiven: boolean): string {
  const parts = [
    ...(isTokenGiven ? ['error="invalid_token"'] : []),
    ...(base === undefined ? [] : [`resource_metadata="${base}${metadataPath}${mcpPath}"`]),
  ];
  return parts.length === 0 ? 'Bearer' : `Bearer ${parts.join(', ')}`;
}
