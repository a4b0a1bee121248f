import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { PeerMessage } from './peers/peer-process.ts';

/**
 * A server in a process of its own, so that its processor time and memory are its own and it can be pinned to a core.
 */
export interface Peer {
  readonly url: string;
  readonly pid: number;
  /** Its counters so far: microseconds, bytes, and for the upstream the requests that it got. */
  numbers(): Promise<Required<Omit<PeerMessage, 'port'>>>;
  /** Resolves when the process has ended. Peers that have a profile write it as they end. */
  stop(): Promise<void>;
}

/**
 * Starts `peers/<name>.ts` with the flags that `npm start` has, and with no variable of this process but PATH: a
 * setting of the caller must not change a figure.
 * @param flags more of Node, as for a profile
 * @throws when it ends before it listens
 */
export async function startPeer(
  name: string,
  environment: Readonly<Record<string, string>>,
  flags: readonly string[] = [],
): Promise<Peer> {
  const child = fork(fileURLToPath(new URL(`peers/${name}.ts`, import.meta.url)), {
    execArgv: ['--max-semi-space-size=16', ...flags],
    env: { PATH: process.env['PATH'], ...environment },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const { port } = await nextMessage(child);
  return {
    url: `http://127.0.0.1:${port}`,
    pid: child.pid ?? 0,
    async numbers() {
      child.send('numbers');
      const { cpuMicros = 0, rssBytes = 0, calls = 0 } = await nextMessage(child);
      return { cpuMicros, rssBytes, calls };
    },
    async stop() {
      if (child.exitCode !== null) return;
      const ended = once(child, 'exit');
      // A peer ends by itself then (`peer-process.ts`): a signal would cost its profile.
      child.disconnect();
      await ended;
    },
  };
}

/**
 * The next message of a peer. One question at a time: answers bear no id.
 * @throws when the peer ends before it answers
 */
async function nextMessage(child: ChildProcess): Promise<PeerMessage> {
  const leave = new AbortController();
  const { signal } = leave;
  try {
    const ended = once(child, 'exit', { signal }).then(([code]) => {
      throw new Error(`a peer ended early: ${code}`);
    });
    const [message] = await Promise.race([once(child, 'message', { signal }), ended]);
    return message as PeerMessage;
  } finally {
    // Takes both listeners off, else every question would leave one.
    leave.abort();
  }
}
