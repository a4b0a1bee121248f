import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { GatewayError } from '../plugins/errors.ts';

/** The package's own manifest: beside `cli/` in the sources, one folder higher in the compiled package. */
export function manifestPath(): URL {
  const inSources = new URL('../package.json', import.meta.url);
  return existsSync(inSources) ? inSources : new URL('../../package.json', import.meta.url);
}

/** The version of this package, as its manifest has it. */
export function packageVersion(): string {
  return (JSON.parse(readFileSync(manifestPath(), 'utf8')) as { version: string }).version;
}

/** There in a clone of the repository only: the package and the image contain the built pages instead. */
const script = fileURLToPath(new URL('../tools/pages/build-pages.ts', import.meta.url));

/**
 * In a clone, builds the pages that the gateway serves when their sources have changed since the last build. A failed
 * build does not stop the gateway: the page then explains what to do.
 */
export async function buildPages(): Promise<void> {
  if (!existsSync(script)) return;
  const cwd = fileURLToPath(new URL('..', import.meta.url));
  // In a process of its own, which ends with all that it has loaded.
  const child = spawn(process.execPath, [script, '--if-stale'], { cwd, stdio: ['ignore', 'ignore', 'inherit'] });
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) console.error('the pages could not be built; the gateway starts without them');
}

/** Says an error to a person: the sentence, then each problem on its own line. A bug shows where it happened. */
export function reportError(error: unknown): void {
  if (!(error instanceof GatewayError)) {
    console.error(error instanceof Error ? (error.stack ?? error.message) : String(error));
    return;
  }
  console.error(`noetl-gateway: ${error.message}`);
  for (const problem of error.problems) console.error(`  - ${problem}`);
}

/**
 * Loads what only the generator needs. Mesh and its like are optional peers of the package and absent where it only
 * serves.
 * @throws ERR_CONFIG_INVALID with what to install
 */
export async function loadTools<T>(load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    const name = /Cannot find (?:package|module) '([^']+)'/.exec((error as Error).message)?.[1];
    throw new GatewayError('ERR_CONFIG_INVALID', 'this command needs packages that are not installed here', {
      problems: [`missing: ${name ?? 'a package'}`, 'in a project begun with noetl-gateway init: npm install'],
      cause: error,
    });
  }
}

/** Runs `npm install` in a project; npm's own progress and words are the person's to see. @throws ERR_CONFIG_INVALID */
export async function installPackages(projectDir: string): Promise<void> {
  const onWindows = process.platform === 'win32';
  const args = ['install', '--no-audit', '--no-fund'];
  // `npm` is a script on Windows, which only a shell starts.
  const failure = await outcome('npm', args, { cwd: projectDir, shell: onWindows });
  if (failure !== undefined) throw new GatewayError('ERR_CONFIG_INVALID', `npm install did not succeed (${failure})`);
}

/** Runs a command of the package that is installed in a project, on this Node. @throws ERR_CONFIG_INVALID */
export async function runInstalled(projectDir: string, args: readonly string[]): Promise<void> {
  const failure = await outcome(process.execPath, [installedBin(projectDir), ...args], { cwd: projectDir });
  if (failure !== undefined) {
    throw new GatewayError('ERR_CONFIG_INVALID', `noetl-gateway ${args[0]} did not succeed (${failure})`);
  }
}

function installedBin(projectDir: string): string {
  try {
    // As seen from the project: its copy may have another version than this one.
    const manifest = createRequire(join(projectDir, 'package.json')).resolve('noetl-gateway/package.json');
    const { bin } = JSON.parse(readFileSync(manifest, 'utf8')) as { bin: Record<string, string> };
    return join(dirname(manifest), bin['noetl-gateway'] ?? '');
  } catch (cause) {
    throw new GatewayError('ERR_CONFIG_INVALID', 'noetl-gateway is not installed in the project', { cause });
  }
}

/** @returns undefined when the command ended well, else how it ended. */
async function outcome(
  command: string,
  args: readonly string[],
  options: { cwd: string; shell?: boolean },
): Promise<string | undefined> {
  const child = spawn(command, args, { ...options, stdio: 'inherit' });
  try {
    const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
    return code === 0 ? undefined : `exit ${code ?? signal}`;
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : 'it did not start';
  }
}
