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
  readonly maxBytes?: number;
}

/** Each piece costs a thread of the pool that has to wake. */
export const pieceBytes = 64 * 1024;

/** For how long a stop waits for a reader that takes nothing. */
const patienceMs = 2_000;
/** For how long a write that failed waits before it is tried again. */
const retryMs = 100;

/**
 * Writes one piece at a time. SonicBoom is not used: at an exit it tries again for ever after every error but one, for
 * example when the reader of a pipe has gone, and the process then never ends.
 * @throws ERR_CONFIG_INVALID when the file cannot be written.
 */
export function createLineSink(options: LineSinkOptions): LineSink {
  const { to, maxBytes = 4 * 1024 * 1024 } = options;
  const fd = to === 'stdout' ? 1 : openFile(to);
  const queue = createLineQueue();
  let isWriting = false;
  let isRetrying = false;
  let whenOver: (() => void)[] = [];

  /** Those who wait for a flush go on: all is written, or it cannot be now. */
  function over(): void {
    const waiting = whenOver;
    whenOver = [];
    for (const done of waiting) done();
  }

  function writeNext(): void {
    const piece = queue.piece();
    if (piece.length === 0) {
      over();
      return;
    }
    isWriting = true;
    write(fd, piece, (error, bytes) => {
      isWriting = false;
      if (error === null) {
        queue.written(bytes);
        writeNext();
        return;
      }
      // A full disk or a reader that has gone: lines wait, then drop; requests go on.
      if (!isBusy(error)) over();
      isRetrying = true;
      setTimeout(() => {
        isRetrying = false;
        writeNext();
      }, retryMs).unref();
    });
  }

  return {
    write(line) {
      if (queue.size() + line.length > maxBytes) return false;
      queue.add(line);
      if (!isWriting && !isRetrying) writeNext();
      return true;
    },
    flush: () =>
      new Promise((done) => {
        const timer = setTimeout(done, patienceMs);
        whenOver.push(() => {
          clearTimeout(timer);
          done();
        });
        if (!isWriting && !isRetrying) writeNext();
      }),
    flushNow() {
      // The system has this piece already.
      if (isWriting) queue.written(queue.piece().length);
      writeUntil(Date.now() + patienceMs, fd, queue);
    },
  };
}

/** Lines in the order in which they came, taken in pieces of whole lines. */
interface LineQueue {
  /** Characters that wait, those of the piece left out. */
  size(): number;
  add(line: string): void;
  /** What is to be written now: the same until all of it is written; empty when no line waits. */
  piece(): Buffer;
  written(bytes: number): void;
}

function createLineQueue(): LineQueue {
  let lines: string[] = [];
  let size = 0;
  let piece = Buffer.alloc(0);
  /** At least one line, and no more than the piece may have. */
  function nextLines(): string {
    let count = 0;
    let length = 0;
    for (const line of lines) {
      length += line.length;
      if (count > 0 && length > pieceBytes) break;
      count += 1;
    }
    const taken = lines.slice(0, count);
    lines = lines.slice(count);
    return taken.join('');
  }
  return {
    size: () => size,
    add(line) {
      lines.push(line);
      size += line.length;
    },
    piece() {
      if (piece.length === 0 && lines.length > 0) {
        const text = nextLines();
        size -= text.length;
        piece = Buffer.from(text);
      }
      return piece;
    },
    written(bytes) {
      piece = piece.subarray(bytes);
    },
  };
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
