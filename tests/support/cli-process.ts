import { execFile } from 'node:child_process';
import { cp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { temporaryFolder } from './project.ts';

/** What a command of `noetl-gateway` did. */
export interface CliRun {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

const program = fileURLToPath(new URL('../../cli/main.ts', import.meta.url));
const library = pathToFileURL(fileURLToPath(new URL('../../index.ts', import.meta.url))).href;

/** Runs a command in a process of its own, with no environment but what is given. */
export function cli(args: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<CliRun> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [program, ...args],
      { env: { PATH: process.env['PATH'], COLUMNS: '120', ...environment }, timeout: 60_000 },
      (error, out, err) =>
        resolve({ code: error === null ? 0 : typeof error.code === 'number' ? error.code : -1, out, err }),
    );
  });
}

/** A project folder with NoETL's document and a config whose members are this text. */
export async function cliProject(config: string): Promise<{ readonly path: string; readonly remove: () => void }> {
  const folder = temporaryFolder();
  await mkdir(join(folder.path, 'openapi'));
  for (const file of ['noetl.json', 'noetl.lock.json']) {
    await cp(join('openapi', file), join(folder.path, 'openapi', file));
  }
  const names = 'allow, authenticated, closed, defineGateway, deny, onExecution, onPlaybook, role';
  const text = `import { ${names} } from '${library}';\nexport default defineGateway({${config}});\n`;
  await writeFile(join(folder.path, 'gateway.config.ts'), text);
  return folder;
}
