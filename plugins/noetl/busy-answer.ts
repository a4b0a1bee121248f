import type { UpstreamReply } from '../ports.ts';

/** psycopg_pool's `TooManyRequests`, which NoETL's Python server passes on in a 500. */
const fullPool = /has already \d+ requests waiting/;

/** Whether NoETL refused a call because its own queue for database connections is full. It did nothing then. */
export function isBusyAnswer({ status, body }: Pick<UpstreamReply, 'status' | 'body'>): boolean {
  return status >= 500 && body !== undefined && fullPool.test(JSON.stringify(body));
}
