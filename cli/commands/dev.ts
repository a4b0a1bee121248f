import { join } from 'node:path';
import process from 'node:process';
import { Command, InvalidArgumentError, Option } from 'commander';
import { endWithParent } from '../../dev/end-with-parent.ts';
import type { DevGateway } from '../../dev/start-dev.ts';
import { buildPages } from '../build-pages.ts';
import { driftOf } from '../drift-of.ts';
import { loadConfig } from '../load-config.ts';
import { packageVersion } from '../package-version.ts';
import { policyCasesOf, policyFileOf, readSchema, restDocumentOf } from '../serve/project-files.ts';
import { welcomeText } from './dev-welcome.ts';

interface DevArguments {
  readonly dir: string;
  readonly user: string;
  readonly speak: 'python' | 'rust';
  readonly lag: number;
}

/** `noetl-gateway dev`: everything in one process, and the protocol's lines ready to paste. */
export function devCommand(): Command {
  return new Command('dev')
    .description('run the gateway on :8090 with a stand-in NoETL and a local OpenID issuer; for development only')
    .option(
      '-u, --user <name>',
      'the user whose token is in the printed commands: a sample user, or a role of the config',
      'developer',
    )
    .addOption(
      new Option('--speak <server>', 'the server that the stand-in imitates')
        .choices(['python', 'rust'])
        .default('python'),
    )
    .addOption(
      new Option('--lag <seconds>', 'delay of the stand-in’s engine after the events of a step, 0 to 60')
        .argParser(secondsOf)
        .default(0),
    )
    .option('-C, --dir <folder>', 'the project’s folder', '.')
    .addHelpText(
      'after',
      `
The stand-in answers in the shapes of a real server: Python 4.26 or, with --speak rust, Rust 3.54.
--lag 3 shows what apps see when NoETL is busy: for 3 seconds after the end of a step, NoETL still reports it as running.
Only the Python server has this lag. Sample playbooks are regression_test/*; for example
regression_test/live runs for some seconds, regression_test/fail_then_work continues after a failed step,
regression_test/rows_40 stores its rows behind a reference, regression_test/list_form_last has no terminal event.

Ports: ROUTER_PORT (8090) and GATEWAY_INTERNAL_PORT (8091). Everything listens on this machine only.
Pages of this machine may call the gateway, at any port (CORS). GATEWAY_POLICY_FILE names a file with grants;
the gateway reads it again after each change. LOG_LEVEL=info shows each request. The gateway ends when its parent process ends.`,
    )
    .action(async ({ dir, user, speak, lag }: DevArguments) => {
      await buildPages();
      // Loaded after the flags are read, so that `--help` loads no gateway.
      const { startDev } = await import('../../dev/start-dev.ts');
      const config = await loadConfig(dir);
      const dev = await startDev({
        config,
        sdl: await readSchema(dir),
        environment: process.env,
        openapiFile: join(dir, 'openapi', 'noetl.json'),
        version: packageVersion(),
        ...(await restDocumentOf(dir)),
        ...policyFileOf(process.env),
        ...policyCasesOf(dir),
        driftOf: (resolved) => driftOf(dir, config, resolved),
        speak,
        lagMs: lag * 1_000,
      });
      stopOnSignals(dev);
      // The servers run by now: what fails below must not leave them behind.
      try {
        console.log(await welcomeText(dev, user));
      } catch (error) {
        await dev.stop();
        throw error;
      }
    });
}

/**
 * Zero is allowed and an empty text is not, which `Number` reads as zero. @throws InvalidArgumentError, which commander
 * prints
 */
function secondsOf(text: string): number {
  const seconds = Number(text);
  if (text.trim() !== '' && seconds >= 0 && seconds <= 60) return seconds;
  throw new InvalidArgumentError('Give a number of seconds from 0 to 60, for example 3.');
}

/** Ends all servers at a signal, and when the parent process has ended. */
function stopOnSignals(dev: DevGateway): void {
  const stop = () => {
    dev.stop().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, stop);
  endWithParent(stop);
}
