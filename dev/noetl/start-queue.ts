import { setTimeout as sleep } from 'node:timers/promises';

/** The connections to the database that starts of executions use. */
export interface StartQueue {
  /** Waits for a connection. @returns what gives it back; undefined: too many wait */
  enter(): Promise<(() => void) | undefined>;
  /** The server's message when too many wait. */
  readonly refusal: string;
}

// As the Python server has them by default: its refusal names the limit.
const connections = 4;
const mostWaiting = 32;

/** @param startMs how long a start keeps its connection; 0: starts never wait */
export function createStartQueue(startMs: number): StartQueue {
  const waiting: (() => void)[] = [];
  let free = connections;
  const release = () => {
    const next = waiting.shift();
    if (next === undefined) free += 1;
    else next();
  };
  return {
    refusal: `pool 'noetl_server_bg' has already ${mostWaiting} requests waiting`,
    async enter() {
      if (startMs === 0) return () => {};
      if (free > 0) free -= 1;
      else if (waiting.length >= mostWaiting) return undefined;
      else await new Promise<void>((resolve) => waiting.push(resolve));
      await sleep(startMs, undefined, { ref: false });
      return release;
    },
  };
}
