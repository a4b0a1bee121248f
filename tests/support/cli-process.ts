import { execFile } from 'node:child_process';
import { cp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { vi } from 'vitest';
import { runProgram } from '../../cli/program.ts';
import { temporaryFolder } from './project.ts';

/** The result of a command of `noetl-gateway`. */
export interface CliRun {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

type Environment = Readonly<Record<string, string>>;

const program = fileURLToPath(new URL('../../cli/main.ts', import.meta.url));
const library = pathToFileURL(fileURLToPath(new URL('../../index.ts', import.meta.url))).href;

const bareEnvironment = (environment: Environment) => ({ PATH: process.env['PATH'], COLUMNS: '120', ...environment });

/**
 * Runs a command in this process, with no other environment than the one that is given. One at a time: it captures the
 * process' own output. A command that ends its process (`serve`, `dev`) needs `cliProcess`.
 */
export async function cli(args: readonly string[], environment: Environment = {}): Promise<CliRun> {
  const before = { environment: process.env, exitCode: process.exitCode };
  const written = { out: '', err: '' };
  const into = (stream: 'out' | 'err') => (text: unknown) => {
    written[stream] += String(text);
    return true;
  };
  const line = (stream: 'out' | 'err') => (text: unknown) => void into(stream)(`${String(text)}\n`);
  const spies = [
    vi.spyOn(process.stdout, 'write').mockImplementation(into('out')),
    vi.spyOn(process.stderr, 'write').mockImplementation(into('err')),
    vi.spyOn(console, 'log').mockImplementation(line('out')),
    vi.spyOn(console, 'warn').mockImplementation(line('err')),
    vi.spyOn(console, 'error').mockImplementation(line('err')),
  ];
  process.env = bareEnvironment(environment);
  process.exitCode = undefined;
  try {
    await runProgram([process.execPath, program, ...args]);
    return { code: Number(process.exitCode ?? 0), ...written };
  } finally {
    process.env = before.environment;
    process.exitCode = before.exitCode;
    for (const spy of spies) spy.mockRestore();
  }
}

/** The same in a process of its own. */
export function cliProcess(args: readonly string[], environment: Environment = {}): Promise<CliRun> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [program, ...args],
      { env: bareEnvironment(environment), timeout: 60_000 },
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
