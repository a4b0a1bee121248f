import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { shippedConfig } from '../../../generator/init.ts';
import { freePort } from '../../support/free-port.ts';
import { median } from './figures.ts';
import { benchToken, type PeerName, type Row, requestsFor } from './rows.ts';
import { load } from './wrk.ts';

/** A server in a process of its own, so that its processor time and memory are its own and it can be pinned to a core. */
export interface Server {
  readonly url: string;
  readonly pid: number;
  /** From the start of the process to its first answer at `/health`. */
  readonly firstAnswerMs: number;
  /** Processor time so far and resident memory, by `/proc`. */
  numbers(): { readonly cpuMicros: number; readonly rssMib: number };
  stop(): Promise<void>;
}

const root = resolve(import.meta.dirname, '../../..');
const program = join(root, 'dist/cli/main.js');

/** Builds the package when it is not that of the sources. @throws when the build fails */
export function build(): void {
  const { status, stderr } = spawnSync(process.execPath, ['tools/build.js', '--if-stale'], {
    cwd: root,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`the build failed: ${stderr}`);
}

/**
 * Starts a server with no variable of this process but PATH: a setting of the caller must not change a figure. Every
 * server listens on the port that `ROUTER_PORT` names.
 * @throws when it does not answer within a minute
 */
async function startServer(
  [command = '', ...args]: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<Server> {
  const port = await freePort();
  const env = { PATH: process.env['PATH'], ...environment, ROUTER_PORT: String(port) };
  const startedAt = performance.now();
  const child = spawn(command, args, { env, stdio: ['ignore', 'ignore', 'inherit'] });
  const url = `http://127.0.0.1:${port}`;
  await untilUp(url, child);
  const pid = child.pid ?? 0;
  return {
    url,
    pid,
    firstAnswerMs: Math.round(performance.now() - startedAt),
    numbers: () => numbersOf(pid),
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    },
  };
}

/** Asks every 5 ms, which is how exact the time of a start is. */
async function untilUp(url: string, child: ChildProcess): Promise<void> {
  for (let left = 12_000; left > 0 && child.exitCode === null; left -= 1) {
    const answer = await fetch(`${url}/health`).catch(() => undefined);
    if (answer?.ok === true) return;
    await sleep(5);
  }
  throw new Error(`no server answers at ${url}`);
}

/**
 * By proc(5): of `stat` the fields 14 and 15, user and system time in ticks of 10 ms; of `statm` the second one,
 * resident pages of 4 KiB. The name of the command is in parentheses and may hold spaces, so fields are counted behind
 * it.
 */
function numbersOf(pid: number): ReturnType<Server['numbers']> {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ');
  const pages = Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]);
  return {
    cpuMicros: (Number(fields[11]) + Number(fields[12])) * 10_000,
    rssMib: Math.round((pages * 4_096) / 2 ** 20),
  };
}

/** A peer of `peers/`. */
export const startPeer = (name: 'upstream' | 'proxy' | 'session-store', upstream = ''): Promise<Server> =>
  startServer([process.execPath, join(import.meta.dirname, `peers/${name}.ts`)], { BENCH_UPSTREAM: upstream });

/** `serve` of the built package, with a config of the bench. */
export const startGateway = (name: PeerName, upstream: string): Promise<Server> =>
  startServer([process.execPath, '--max-semi-space-size=16', program, 'serve', '-C', projectOf(name)], {
    NODE_ENV: 'development',
    GATEWAY_BIND: '127.0.0.1',
    GATEWAY_INTERNAL_PORT: '0',
    NOETL_BASE_URL: upstream,
    // Nothing listens there, as no user logs in here.
    GATEWAY_TRUSTED_ISSUERS: 'http://127.0.0.1:1/',
    GATEWAY_AUDIENCES: 'bench',
  });

/**
 * The earlier gateway, given as a program. It looks its sessions up in the store, where every token has one, and writes
 * its log lines, as it does in production.
 */
export function startIncumbent(incumbent: string, upstream: string, store: Server): Promise<Server> {
  const { host } = new URL(store.url);
  return startServer([incumbent], {
    GATEWAY_BIND: '127.0.0.1',
    NOETL_BASE_URL: upstream,
    NOETL_KV_ADDR: host,
    NOETL_EVENT_FEED_ADDR: host,
  });
}

/**
 * Beside the shipped config: a session that needs no NoETL, and no limits of one user, who makes all requests here. A
 * start writes a line to the audit log, and no disk is measured.
 */
const addedConfig = {
  auth: {
    validator: {
      kind: 'static',
      users: [{ token: benchToken, userId: '1', displayName: 'Bench', roles: ['analyst'] }],
    },
  },
  limits: {
    startsPerSecond: 1_000_000,
    callsPerSecond: 1_000_000,
    startsAtOnce: 256,
  },
  observability: { auditTo: '/dev/null' },
};

const projects = new Map<PeerName, string>();
process.once('exit', () => {
  for (const folder of projects.values()) rmSync(folder, { recursive: true });
});

/** One project for all starts of a peer, as a deployment has one: what is compiled of its config is found again. */
function projectOf(name: PeerName): string {
  const folder = projects.get(name) ?? makeProject(name);
  projects.set(name, folder);
  return folder;
}

function makeProject(name: PeerName): string {
  const folder = mkdtempSync(join(tmpdir(), 'bench-project-'));
  // The schema and the table that `generate` wrote here, and the package that was built here.
  symlinkSync(join(root, 'mesh'), join(folder, 'mesh'));
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(root, join(folder, 'node_modules', 'noetl-gateway'));
  writeFileSync(join(folder, 'package.json'), '{"type": "module"}\n');
  writeFileSync(join(folder, 'shipped.config.ts'), shippedConfig());
  // No finished execution is kept, and no poll is answered by an earlier one.
  const fresh = name.startsWith('fresh') ? { executions: { staleMs: 0, keepBytes: 1_048_576 } } : {};
  const plugins = name.endsWith('plugin') ? ', plugins: [{ onExecute() {} }]' : '';
  const added = JSON.stringify({ ...addedConfig, ...fresh });
  const text = `import shipped from './shipped.config.ts';\nexport default { ...shipped, ...${added}${plugins} };\n`;
  writeFileSync(join(folder, 'gateway.config.ts'), text);
  return folder;
}

/** Of one process: its start, and what it holds before and after load. The median start of the rounds. */
export async function measureStart(upstream: string, row: Row, rounds: number, seconds: number) {
  const starts: Readonly<Record<'firstAnswerMs' | 'cpuSeconds' | 'rssIdleMib' | 'rssAfterLoadMib', number>>[] = [];
  for (let round = 0; round <= rounds; round += 1) {
    const server = await startGateway('gateway', upstream);
    // Read at its first answer: later it has work that is not the start. Memory is read when that work is over.
    const cpuSeconds = server.numbers().cpuMicros / 1e6;
    await sleep(1_500);
    const rssIdleMib = server.numbers().rssMib;
    await load(server.url, requestsFor(row, 'gateway'), seconds, row.connections);
    const { firstAnswerMs } = server;
    // The first start of all may compile what the others find on the disk.
    if (round > 0) starts.push({ firstAnswerMs, cpuSeconds, rssIdleMib, rssAfterLoadMib: server.numbers().rssMib });
    await server.stop();
  }
  const of = (figure: keyof (typeof starts)[number]) => median(starts.map((one) => one[figure]));
  return {
    'start: seconds': of('firstAnswerMs') / 1_000,
    'start: processor seconds': of('cpuSeconds'),
    'start: MiB idle': of('rssIdleMib'),
    'start: MiB after load': of('rssAfterLoadMib'),
  };
}
