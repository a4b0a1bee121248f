import { createReadStream } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { GatewayError } from '../../plugins/errors.ts';
import { type Answer, errorAnswer, type WriteStream } from './answer.ts';

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

/** A piece is written in slices, so that it shows when a slow caller reads: one that takes a slice in time is not cut. */
const streamSliceBytes = 16 * 1024;

/**
 * Runs a stream on an answer whose head has been written, and ends the answer with it. A caller that reads nothing is cut
 * by the listener's limit of unread bytes; until then at most one piece waits.
 */
async function runStream(
  response: ServerResponse,
  run: WriteStream,
  { room, stopping }: Pick<Output, 'room' | 'stopping'>,
): Promise<void> {
  const left = new AbortController();
  response.once('close', () => left.abort());
  if (response.destroyed) left.abort();
  const signal = AbortSignal.any([left.signal, stopping]);
  response.flushHeaders();
  response.socket?.setNoDelay(true);
  try {
    await run({
      signal,
      async write(piece) {
        const bytes = typeof piece === 'string' ? Buffer.from(piece) : piece;
        for (let at = 0; at < bytes.length; at += streamSliceBytes) {
          const slice = bytes.subarray(at, at + streamSliceBytes);
          // Without room the connection ends: a stream has no other way to refuse.
          if (!(await room(slice.length))) response.destroy();
          if (!(await writeSlice(response, slice, left.signal))) return false;
        }
        return true;
      },
    });
    response.end();
  } catch (error) {
    response.destroy();
    if (!signal.aborted) throw error;
  }
}

/** @returns false: the caller has left */
function writeSlice(response: ServerResponse, slice: Uint8Array, left: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    if (left.aborted) return resolve(false);
    const gone = () => resolve(false);
    left.addEventListener('abort', gone, { once: true });
    response.write(slice, (error) => {
      left.removeEventListener('abort', gone);
      resolve(error === undefined || error === null);
    });
  });
}
