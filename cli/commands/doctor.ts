import { resolve } from 'node:path';
import process from 'node:process';
import { Command } from 'commander';
import { loadTools } from '../generator-tools.ts';
import { loadConfig } from '../load-config.ts';

/** `noetl-gateway doctor`: looks at everything that a gateway needs. Exits 1 when something has to be done. */
export function doctorCommand(): Command {
  return new Command('doctor')
    .description('check environment, upstream, issuers, session store and drift: one line each, with the next step')
    .option('--json', 'for programs')
    .option('-C, --dir <folder>', 'the project’s folder', '.')
    .addHelpText('after', '\nRun it with the environment that serve gets.')
    .action(async ({ dir, json }: { dir: string; json?: boolean }) => {
      const projectDir = resolve(dir);
      const { examineProject } = await loadTools(() => import('../examine-project.ts'));
      const { findings, text, hasProblem } = await examineProject(projectDir, await loadConfig(projectDir));
      process.stdout.write(json === true ? `${JSON.stringify(findings, undefined, 2)}\n` : text);
      process.exitCode = hasProblem ? 1 : 0;
    });
}
