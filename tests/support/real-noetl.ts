import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { isListening } from './child-server.ts';
import { freePort } from './free-port.ts';

const run = promisify(execFile);

/** A real NoETL server with a worker, its own database and its own stream. */
export interface RealNoetl {
  readonly url: string;
  register(playbook: string): Promise<void>;
  /** Registers the server's own database as a credential for steps that use PostgreSQL. */
  credential(name: string): Promise<void>;
  /** What NoETL itself says, past the gateway. */
  read(path: string): Promise<Record<string, unknown>>;
  stop(): Promise<void>;
}

/** Where NoETL is installed; undefined with a message when this machine lacks something. In CI everything is required. */
export async function realNoetlReady(): Promise<string | undefined> {
  const required = process.env['CI'] === 'true';
  const services = (await isListening(5432)) && (await isListening(4222));
  if (!services && !required) {
    console.warn('skipped: a real NoETL needs PostgreSQL on 127.0.0.1:5432 and NATS on 127.0.0.1:4222');
    return undefined;
  }
  try {
    const { stdout } = await run('sh', ['tools/noetl/install.sh'], { timeout: 600_000 });
    return stdout.trim();
  } catch (error) {
    if (required) throw error;
    console.warn('skipped: NoETL could not be installed (tools/noetl/install.sh)');
    return undefined;
  }
}

export async function startRealNoetl(installed: string): Promise<RealNoetl> {
  const port = await freePort();
  const name = `gateway_test_${process.pid}_${port}`;
  const url = `http://127.0.0.1:${port}`;
  const folder = await mkdtemp(join(tmpdir(), 'noetl-'));
  const python = join(installed, 'bin', 'python');
  const database = (...args: string[]) => run(python, ['tests/services/noetl/prepare-database.py', name, ...args]);
  await database();
  const environment = { PATH: process.env['PATH'] ?? '', HOME: folder, ...settings(name, port, url) };
  const begin = (role: 'server' | 'worker', ...args: string[]): ChildProcess =>
    spawn(python, ['-m', `noetl.${role}`, ...args], {
      cwd: folder,
      env: { ...environment, NOETL_RUN_MODE: role },
      stdio: 'ignore',
    });
  const children = [begin('server', '--host', '127.0.0.1', '--port', String(port))];
  const read: RealNoetl['read'] = async (path) => (await (await fetch(url + path)).json()) as Record<string, unknown>;
  const stop = async () => {
    for (const child of children) child.kill('SIGKILL');
    await Promise.allSettled([database('--drop'), dropStream(name), rm(folder, { recursive: true, force: true })]);
  };
  try {
    await until(async () => (await fetch(`${url}/api/health`)).ok, 60_000);
    children.push(begin('worker'));
    await until(async () => Number((await read('/api/worker/pools'))['count']) > 0, 60_000);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    url,
    read,
    stop,
    register: (content) => post(`${url}/api/catalog/register`, { content, resource_type: 'Playbook' }),
    credential: (credential) =>
      post(`${url}/api/credentials`, {
        name: credential,
        type: 'postgres',
        data: { db_host: '127.0.0.1', db_port: 5432, db_user: 'noetl', db_password: 'noetl', db_name: name },
      }),
  };
}

async function post(url: string, body: unknown): Promise<void> {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`NoETL refused ${url}: ${await answer.text()}`);
}

async function dropStream(name: string): Promise<void> {
  const connection = await connect({ servers: '127.0.0.1:4222' });
  try {
    await (await jetstreamManager(connection)).streams.delete(name.toUpperCase());
  } finally {
    await connection.close();
  }
}

/** NoETL names every one of these as mandatory, or else connects to addresses of a cluster. */
const settings = (name: string, port: number, url: string): Record<string, string> => ({
  POSTGRES_HOST: '127.0.0.1',
  POSTGRES_PORT: '5432',
  POSTGRES_USER: 'noetl',
  POSTGRES_PASSWORD: 'noetl',
  POSTGRES_DB: name,
  NOETL_POSTGRES_DB: name,
  NOETL_USER: 'noetl',
  NOETL_PASSWORD: 'noetl',
  NOETL_SCHEMA: 'noetl',
  NOETL_HOST: '127.0.0.1',
  NOETL_PORT: String(port),
  NOETL_SERVER_URL: url,
  NOETL_ENABLE_UI: 'false',
  NOETL_DEBUG: 'false',
  NOETL_SERVER_NAME: 'server-test',
  NOETL_SERVER: 'uvicorn',
  NOETL_SERVER_WORKERS: '1',
  NOETL_SERVER_RELOAD: 'false',
  NOETL_AUTO_RECREATE_RUNTIME: 'true',
  NOETL_HEARTBEAT_RETRY_AFTER: '3',
  NOETL_RUNTIME_SWEEP_INTERVAL: '15',
  NOETL_RUNTIME_OFFLINE_SECONDS: '60',
  NOETL_DISABLE_METRICS: 'true',
  NOETL_SERVER_METRICS_INTERVAL: '60',
  NOETL_ENCRYPTION_KEY: '0123456789abcdef0123456789abcdef',
  NOETL_WORKER_POOL_NAME: 'test',
  NOETL_WORKER_ID: 'w1',
  NATS_URL: 'nats://127.0.0.1:4222',
  NATS_USER: 'none',
  NATS_PASSWORD: 'none',
  NATS_STREAM: name.toUpperCase(),
  NATS_SUBJECT: `${name}.commands`,
  NATS_CONSUMER: name,
});

async function until(condition: () => Promise<boolean>, withinMs: number): Promise<void> {
  const deadline = Date.now() + withinMs;
  while (Date.now() < deadline) {
    if (await condition().catch(() => false)) return;
    await delay(250);
  }
  throw new Error('NoETL does not come up');
}
