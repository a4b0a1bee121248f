import type { ServerResponse } from 'node:http';
import type { Output } from './exchange.ts';

/** The way out of an answer that is written piece by piece. */
export interface AnswerStream {
  /**
   * Resolves when the system has taken the piece, so that the writer is never far ahead of the reader.
   * @returns false: the caller has left, or the process is stopping
   */
  write(piece: string | Uint8Array): Promise<boolean>;
  /** Aborted when the caller has left, or the process is stopping. */
  readonly signal: AbortSignal;
}

/** Writes pieces until there are no more, the caller leaves, or the process stops. */
export type WriteStream = (out: AnswerStream) => Promise<void>;

/** A piece is written in slices, so that it shows when a slow caller reads: one that takes a slice in time is not cut. */
const sliceBytes = 16 * 1024;

/**
 * Runs a stream on an answer whose head has been written, and ends the answer with it. A caller that reads nothing is cut
 * by the listener's limit of unread bytes; until then at most one piece waits.
 */
export async function runStream(
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
        for (let at = 0; at < bytes.length; at += sliceBytes) {
          const slice = bytes.subarray(at, at + sliceBytes);
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
