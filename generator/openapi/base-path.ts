import { isRecord } from './open-api.ts';

/**
 * The path of the first of a document's `servers`, without a slash at its end; the operator sets the host
 * (`upstream.baseUrl`).
 * @returns `''` without servers, or when the first has no path
 */
export function basePathOf(servers: unknown): string {
  const [first] = Array.isArray(servers) ? servers : [];
  const url = isRecord(first) && typeof first['url'] === 'string' ? first['url'] : '';
  // With a scheme, or relative to it (`//host/path`).
  const path = url.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/]*/i, '').replace(/^\/\/[^/]*/, '');
  return path.replace(/\/+$/, '');
}
