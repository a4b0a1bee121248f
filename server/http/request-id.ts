import { randomUUID } from 'node:crypto';

/** A caller's own request id when it is short and plain, else a new one. It goes to logs and upstream. */
export function requestIdFrom(header: string | readonly string[] | undefined): string {
  return typeof header === 'string' && /^[A-Za-z0-9._-]{1,128}$/.test(header) ? header : randomUUID();
}
