import { resolve } from 'node:path';
import process from 'node:process';
import { text } from 'node:stream/consumers';
import { Command } from 'commander';
import { resolveConfig } from '../../gateway/config/resolve-config.ts';
import { loadTools } from '../errors.ts';
import { loadConfig } from '../load-config.ts';
import { tryLogin } from '../try-login.ts';

interface DoctorOptions {
  readonly dir: string;
  readonly json?: boolean;
  readonly login?: boolean;
  readonly domain?: string;
}

/** `noetl-gateway doctor`: looks at everything that a gateway needs. Exits 1 when something has to be done. */
export function doctorCommand(): Command {
  return new Command('doctor')
    .description(
      'check environment, start, upstream, issuers, session store and drift: one line each, with the next step',
    )
    .option('--json', 'print JSON, for programs')
    .option('-C, --dir <folder>', 'the project’s folder', '.')
    .option('--login', 'verify a token from standard input as a login would, and print the deciding claim')
    .option('--domain <host>', 'with --login: auth0_domain of the login')
    .addHelpText(
      'after',
      `
Run it with the environment that serve gets. To find what would stop serve, doctor builds the same gateway, which then does not listen.
doctor reads the token from standard input, so that the shell history does not contain it:
  noetl-gateway doctor --login < token.txt`,
    )
    .action(async ({ dir, json, login, domain }: DoctorOptions) => {
      const projectDir = resolve(dir);
      if (login === true) return printTriedLogin(projectDir, domain);
      const { examineProject } = await loadTools(() => import('../examine-project.ts'));
      const { findings, text, hasProblem } = await examineProject(projectDir, await loadConfig(projectDir));
      process.stdout.write(json === true ? `${JSON.stringify(findings, undefined, 2)}\n` : text);
      process.exitCode = hasProblem ? 1 : 0;
    });
}

/** Exits 1 when the token would not log in. */
async function printTriedLogin(projectDir: string, domain: string | undefined): Promise<void> {
  const { config } = resolveConfig(await loadConfig(projectDir), process.env);
  const { lines, isAccepted } = await tryLogin(config, (await text(process.stdin)).trim(), domain);
  // Values of claims may hold anything, and a terminal obeys control characters. Line breaks stay.
  process.stdout.write(`${lines.join('\n').replaceAll(/[^\P{Cc}\n]/gu, '?')}\n`);
  process.exitCode = isAccepted ? 0 : 1;
}
