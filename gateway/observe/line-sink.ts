import { mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import sonicBoom from 'sonic-boom';
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
  /** Bytes that may wait; lines above are dropped. */
  readonly maxBytes?: number;
  /** Bytes that are handed to the system in one piece. Default: {@link sharedPieceBytes}. */
  readonly pieceBytes?: number;
}

/** A pipe takes so many bytes in one piece: lines of several processes do not mix. */
export const sharedPieceBytes = 4_096;
/** Where no other process writes: each piece costs a thread of the pool that has to wake. */
export const ownPieceBytes = 64 * 1024;

/** For how long a stop waits for a reader that takes nothing. */
const patienceMs = 2_000;

/** @throws ERR_CONFIG_INVALID when the file cannot be written. */
export function createLineSink({
  to,
  maxBytes = 4 * 1024 * 1024,
  pieceBytes = sharedPieceBytes,
}: LineSinkOptions): LineSink {
  // Not Pino's own destination: at the exit of the process it waits for ever for a reader that has stopped, or for a full disk.
  let giveUpAt = Number.POSITIVE_INFINITY;
  const destination = new sonicBoom.SonicBoom({
    fd: to === 'stdout' ? 1 : openFile(to),
    // A pipe that is full answers EAGAIN. At an exit it is tried until the patience is over.
    retryEAGAIN: () => Date.now() < giveUpAt,
    sync: false,
    minLength: 0,
    maxLength: maxBytes,
    maxWrite: pieceBytes,
  });
  let dropped = false;
  destination.on('drop', () => {
    dropped = true;
  });
  // A full disk or a reader that has gone: lines wait, then drop; requests go on.
  let isFailing = false;
  destination.on('error', () => {
    isFailing = true;
  });
  destination.on('write', () => {
    isFailing = false;
  });
  return {
    // `drop` is emitted inside of `write`, so it belongs to this line.
    write(line) {
      dropped = false;
      try {
        destination.write(line);
      } catch {
        return false;
      }
      return !dropped;
    },
    flush: () =>
      new Promise((done) => {
        setTimeout(done, patienceMs).unref();
        destination.flush(() => done());
      }),
    flushNow() {
      // A write that has failed would fail again, and the process would wait for it.
      if (isFailing) return;
      giveUpAt = Date.now() + patienceMs;
      try {
        destination.flushSync();
      } catch {}
    },
  };
}

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
