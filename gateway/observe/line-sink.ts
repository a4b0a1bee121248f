import { mkdirSync, openSync, write, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { GatewayError } from '../../plugins/errors.ts';

/** Takes whole lines, never blocks, never throws. */
export interface LineSink {
  /** @returns false: dropped, because the reader is too slow. */
  write(line: string): boolean;
  /** Resolves when everything written so far has left the process, or cannot: a reader is waited for at most two seconds. */
  flush(): Promise<void>;
  /** The same for a process that ends now. */
  flushNow(): void;
}

export interface LineSinkOptions {
  /** `stdout`, or a file's path: made when missing, for its owner only, appended to. */
  readonly to: string;
  /** Characters that may wait; lines above are dropped. */
  readonly maxChars?: number;
}

/** Of one write: what a pipe takes at once, with room for characters of more than one byte. */
const pieceChars = 64 * 1024 - 96;
/** Between two writes: each wakes a thread of the pool, which under load costs more than the lines in it. */
const pauseMs = 10;
/** For how long a stop waits for a reader that takes nothing. */
const flushMs = 2_000;
/** For how long a write that failed waits before it is tried again. */
const retryMs = 100;

/**
 * Lines leave together, in order and whole: at the end of the turn of the event loop, or 10 ms after those before.
 * SonicBoom is not used: at an exit it tries again for ever after every error but one, for example when the reader of a
 * pipe has gone, and the process then never ends.
 * @throws ERR_CONFIG_INVALID when the file cannot be written.
 */
export function createLineSink({ to, maxChars = 4 * 1024 * 1024 }: LineSinkOptions): LineSink {
  const fd = to === 'stdout' ? 1 : openFile(to);
  const queue = new LineQueue();
  /** `writing`: the system has a piece; `waiting`: a timer will write. */
  let state: 'idle' | 'waiting' | 'writing' = 'idle';
  let timer: NodeJS.Timeout | NodeJS.Immediate | undefined;
  let wroteMs = Number.NEGATIVE_INFINITY;
  const flushed: (() => void)[] = [];

  /** Those who wait for a flush go on: all is written, or it cannot be now. */
  function endFlushes(): void {
    for (const done of flushed.splice(0)) done();
  }

  function writeNext(): void {
    const piece = queue.piece();
    if (piece.length === 0) {
      state = 'idle';
      endFlushes();
      return;
    }
    state = 'writing';
    wroteMs = performance.now();
    write(fd, piece, afterWrite);
  }

  function afterWrite(error: NodeJS.ErrnoException | null, bytes: number): void {
    if (error === null) {
      queue.written(bytes);
      const isUrgent = flushed.length > 0 || queue.isLong();
      if (isUrgent || queue.isEmpty()) writeNext();
      else schedule();
      return;
    }
    // A full disk or a reader that has gone: lines wait, then drop; requests go on.
    if (!isBusy(error)) endFlushes();
    state = 'waiting';
    timer = setTimeout(writeNext, retryMs).unref();
  }

  function schedule(): void {
    state = 'waiting';
    const waitMs = wroteMs + pauseMs - performance.now();
    timer = waitMs > 0 ? setTimeout(writeNext, waitMs) : setImmediate(writeNext);
  }

  return {
    write(line) {
      if (queue.waitingChars + line.length > maxChars) return false;
      queue.add(line);
      if (state === 'idle') schedule();
      return true;
    },
    flush: () =>
      new Promise((done) => {
        const limit = setTimeout(done, flushMs);
        flushed.push(() => {
          clearTimeout(limit);
          done();
        });
        if (state === 'writing') return;
        cancel(timer);
        writeNext();
      }),
    flushNow() {
      // The system has this piece already.
      if (state === 'writing') queue.written(queue.piece().length);
      writeUntil(Date.now() + flushMs, fd, queue);
    },
  };
}

function cancel(timer: NodeJS.Timeout | NodeJS.Immediate | undefined): void {
  if (timer === undefined) return;
  // A timeout can be refreshed, an immediate cannot.
  if ('refresh' in timer) clearTimeout(timer);
  else clearImmediate(timer);
}

/** Lines in the order in which they came, taken in pieces of whole lines. */
class LineQueue {
  #lines: string[] = [];
  #piece = Buffer.alloc(0);
  /** Characters that wait, those of the piece left out. */
  waitingChars = 0;

  add(line: string): void {
    this.#lines.push(line);
    this.waitingChars += line.length;
  }

  isEmpty = (): boolean => this.#lines.length === 0 && this.#piece.length === 0;

  /** Whether a piece is full, or has begun to leave. */
  isLong = (): boolean => this.#piece.length > 0 || this.waitingChars >= pieceChars;

  /** What is to be written now: the same until all of it is written; empty when no line waits. */
  piece(): Buffer {
    if (this.#piece.length > 0 || this.#lines.length === 0) return this.#piece;
    let count = 0;
    let chars = 0;
    // At least one line, and no more than a piece may have.
    for (const line of this.#lines) {
      if (count > 0 && chars + line.length > pieceChars) break;
      count += 1;
      chars += line.length;
    }
    this.#piece = Buffer.from(this.#lines.splice(0, count).join(''));
    this.waitingChars -= chars;
    return this.#piece;
  }

  written(bytes: number): void {
    this.#piece = this.#piece.subarray(bytes);
  }
}

/** For an exit: waits for a reader that is slow until that time, and for no other error. */
function writeUntil(endsAt: number, fd: number, queue: LineQueue): void {
  for (let piece = queue.piece(); piece.length > 0; piece = queue.piece()) {
    try {
      queue.written(writeSync(fd, piece));
    } catch (error) {
      if (!isBusy(error as NodeJS.ErrnoException) || Date.now() >= endsAt) return;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
    }
  }
}

/** A pipe that is full. */
const isBusy = ({ code }: NodeJS.ErrnoException): boolean => code === 'EAGAIN' || code === 'EBUSY';

function openFile(path: string): number {
  try {
    mkdirSync(dirname(path), { recursive: true });
    // For its owner only: the lines name users.
    return openSync(path, 'a', 0o600);
  } catch (cause) {
    const problems = [auditProblem(path, (cause as NodeJS.ErrnoException).code ?? 'unknown')];
    throw new GatewayError('ERR_CONFIG_INVALID', 'the audit log cannot be written', { problems, cause });
  }
}

/** @param code of the system, for example EACCES */
export const auditProblem = (path: string, code: string): string =>
  `observability.auditTo: ${path} cannot be written (${code}): name a file in a folder that the gateway's user may write to, or stdout`;
