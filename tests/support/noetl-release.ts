import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { isListening } from './child-server.ts';

const run = promisify(execFile);

interface Place {
  /** Of the database, of the stream (in capitals) and of its subjects. */
  readonly name: string;
  readonly port: number;
  readonly url: string;
  /** Of the worker's metrics, and of the two faces of the command bus that it hosts. */
  readonly workerPorts: readonly [metrics: number, ingest: number, claims: number];
}

/** An installed release of NoETL: how its programs are started. */
export interface NoetlRelease {
  /** For example `Python 4.26.0`. */
  readonly title: string;
  readonly server: 'python' | 'rust';
  /** Whether a run ends for NoETL itself whose last step gave what it cannot store. */
  readonly endsUnstorable: boolean;
  /** Whether NoETL keeps that a task failed whose error a policy handled. */
  readonly keepsHandled: boolean;
  /** The JetStream stream of its commands; undefined: it does without NATS. */
  stream(name: string): string | undefined;
  /** A Python that has a release of NoETL, whose schema of the database is used. */
  readonly python: string;
  command(role: 'server' | 'worker', port: number): readonly [program: string, ...args: string[]];
  environment(place: Place): Record<string, string>;
}

/**
 * The Python server and worker of a release, installed when missing.
 * @returns undefined with a message when this machine lacks something. In CI everything is required.
 */
export function pythonRelease(version = '4.26.0'): Promise<NoetlRelease | undefined> {
  return installed('tools/noetl/install.sh', version, async (folder) => {
    const python = join(folder, 'bin', 'python');
    return {
      title: `Python ${version}`,
      server: 'python',
      endsUnstorable: !version.startsWith('2.'),
      keepsHandled: !version.startsWith('2.37.'),
      stream: (name) => name.toUpperCase(),
      python,
      command: (role, port) => {
        const args = role === 'server' ? ['--host', '127.0.0.1', '--port', String(port)] : [];
        return [python, '-m', `noetl.${role}`, ...args];
      },
      environment: pythonSettings,
    };
  });
}

/** The Rust server and worker, built when missing, which takes half an hour. */
export async function rustRelease(version: '3.83' | '3.54'): Promise<NoetlRelease | undefined> {
  const schema = await pythonRelease();
  if (schema === undefined) return undefined;
  return installed('tools/noetl/install-rust.sh', version, async (folder) => ({
    title: version === '3.83' ? 'Rust 3.83.1' : 'Rust 3.54.0',
    server: 'rust',
    endsUnstorable: false,
    keepsHandled: true,
    stream: () => (version === '3.54' ? 'noetl_commands' : undefined),
    python: schema.python,
    command: (role) => [join(folder, 'bin', role === 'server' ? 'noetl-control-plane' : 'noetl-worker')],
    environment: rustSettings,
  }));
}

/** The program of NoETL's command line, which PyPI has under the same name as the Python server before it. */
export const cliProgram = (): Promise<string | undefined> =>
  installed('tools/noetl/install.sh', '5.3.2', async (folder) => join(folder, 'bin', 'noetl'));

async function installed<Made>(
  script: string,
  version: string,
  make: (folder: string) => Promise<Made>,
): Promise<Made | undefined> {
  const required = process.env['CI'] === 'true';
  const services = (await isListening(5432)) && (await isListening(4222));
  if (!services && !required) {
    console.warn('skipped: a real NoETL needs PostgreSQL on 127.0.0.1:5432 and NATS on 127.0.0.1:4222');
    return undefined;
  }
  try {
    const { stdout } = await run('sh', [script, ...(version === '' ? [] : [version])], { timeout: 3_600_000 });
    return await make(stdout.trim());
  } catch (error) {
    if (required) throw error;
    console.warn(`skipped: NoETL could not be installed (${script} ${version})`);
    return undefined;
  }
}

/** NoETL names every one of these as mandatory, or else connects to addresses of a cluster. */
const pythonSettings = ({ name, port, url }: Place): Record<string, string> => ({
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

const rustSettings = ({ name, port, url, workerPorts: [metrics, ingest, claims] }: Place): Record<string, string> => ({
  POSTGRES_HOST: '127.0.0.1',
  POSTGRES_PORT: '5432',
  POSTGRES_USER: 'noetl',
  POSTGRES_PASSWORD: 'noetl',
  POSTGRES_DATABASE: name,
  NOETL_HOST: '127.0.0.1',
  NOETL_PORT: String(port),
  NOETL_SERVER_URL: url,
  NOETL_PUBLIC_SERVER_URL: url,
  // Without the WebAssembly module of its manifests the server itself moves executions on.
  NOETL_ORCHESTRATE_PLUGIN_DRIVE: 'false',
  NOETL_ENCRYPTION_KEY: btoa('0123456789abcdef0123456789abcdef'),
  NOETL_NATS_URL: 'nats://127.0.0.1:4222',
  NATS_URL: 'nats://127.0.0.1:4222',
  // The server publishes to its default stream, whatever the environment says.
  NATS_CONSUMER: name,
  NATS_FILTER_SUBJECT: 'noetl.commands.>',
  WORKER_ID: 'w1',
  WORKER_METRICS_BIND: `127.0.0.1:${metrics}`,
  // From 3.8x on commands go over a bus of NoETL's own, which the worker hosts; older ones do not know these names.
  NOETL_COMMAND_BUS: 'ehdb',
  NOETL_COMMAND_BUS_WRITER_ADDRS: `0@127.0.0.1:${ingest}`,
  NOETL_COMMAND_BUS_HOST: 'true',
  NOETL_COMMAND_BUS_WRITER_DIR: 'command-bus',
  NOETL_COMMAND_BUS_INGEST_BIND: `127.0.0.1:${ingest}`,
  NOETL_COMMAND_BUS_CLAIM_BIND: `127.0.0.1:${claims}`,
  NOETL_COMMAND_BUS_CLAIM_ADDR: `127.0.0.1:${claims}`,
});
