import type { IncomingMessage } from 'node:http';
import { GatewayError } from '../../plugins/errors.ts';
import type { ReadHeader } from '../../plugins/noetl-auth/session/session-token.ts';
import type { ByteLease } from '../limits/byte-budget.ts';
import type { TraceContext } from './exchange-scope.ts';

/** One HTTP request as handlers see it. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly method: string;
  /** Without the query; never decoded. */
  readonly path: string;
  /** With the `?`, or empty. */
  readonly search: string;
  /** Made here, so that no caller can choose one that another exchange has. */
  readonly requestId: string;
  /** The caller's `x-request-id`; the answer carries it instead of ours. */
  readonly callerRequestId?: string;
  /** The trace that the exchange belongs to. Set by tracing, where it begins one. */
  trace?: TraceContext;
  /** The caller's address, worked out from the socket and the configured proxies. */
  readonly clientIp: string;
  /** Takes the bytes of the body from what the process allows itself; given back when the exchange is over. */
  readonly bodyLease: ByteLease;
}

/** Splits a request target at its `?`. */
export function splitTarget(target: string | undefined): { path: string; search: string } {
  const url = target ?? '/';
  const mark = url.indexOf('?');
  return mark < 0 ? { path: url, search: '' } : { path: url.slice(0, mark), search: url.slice(mark) };
}

type RawRequest = Pick<IncomingMessage, 'headers' | 'rawHeaders'>;

/** Headers with one value that decide what a request is, where it comes from, or how it is logged. */
const single = ['content-type', 'host', 'last-event-id', 'origin', 'sec-fetch-site', 'x-request-id', 'traceparent'];
const isBearer = (value: string): boolean => /^bearer[\s,]/i.test(value);

/**
 * Reads headers as they were sent: a list where one was sent several times. Node keeps only the first of some headers,
 * `authorization` for example.
 */
export function readHeaderOf(request: RawRequest): ReadHeader {
  return (name) => {
    if (request.headers[name] === undefined) return undefined;
    const values = valuesOf(request.rawHeaders, name);
    return values.length === 1 ? values[0] : values;
  };
}

/** All headers, one text each, as the Fetch API has them. The body does not travel with them. */
export function headersOf(request: RawRequest): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.headers)) {
    if (value === undefined || name === 'content-length' || name === 'transfer-encoding') continue;
    headers[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  // Node keeps the first one only; two that differ give no session.
  const authorization = readHeaderOf(request)('authorization');
  if (Array.isArray(authorization)) headers['authorization'] = authorization.join(', ');
  return headers;
}

/** @throws ERR_REQUEST_INVALID when a header that has one value was sent twice with different values */
export function refuseRepeatedHeaders({ headers, rawHeaders }: RawRequest): void {
  if (rawHeaders.length / 2 === Object.keys(headers).length) return;
  for (const name of single) {
    if (headers[name] !== undefined && new Set(valuesOf(rawHeaders, name)).size > 1) throw sentTwice(name);
  }
  // Two tokens are a malformed one: 401, when it is looked for. Of a token and something else, neither may decide.
  const credentials = new Set(headers.authorization === undefined ? [] : valuesOf(rawHeaders, 'authorization'));
  if (credentials.size > 1 && ![...credentials].every(isBearer)) throw sentTwice('authorization');
}

const sentTwice = (name: string) =>
  new GatewayError('ERR_REQUEST_INVALID', `the header ${name} was sent twice with different values`);

function valuesOf(rawHeaders: readonly string[], name: string): string[] {
  const values: string[] = [];
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const sent = rawHeaders[at] ?? '';
    if (sent.length === name.length && sent.toLowerCase() === name) values.push(rawHeaders[at + 1] ?? '');
  }
  return values;
}

/** Where tools are called (Model Context Protocol, Streamable HTTP). */
export const mcpPath = '/mcp';
/** Where programs find the login (RFC 9728, section 3). The metadata of `/mcp` is also behind it, at `…/mcp`. */
export const metadataPath = '/.well-known/oauth-protected-resource';
/** Where the console is, on every listener that serves it. */
export const consolePath = '/console';
