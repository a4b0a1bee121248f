import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '../../tests/support/free-port.ts';

/** A Redis or NATS server that the run starts for itself, with a folder of its own; never one that others use. */
export interface StoreServer {
  /** For `GATEWAY_SESSION_STORE`. */
  readonly url: string;
  /** Resolves when it accepts connections; after `kill` at the same port, with the same folder. */
  start(): Promise<void>;
  /** SIGKILL. What it has written stays in its folder. */
  kill(): Promise<void>;
  /** Kills it and removes the folder. */
  close(): Promise<void>;
}

/**
 * Both write to disk, else a kill would end every session. Redis has its log alone for that (`--save ''` switches
 * snapshots off).
 */
const commands = {
  redis: (port: number, dir: string) => [
    'redis-server',
    '--port',
    `${port}`,
    '--dir',
    dir,
    '--appendonly',
    'yes',
    '--save',
    '',
  ],
  nats: (port: number, dir: string) => ['nats-server', '-a', '127.0.0.1', '-p', `${port}`, '-js', '-sd', dir],
} as const;

/** A server that is not started yet. */
export async function openStoreServer(kind: keyof typeof commands): Promise<StoreServer> {
  const [port, dir] = [await freePort(), await mkdtemp(join(tmpdir(), `chaos-${kind}-`))];
  let child: ChildProcess | undefined;
  async function start(): Promise<void> {
    const [command = '', ...args] = commands[kind](port, dir);
    const bound = kind === 'redis' ? [...args, '--bind', '127.0.0.1'] : args;
    child = spawn(command, bound, { stdio: 'ignore' });
    await listening(port);
  }
  async function kill(): Promise<void> {
    if (child === undefined || child.exitCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
    child = undefined;
  }
  return {
    url: `${kind}://127.0.0.1:${port}`,
    start,
    kill,
    async close() {
      await kill();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

/**
 * Tries for ten seconds.
 * @throws when nothing accepts
 */
async function listening(port: number): Promise<void> {
  for (let left = 200; left > 0; left -= 1) {
    const socket = connect(port, '127.0.0.1');
    const isUp = await Promise.race([
      once(socket, 'connect').then(() => true),
      once(socket, 'error').then(() => false),
    ]).catch(() => false);
    socket.destroy();
    if (isUp) return;
    await delay(50);
  }
  throw new Error(`nothing listens on port ${port}`);
}
