import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, realpathSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';

export interface CommandResult {
  readonly code: number | null;
  /** stdout and stderr, as they came. */
  readonly text: string;
}

export interface CommandOptions {
  readonly cwd: string;
  readonly environment?: Readonly<Record<string, string>>;
}

/** What the test's own runner has set, silence too; where the registry is and how it is trusted stays. */
const ours =
  /^(?:npm_(?:lifecycle|package|command|node|execpath|config_local|config_loglevel|config_prefix)|NODE_(?:ENV|OPTIONS|PATH)$|VITEST|CI$|INIT_CWD$)/;

/** What a person's shell has: this Node first, and nothing of the package whose test this is. */
function shell(environment: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !ours.test(name));
  const path = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => !folder.includes('node_modules'));
  const PATH = [dirname(process.execPath), ...path].join(delimiter);
  return { ...Object.fromEntries(kept), PATH, ...environment };
}

export function start(command: string, args: readonly string[], options: CommandOptions): ChildProcess {
  const stdio = ['ignore', 'pipe', 'pipe'] as const;
  return spawn(command, args, { cwd: options.cwd, env: shell(options.environment), stdio: [...stdio] });
}

/** Runs a command to its end, at most four minutes. A failure is an answer, not an error. */
export async function run(command: string, args: readonly string[], options: CommandOptions): Promise<CommandResult> {
  const child = start(command, args, options);
  const text = collect(child);
  const timer = setTimeout(() => child.kill('SIGKILL'), 240_000);
  const [code] = (await once(child, 'close')) as [number | null];
  clearTimeout(timer);
  return { code, text: text() };
}

/**
 * An install, which asks a registry that is not ours: what is in the cache is not asked for, and a failure is tried once
 * more, after telling what the first try said.
 */
export async function install(args: readonly string[], { cwd, environment }: CommandOptions): Promise<CommandResult> {
  const options = { cwd, environment: { npm_config_prefer_offline: 'true', ...environment } };
  const first = await run('npm', args, options);
  if (first.code === 0) return first;
  console.warn(`npm ${args.join(' ')} failed, and is tried once more: ${first.text}`);
  return run('npm', args, options);
}

/** Everything that a process has written so far. */
export function collect(child: ChildProcess): () => string {
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (text += chunk));
  return () => text;
}

/** Waits until an address answers well. @throws what the process wrote, when it ends before, or half a minute passes */
export async function answering(url: string, child: ChildProcess, text: () => string): Promise<Response> {
  const until = Date.now() + 30_000;
  while (Date.now() < until && child.exitCode === null) {
    const response = await fetch(url).catch(() => undefined);
    if (response?.ok === true) return response;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`${url} does not answer: ${text()}`);
}

/** Ends a process and waits for it. @returns its exit code */
export async function terminate(child: ChildProcess): Promise<number | null> {
  if (child.exitCode !== null) return child.exitCode;
  const end = once(child, 'exit') as Promise<[number | null]>;
  child.kill('SIGTERM');
  return (await end)[0];
}

/** A new folder outside of this repository. */
export const newFolder = (): string => realpathSync(mkdtempSync(join(tmpdir(), 'own-project-')));

/** Whether npm is here and its registry answers; in CI both have to. */
export async function npmReady(): Promise<boolean> {
  const ping = await run('npm', ['ping', '--fetch-retries=0', '--fetch-timeout=10000'], { cwd: tmpdir() }).catch(
    () => undefined,
  );
  if (ping?.code === 0 || process.env['CI'] === 'true') return true;
  console.warn('skipped: npm or its registry is missing, and the project of the test is installed from it');
  return false;
}
