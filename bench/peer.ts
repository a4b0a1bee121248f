import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { PeerMessage } from './peers/peer-process.ts';

/** A server in a process of its own. */
export interface Peer {
  readonly url: string;
  readonly pid: number;
  numbers(): Promise<Required<Omit<PeerMessage, 'port'>>>;
  stop(): Promise<void>;
}

/** Starts `peers/<name>.ts` with the flags that `npm start` has. @throws when it ends before it listens. */
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
      child.disconnect();
      await ended;
    },
  };
}

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
    leave.abort();
  }
}
