import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { GatewayError } from '../plugins/errors.ts';

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
