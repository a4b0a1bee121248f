import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Answer } from './answer.ts';

/** One HTTP request as handlers see it. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly method: string;
  /** Without the query; never decoded. */
  readonly path: string;
  /** With the `?`, or empty. */
  readonly search: string;
  readonly requestId: string;
  /** The caller's address, worked out from the socket and the configured proxies. */
  readonly clientIp: string;
}

/** Splits a request target at its `?`. */
export function splitTarget(target: string | undefined): { path: string; search: string } {
  const url = target ?? '/';
  const mark = url.indexOf('?');
  return mark < 0 ? { path: url, search: '' } : { path: url.slice(0, mark), search: url.slice(mark) };
}

/** Writes an answer; a body is left out for HEAD and where HTTP forbids one. */
export function writeAnswer(
  response: ServerResponse,
  method: string,
  answer: Answer,
  extra: Readonly<Record<string, string>>,
): void {
  // A text leaves in one write with its headers; bytes take a second one.
  const { body } = answer;
  const bare = answer.status === 204 || answer.status === 304;
  const headers: Record<string, string | readonly string[]> = {
    'x-content-type-options': 'nosniff',
    ...answer.headers,
    ...extra,
  };
  const vary = answer.headers['vary'];
  if (vary !== undefined) headers['vary'] = [...new Set([vary, extra['vary'] ?? []].flat())].join(', ');
  if (!bare) headers['content-length'] = String(typeof body === 'string' ? Buffer.byteLength(body) : body.byteLength);
  response.writeHead(answer.status, headers as Record<string, string | string[]>);
  response.end(bare || method === 'HEAD' ? undefined : body);
}
