import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from './free-port.ts';

/** A private server on a free port, its data in a folder of its own. */
export interface ChildServer {
  readonly port: number;
  /** Ends the process with SIGKILL; its data stay. */
  stop(): Promise<void>;
  /** Resolves when it accepts connections. @throws when the program is missing, ends, or does not listen in time. */
  start(): Promise<void>;
  /** Ends the process and removes its data. */
  remove(): Promise<void>;
}

export const startRedis = (more: readonly string[] = []) =>
  startServer('redis-server', (port, folder) => [
    ...['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', '', '--appendonly', 'yes'],
    ...['--appendfsync', 'always'],
    ...more,
  ]);

export const startNats = (command = 'nats-server', more: readonly string[] = []) =>
  startServer(command, (port, folder) => ['-a', '127.0.0.1', '-p', String(port), '-js', '-sd', folder, ...more]);

/** Whether a program can be started here. */
export const hasProgram = (command: string): boolean => spawnSync(command, ['--version']).status === 0;

/** Whether something listens there. */
export function isListening(port: number): Promise<boolean> {
  return new Promise((answer) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      answer(true);
    });
    socket.once('error', () => answer(false));
  });
}

/** Asks again until it is so. @throws when it is not within `ms`. */
export async function eventually(holds: () => boolean | Promise<boolean>, ms = 10_000): Promise<void> {
  const end = performance.now() + ms;
  while (performance.now() < end) {
    if (await holds()) return;
    await delay(20);
  }
  throw new Error(`not within ${ms} ms`);
}

async function startServer(command: string, args: (port: number, folder: string) => string[]): Promise<ChildServer> {
  const port = await freePort();
  const folder = await mkdtemp(join(tmpdir(), 'gateway-store-'));
  let child: ChildProcess | undefined;
  const server: ChildServer = {
    port,
    async start() {
      const starting = spawn(command, args(port, folder), { stdio: 'ignore' });
      child = starting;
      await once(starting, 'spawn').catch(({ message }: Error) => {
        throw new Error(`${command} cannot be started: ${message}. Install it, or add its folder to PATH.`);
      });
      await eventually(() => {
        if (hasEnded(starting)) throw new Error(`${command} has ended before it listened on port ${port}`);
        return isListening(port);
      });
    },
    async stop() {
      const running = child;
      child = undefined;
      if (running === undefined || hasEnded(running)) return;
      const ended = once(running, 'exit');
      running.kill('SIGKILL');
      await ended;
    },
    async remove() {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
  try {
    await server.start();
  } catch (error) {
    await server.remove();
    throw error;
  }
  return server;
}

/** Whether a process is over, or was never started: no event `exit` comes from it. */
export const hasEnded = ({ pid, exitCode, signalCode }: ChildProcess): boolean =>
  pid === undefined || exitCode !== null || signalCode !== null;
