import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { freePort } from './free-port.ts';
import type { NoetlRelease } from './noetl-release.ts';

const run = promisify(execFile);

/** A real NoETL server with a worker, its own database and its own stream. */
export interface RealNoetl {
  readonly url: string;
  readonly release: NoetlRelease;
  register(playbook: string): Promise<void>;
  /** Registers the server's own database as a credential for steps that use PostgreSQL. */
  credential(name: string): Promise<void>;
  /** What NoETL itself says, past the gateway. */
  read(path: string): Promise<Record<string, unknown>>;
  /** Adds executions of a playbook to the list, one for each minute before now; they have no events. Python only. */
  past(path: string, count: number): Promise<void>;
  stop(): Promise<void>;
}

/** Starts a server and one worker of a release. @throws when they do not come up within three minutes */
export async function startRealNoetl(release: NoetlRelease): Promise<RealNoetl> {
  const port = await freePort();
  const name = `gateway_test_${process.pid}_${port}`;
  const url = `http://127.0.0.1:${port}`;
  const folder = await mkdtemp(join(tmpdir(), 'noetl-'));
  const database = (...args: string[]) =>
    run(release.python, ['tests/services/noetl/prepare-database.py', name, ...args]);
  await database();
  const workerPorts = [await freePort(), await freePort(), await freePort()] as const;
  const environment = {
    PATH: process.env['PATH'] ?? '',
    HOME: folder,
    ...release.environment({ name, port, url, workerPorts }),
  };
  const begin = (role: 'server' | 'worker'): ChildProcess => {
    const [program, ...args] = release.command(role, port);
    return spawn(program, args, { cwd: folder, env: { ...environment, NOETL_RUN_MODE: role }, stdio: 'ignore' });
  };
  const children = [begin('server')];
  const read: RealNoetl['read'] = async (path) => (await (await fetch(url + path)).json()) as Record<string, unknown>;
  const stop = async () => {
    for (const child of children) child.kill('SIGKILL');
    await Promise.allSettled([
      database('--drop'),
      dropStream(release.stream(name)),
      rm(folder, { recursive: true, force: true }),
    ]);
  };
  try {
    await until(async () => (await fetch(`${url}/api/health`)).ok, 180_000);
    children.push(begin('worker'));
    await until(async () => workersOf(await read('/api/worker/pools')) > 0, 180_000);
    // The Rust worker asks for commands a moment after it has registered, and takes no earlier ones.
    if (release.server === 'rust') await delay(2_000);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    url,
    release,
    read,
    stop,
    past: async (path, count) => void (await database('--past', path, String(count))),
    register: (content) => post(`${url}/api/catalog/register`, { content, resource_type: 'Playbook' }),
    credential: (credential) =>
      post(`${url}/api/credentials`, {
        name: credential,
        type: 'postgres',
        data: { db_host: '127.0.0.1', db_port: 5432, db_user: 'noetl', db_password: 'noetl', db_name: name },
      }),
  };
}

/** The Rust server answers with a list, the Python server with a count. */
const workersOf = (pools: unknown): number =>
  Array.isArray(pools) ? pools.length : Number((pools as { count?: unknown }).count);

async function post(url: string, body: unknown): Promise<void> {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`NoETL refused ${url}: ${await answer.text()}`);
}

async function dropStream(stream: string | undefined): Promise<void> {
  if (stream === undefined) return;
  const connection = await connect({ servers: '127.0.0.1:4222' });
  try {
    await (await jetstreamManager(connection)).streams.delete(stream);
  } finally {
    await connection.close();
  }
}

async function until(condition: () => Promise<boolean>, withinMs: number): Promise<void> {
  const deadline = Date.now() + withinMs;
  while (Date.now() < deadline) {
    if (await condition().catch(() => false)) return;
    await delay(250);
  }
  throw new Error('NoETL does not come up');
}
