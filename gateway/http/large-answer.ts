import { createReadStream } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ByteLease } from '../limits/byte-budget.ts';
import type { Answer } from './answer.ts';

/** From this size on an answer counts against the budget of unread answers, and its connection ends with it. */
export const largeAnswerBytes = 256 * 1024;

/** What the kernel holds of one connection at most, as a rule; the rest of a file is not in memory. */
const kernelBytes = 4 * 1024 * 1024;
const sliceBytes = 64 * 1024;
/** A reader slower than this, in bytes a second, does not get a large answer to its end. */
const slowestBytesPerSec = 128 * 1024;

/** @returns false when the budget has no room for the answer: all of a body, which is in memory until it is read */
export const takeLarge = (lease: ByteLease, sizeBytes: number, isFile: boolean): boolean =>
  lease.grow(isFile ? Math.min(sizeBytes, kernelBytes) : sizeBytes);

/**
 * Writes a large body slice by slice, at the speed of the reader. The header `connection: close` is sent: that the caller
 * closes its side is the only sign that it has read everything. The lease is given back then. Without that sign the
 * connection is reset, so that the kernel frees what it holds.
 */
export async function writeLarge(
  response: ServerResponse,
  { body, file }: Pick<Answer, 'body' | 'file'>,
  lease: ByteLease,
  unreadMs: number,
): Promise<void> {
  const { socket } = response;
  if (socket === null) {
    lease.release();
    return;
  }
  socket.once('close', () => lease.release());
  // Node would destroy the socket as soon as the kernel has everything, and then nothing could reset it.
  socket.destroySoon = () => void socket.end();
  const source = file === undefined ? Readable.from(slices(body)) : createReadStream(file.path);
  const sizeBytes = file?.sizeBytes ?? Buffer.byteLength(body);
  try {
    await pipeline(source, response);
  } catch (error) {
    socket.resetAndDestroy();
    if (!isAbort(error)) throw error;
  }
  const waitMs = unreadMs + (Math.min(sizeBytes, kernelBytes) / slowestBytesPerSec) * 1_000;
  const timer = setTimeout(() => socket.resetAndDestroy(), waitMs);
  timer.unref();
  socket.once('close', () => clearTimeout(timer));
  if (socket.destroyed) clearTimeout(timer);
}

function* slices(body: string | Uint8Array): Generator<Buffer> {
  if (typeof body === 'string') return yield* textSlices(body);
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.length);
  for (let at = 0; at < bytes.length; at += sliceBytes) yield bytes.subarray(at, at + sliceBytes);
}

/** Each is encoded when its turn comes, so that a text is in memory once. No slice ends within a surrogate pair. */
function* textSlices(text: string): Generator<Buffer> {
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
