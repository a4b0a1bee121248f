import { readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { GatewayError } from '../../plugins/errors.ts';
import type { ByteLease } from '../limits/byte-budget.ts';
import type { TraceContext } from '../observe/trace-context.ts';
import { type Answer, errorAnswer } from './answer.ts';
import { runStream } from './answer-stream.ts';
import { largeAnswerBytes, takeLarge, writeLarge } from './large-answer.ts';

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

/** The bounds of writing an answer. */
export interface AnswerLimits {
  /** Of large answers that are not read yet. */
  readonly lease: ByteLease;
  /** How long an answer waits for a caller that does not read it. */
  readonly unreadMs: number;
  /** Aborted when the process stops: streams end then. */
  readonly stopping: AbortSignal;
}

/** The status that goes out, and when all of it has been handed to the system. */
export interface Written {
  readonly status: number;
  readonly done: Promise<void> | undefined;
}

/**
 * Writes an answer; a body is left out for HEAD and where HTTP forbids one. A large body is streamed; where the budget has
 * no room for it, 503 goes out instead.
 */
export function writeAnswer(
  response: ServerResponse,
  method: string,
  answer: Answer,
  extra: Readonly<Record<string, string>>,
  limits: AnswerLimits,
): Written {
  if (answer.stream === undefined || method === 'HEAD') return writeBody(response, method, answer, extra, limits);
  response.writeHead(answer.status, headersOf(answer, extra, false));
  return { status: answer.status, done: runStream(response, answer.stream, limits.stopping) };
}

function writeBody(
  response: ServerResponse,
  method: string,
  answer: Answer,
  extra: Readonly<Record<string, string>>,
  limits: AnswerLimits,
): Written {
  const { file } = answer;
  const { lease, unreadMs } = limits;
  const bare = answer.status === 204 || answer.status === 304;
  const sizeBytes = sizeOf(answer);
  const isEmpty = bare || method === 'HEAD';
  const isLarge = !isEmpty && sizeBytes >= largeAnswerBytes;
  if (isLarge && !takeLarge(lease, sizeBytes, file !== undefined)) {
    return writeAnswer(response, method, errorAnswer(noRoom()), extra, limits);
  }
  const headers = headersOf(answer, extra, isLarge);
  if (!bare) headers['content-length'] = String(sizeBytes);
  response.writeHead(answer.status, headers);
  if (isLarge) return { status: answer.status, done: writeLarge(response, inOne(answer), lease, unreadMs) };
  if (!isEmpty && file !== undefined) return { status: answer.status, done: writeSmallFile(response, file.path) };
  if (isEmpty) response.end();
  else writeSmall(response, answer);
  return { status: answer.status, done: undefined };
}

function sizeOf({ body, bodyBytes, pieces, file }: Answer): number {
  if (file !== undefined) return file.sizeBytes;
  if (pieces !== undefined) return pieces.reduce((sum, { byteLength }) => sum + byteLength, 0);
  return typeof body === 'string' ? (bodyBytes ?? Buffer.byteLength(body)) : body.byteLength;
}

const inOne = (answer: Answer): Answer =>
  answer.pieces === undefined ? answer : { ...answer, body: Buffer.concat(answer.pieces) };

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

/** In one write, like any small answer: its connection goes on. */
async function writeSmallFile(response: ServerResponse, path: string): Promise<void> {
  try {
    response.end(await readFile(path));
  } catch (error) {
    // The header has promised the file's bytes.
    response.destroy();
    throw error;
  }
}

const noRoom = () =>
  new GatewayError('ERR_OVERLOADED', 'too many large responses wait to be read; try again', { retryAfterSecs: 5 });

function headersOf(answer: Answer, extra: Readonly<Record<string, string>>, isLast: boolean) {
  const headers: Record<string, string | string[]> = {
    'x-content-type-options': 'nosniff',
    ...(answer.headers as Record<string, string | string[]>),
    ...extra,
  };
  if (isLast) headers['connection'] = 'close';
  const vary = answer.headers['vary'];
  if (vary !== undefined) headers['vary'] = [...new Set([vary, extra['vary'] ?? []].flat())].join(', ');
  return headers;
}
