import { mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import pino from 'pino';
import { GatewayError } from '../../core/errors.ts';

/** Takes whole lines, never blocks, never throws. */
export interface LineSink {
  /** @returns false: dropped, because the reader is too slow. */
  write(line: string): boolean;
  /** Resolves when everything written so far has left the process, or cannot. */
  flush(): Promise<void>;
  /** The same for a process that ends now. */
  flushNow(): void;
}

export interface LineSinkOptions {
  /** `stdout`, or a file's path: made when missing, for its owner only, appended to. */
  readonly to: string;
  /** Bytes that may wait; lines above are dropped. */
  readonly maxBytes?: number;
}

/** @throws ERR_CONFIG_INVALID when the file cannot be written. */
export function createLineSink({ to, maxBytes = 4 * 1024 * 1024 }: LineSinkOptions): LineSink {
  const destination = pino.destination({
    dest: to === 'stdout' ? 1 : openFile(to),
    sync: false,
    minLength: 0,
    maxLength: maxBytes,
    // A pipe takes so much in one piece: lines of several processes do not mix.
    maxWrite: 4_096,
  });
  let dropped = false;
  destination.on('drop', () => {
    dropped = true;
  });
  // A full disk or a reader that has gone: lines wait, then drop; requests go on.
  destination.on('error', () => {});
  return {
    write(line) {
      dropped = false;
      try {
        destination.write(line);
      } catch {
        return false;
      }
      return !dropped;
    },
    flush: () => new Promise((done) => destination.flush(() => done())),
    flushNow() {
      try {
        destination.flushSync();
      } catch {}
    },
  };
}

function openFile(path: string): number {
  try {
    mkdirSync(dirname(path), { recursive: true });
    return openSync(path, 'a', 0o600);
  } catch (cause) {
    throw new GatewayError('ERR_CONFIG_INVALID', 'the audit log cannot be written', { cause });
  }
}
