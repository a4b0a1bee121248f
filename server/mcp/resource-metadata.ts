import type { Exchange } from '../http/exchange.ts';
import { mcpPath, metadataPath } from './mcp-path.ts';

const loopback = /^(?:localhost|127\.0\.0\.1|\[::1\])(?::\d{1,5})?$/;

/**
 * Where callers reach the gateway: the configured public URL; on this machine, where none is configured, the host that was
 * asked for. Any other host is what a caller says, and nothing is made of it.
 */
export function publicBase(publicUrl: string | undefined, { request }: Exchange): string | undefined {
  if (publicUrl !== undefined) return publicUrl.replace(/\/+$/, '');
  const { host } = request.headers;
  return host !== undefined && loopback.test(host) ? `http://${host}` : undefined;
}

/** How programs log in. @see RFC 9728 */
export function resourceMetadata(base: string, issuers: readonly string[]): Readonly<Record<string, unknown>> {
  return {
    resource: `${base}${mcpPath}`,
    resource_name: 'NoETL Gateway',
    authorization_servers: issuers,
    bearer_methods_supported: ['header'],
    scopes_supported: ['openid', 'email', 'profile'],
  };
}

/** The challenge of a 401. @see RFC 9728 section 5.1, RFC 6750 section 3 */
export function challenge(base: string | undefined, isTokenGiven: boolean): string {
  const parts = [
    ...(isTokenGiven ? ['error="invalid_token"'] : []),
    ...(base === undefined ? [] : [`resource_metadata="${base}${metadataPath}${mcpPath}"`]),
  ];
  return parts.length === 0 ? 'Bearer' : `Bearer ${parts.join(', ')}`;
}
