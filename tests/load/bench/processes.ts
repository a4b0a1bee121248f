import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { shippedConfig } from '../../../generator/init/project-files.ts';
import { addedConfig, benchEnvironment } from './bench-config.ts';
import type { Peer } from './peer.ts';

/**
 * A `serve` process, or several. Unlike a {@link Peer} it is started as users start it, so it cannot be asked: its
 * numbers are those of Linux.
 */
export interface Served {
  readonly url: string;
  /** From the start of the process to its first answer at `/health`, milliseconds. */
  readonly firstAnswerMs: number;
  /** Processor time and memory of the process and those that it started, by `/proc`. */
  numbers(): { readonly cpuMicros: number; readonly rssMib: number };
  stop(): Promise<void>;
}

const root = resolve(import.meta.dirname, '../../..');
/** Ticks a second in which `/proc/<pid>/stat` counts (USER_HZ of Linux). */
const clockTicks = 100;

/** What runs `serve`: the package that was built, where it was, else the sources. */
export const builtProgram = (): string => {
  const built = join(root, 'dist', 'cli', 'main.js');
  return existsSync(built) ? built : join(root, 'cli', 'main.ts');
};

/**
 * Starts `serve` on a project with the config of the bench.
 * @param program as {@link builtProgram} gives it
 * @param environment what is set beside the variables of all starts
 * @param upstream base URL of the recorded NoETL
 * @throws when it does not answer within a minute
 */
export async function startServe(
  program: string,
  environment: Readonly<Record<string, string>>,
  upstream: string,
): Promise<Served> {
  const folder = projectFor(program);
  const port = await freePort();
  // After the project and the ports are made, which are not part of the start.
  const startedAt = performance.now();
  const child = spawn(process.execPath, ['--max-semi-space-size=16', program, 'serve', '-C', folder], {
    env: {
      PATH: process.env['PATH'],
      ...benchEnvironment(upstream),
      ROUTER_PORT: String(port),
      GATEWAY_INTERNAL_PORT: String(await freePort()),
      ...environment,
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const url = `http://127.0.0.1:${port}`;
  await answers(url, child);
  return {
    url,
    firstAnswerMs: Math.round(performance.now() - startedAt),
    numbers: () => numbersOf(child.pid ?? 0),
    async stop() {
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
    },
  };
}

/**
 * The earlier gateway, given as a program. It looks its sessions up in the store, where every token has one, and writes its
 * log lines, as it does in production.
 *
 * @param store the peer `session-store`; ends with the gateway
 */
export async function startIncumbent(program: string, upstream: string, store: Peer): Promise<Peer> {
  const port = await freePort();
  const { host } = new URL(store.url);
  const child = spawn(program, [], {
    env: {
      PATH: process.env['PATH'],
      ROUTER_PORT: String(port),
      GATEWAY_BIND: '127.0.0.1',
      NOETL_BASE_URL: upstream,
      NOETL_KV_ADDR: host,
      NOETL_EVENT_FEED_ADDR: host,
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const url = `http://127.0.0.1:${port}`;
  await answers(url, child);
  const pid = child.pid ?? 0;
  return {
    url,
    pid,
    async numbers() {
      const { cpuMicros, rssMib } = numbersOf(pid);
      return { cpuMicros, rssBytes: rssMib * 2 ** 20, calls: 0 };
    },
    async stop() {
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
      await store.stop();
    },
  };
}

const projects = new Map<string, string>();
process.once('exit', () => {
  for (const folder of projects.values()) rmSync(folder, { recursive: true });
});

/** One project for all starts, as a deployment has one: what is compiled of its config is found again. */
function projectFor(program: string): string {
  const folder = projects.get(program) ?? makeProject(program);
  projects.set(program, folder);
  return folder;
}

/**
 * A project with the shipped config and the session of the bench. For the built package it imports the package, as
 * projects do: the sources beside it would be a second copy of the core.
 * @returns its folder, which is removed when this process exits
 */
function makeProject(program: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'bench-project-'));
  // The schema and the table that `generate` wrote here.
  symlinkSync(join(root, 'mesh'), join(folder, 'mesh'));
  if (program.endsWith('.ts')) {
    const from = JSON.stringify(join(import.meta.dirname, 'bench-config.ts'));
    writeFileSync(join(folder, 'gateway.config.ts'), `export { benchConfig as default } from ${from};\n`);
    return folder;
  }
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(root, join(folder, 'node_modules', 'noetl-gateway'));
  writeFileSync(join(folder, 'package.json'), '{"type": "module"}\n');
  writeFileSync(join(folder, 'shipped.config.ts'), shippedConfig());
  const added = JSON.stringify(addedConfig);
  const text = `import shipped from './shipped.config.ts';\nexport default { ...shipped, ...${added} };\n`;
  writeFileSync(join(folder, 'gateway.config.ts'), text);
  return folder;
}

/**
 * Asks every 5 ms, which is how exact the time of a start is.
 * @throws when the process ends, or after a minute
 */
async function answers(url: string, child: ChildProcess): Promise<void> {
  for (let left = 12_000; left > 0 && child.exitCode === null; left -= 1) {
    const isUp = await fetch(`${url}/health`).then(
      ({ ok }) => ok,
      () => false,
    );
    if (isUp) return;
    await sleep(5);
  }
  throw new Error(`serve does not answer at ${url}`);
}

/** A port that was free a moment ago. Another program may take it before `serve` does. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/**
 * By proc(5): of `stat` the fields 14 and 15, user and system time in ticks; of `statm` the second one, resident pages
 * of 4 KiB.
 */
function numbersOf(pid: number): { readonly cpuMicros: number; readonly rssMib: number } {
  // The name of the command is in parentheses and may hold spaces, so fields are counted behind it: utime is the
  // twelfth there.
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ');
  const ticks = Number(fields[11]) + Number(fields[12]);
  const pages = Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]);
  return { cpuMicros: (ticks * 1e6) / clockTicks, rssMib: Math.round((pages * 4_096) / 2 ** 20) };
}
