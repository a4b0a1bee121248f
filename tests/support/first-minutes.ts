import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Page } from 'playwright-core';
import { freePort } from './free-port.ts';

/** A copy of the files that Git knows, with the packages and the built pages of this one: a fresh clone after `npm ci`. */
export function copyOfTheRepository(folder: string): void {
  const files = execFileSync('git', ['ls-files', '-z'], { encoding: 'utf8' }).split('\0').filter(existsSync);
  for (const file of files) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    cpSync(file, join(folder, file));
  }
  if (existsSync('dist')) cpSync('dist', join(folder, 'dist'), { recursive: true });
  symlinkSync(resolve('node_modules'), join(folder, 'node_modules'));
}

/** `npm run dev` as a person runs it. */
export interface RunningDev {
  readonly url: string;
  readonly consoleUrl: string;
  /** The session of the link that was printed for a user. */
  readonly tokenOf: (user: string) => string;
  readonly stop: () => Promise<void>;
}

export async function runDev(folder: string, environment: Record<string, string> = {}): Promise<RunningDev> {
  const [port, internalPort] = [await freePort(), await freePort()];
  const child = spawn('npm', ['run', '--silent', 'dev'], {
    cwd: folder,
    env: { ...process.env, ROUTER_PORT: String(port), GATEWAY_INTERNAL_PORT: String(internalPort), ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  });
  let printed = '';
  for await (const chunk of child.stdout) {
    printed += String(chunk);
    if (printed.includes('Ctrl-C')) break;
  }
  if (!printed.includes('Ctrl-C')) throw new Error(`npm run dev ended: ${printed}`);
  return {
    url: `http://localhost:${port}`,
    consoleUrl: `http://127.0.0.1:${internalPort}/console`,
    tokenOf: (user) => new RegExp(`^  ${user} \\(.*\\n.*/graphql#token=(\\w+)`, 'm').exec(printed)?.[1] ?? '',
    stop: () => interrupt(child),
  };
}

/** Ctrl-C: the terminal sends it to npm and to what npm has started. */
async function interrupt(child: ChildProcess): Promise<void> {
  const ended = new Promise((done) => child.once('exit', done));
  if (child.exitCode !== null || child.pid === undefined) return;
  process.kill(-child.pid, 'SIGINT');
  await ended;
}

/** Chooses a user at the development issuer, and waits for the way back. */
export async function logIn(page: Page, user: string): Promise<void> {
  await page.getByRole('button', { name: 'Log in with dev' }).click();
  await page.getByRole('link', { name: user }).click();
}

/** Adds the row that docs/open-an-operation.md shows. */
export function openOneMoreOperation(folder: string): void {
  const page = readFileSync('docs/open-an-operation.md', 'utf8');
  const row = /<!-- example: operations.config.ts#open-one-more -->\n```ts\n([\s\S]*?)\n```/.exec(page)?.[1] ?? '';
  const file = join(folder, 'gateway.config.ts');
  writeFileSync(file, readFileSync(file, 'utf8').replace('  operations: {\n', `  operations: {\n${row}\n`));
}
