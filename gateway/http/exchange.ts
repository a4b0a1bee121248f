import { createReadStream } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { GatewayError } from '../../plugins/errors.ts';
import type { ByteLease } from '../limits/byte-budget.ts';
import type { TraceContext } from '../observe/tracing.ts';
import { type Answer, errorAnswer } from './answer.ts';
import { runStream } from './answer-stream.ts';

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

/** The way out of an answer. */
export interface Output {
  /** Takes bytes of an answer from the budget of unread ones. @returns false: there is no room for them */
  readonly room: (bytes: number) => boolean | Promise<boolean>;
  /** Keeps the bytes of an answer that is written piece by piece, until the kernel has it. */
  readonly whileWriting: (bytes: number, write: () => Promise<void>) => Promise<void>;
  /** Resolves when the caller has read all, or the connection is closed. */
  readonly whenRead: () => Promise<void>;
  /** Aborted when the process stops: streams end then. */
  readonly stopping: AbortSignal;
}

/** From this size on a body is written slice by slice, at the speed of the reader. */
const largeBytes = 256 * 1024;
/** What the kernel has at most of a file that is sent; the rest is on the disk. */
const kernelBytes = 4 * 1024 * 1024;
/** A connection that ends with a larger answer is closed when the caller has read it: nothing can reset it afterwards. */
const lastBytes = 16 * 1024;
const sliceBytes = 64 * 1024;

/** What an answer takes of memory until it is read. */
export function bytesOf(answer: Answer, method: string): number {
  if (isBare(answer, method) || answer.stream !== undefined) return 0;
  return answer.file === undefined ? sizeOf(answer) : Math.min(answer.file.sizeBytes, kernelBytes);
}

/**
 * Writes an answer; a body is left out for HEAD and where HTTP forbids one.
 * @returns when all of it has been handed to the system; undefined: at once
 */
export function writeAnswer(
  response: ServerResponse,
  method: string,
  answer: Answer,
  extra: Readonly<Record<string, string>>,
  output: Output,
): Promise<void> | undefined {
  const headers = headersOf(answer, extra);
  if (answer.stream !== undefined && method !== 'HEAD') {
    response.writeHead(answer.status, headers);
    return runStream(response, answer.stream, output);
  }
  const sizeBytes = sizeOf(answer);
  if (answer.status !== 204 && answer.status !== 304) headers['content-length'] = String(sizeBytes);
  response.writeHead(answer.status, headers);
  if (isBare(answer, method)) {
    response.end();
    return undefined;
  }
  const isLast = headers['connection'] === 'close' || !response.shouldKeepAlive;
  if (answer.file !== undefined || sizeBytes >= largeBytes || (isLast && sizeBytes > lastBytes)) {
    return writeSlices(response, answer, isLast, output);
  }
  writeSmall(response, answer);
  return undefined;
}

const isBare = ({ status }: Answer, method: string): boolean => status === 204 || status === 304 || method === 'HEAD';

function sizeOf({ body, bodyBytes, pieces, file }: Answer): number {
  if (file !== undefined) return file.sizeBytes;
  if (pieces !== undefined) return pieces.reduce((sum, { byteLength }) => sum + byteLength, 0);
  return typeof body === 'string' ? (bodyBytes ?? Buffer.byteLength(body)) : body.byteLength;
}

/** A text leaves in one write with its headers; bytes take a second one, in the same call to the system. */
function writeSmall(response: ServerResponse, { body, bodyBytes, pieces }: Answer): void {
  if (pieces === undefined) {
    // A text with a byte for each character is ASCII, which Node writes as it is.
    const encoding = typeof body === 'string' && bodyBytes === body.length ? 'latin1' : 'utf8';
    response.end(body, encoding);
    return;
  }
  response.cork();
  for (const piece of pieces) response.write(piece);
  // Which also ends what `cork` has begun.
  response.end();
}

/** The header has promised the bytes, so a file that cannot be read ends the connection. */
async function writeSlices(response: ServerResponse, answer: Answer, isLast: boolean, output: Output): Promise<void> {
  const source = answer.file === undefined ? Readable.from(slicesOf(answer)) : readSlices(answer.file);
  try {
    await output.whileWriting(bytesOf(answer, ''), () => pipeline(source, response, { end: !isLast }));
  } catch (error) {
    if (!isAbort(error)) throw error;
    return;
  }
  if (isLast) void output.whenRead().then(() => response.end());
}

/** Node makes a buffer of the whole slice for each read, however small the file is, and one more to find its end. */
const readSlices = ({ path, sizeBytes }: NonNullable<Answer['file']>) =>
  createReadStream(path, {
    end: Math.max(sizeBytes - 1, 0),
    highWaterMark: Math.min(Math.max(sizeBytes, 1), sliceBytes),
  });

function* slicesOf({ body, pieces }: Answer): Generator<Uint8Array> {
  if (typeof body === 'string' && pieces === undefined) return yield* textSlices(body);
  for (const bytes of pieces ?? [body as Uint8Array]) {
    for (let at = 0; at < bytes.length; at += sliceBytes) yield bytes.subarray(at, at + sliceBytes);
  }
}

/** Each is encoded when its turn comes, so that a text is in memory once. No slice ends within a surrogate pair. */
function* textSlices(text: string): Generator<Uint8Array> {
  for (let at = 0, end = 0; at < text.length; at = end) {
    end = Math.min(at + sliceBytes, text.length);
    if (end < text.length && isHighSurrogate(text.charCodeAt(end - 1))) end -= 1;
    yield Buffer.from(text.slice(at, end));
  }
}

const isHighSurrogate = (unit: number): boolean => unit >= 0xd800 && unit <= 0xdbff;

/** The caller left, or was given up. */
function isAbort(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === 'ERR_STREAM_PREMATURE_CLOSE' || code === 'ECONNRESET' || code === 'EPIPE' || code === 'ABORT_ERR';
}

/** For an answer that has no room. */
export const noRoom = (): Answer =>
  errorAnswer(
    new GatewayError('ERR_OVERLOADED', 'too many responses wait to be read; try again', { retryAfterSecs: 5 }),
  );

function headersOf(answer: Answer, extra: Readonly<Record<string, string>>) {
  const headers: Record<string, string | string[]> = {
    'x-content-type-options': 'nosniff',
    ...(answer.headers as Record<string, string | string[]>),
    ...extra,
  };
  const vary = answer.headers['vary'];
  if (vary !== undefined) headers['vary'] = [...new Set([vary, extra['vary'] ?? []].flat())].join(', ');
  return headers;
}
