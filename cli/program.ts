import process from 'node:process';
import { Command, CommanderError } from 'commander';
import { devCommand } from './commands/dev.ts';
import { diffCommand } from './commands/diff.ts';
import { doctorCommand } from './commands/doctor.ts';
import { explainCommand } from './commands/explain.ts';
import { generateCommand } from './commands/generate.ts';
import { initCommand } from './commands/init.ts';
import { policyCommand } from './commands/policy.ts';
import { pullCommand } from './commands/pull.ts';
import { serveCommand } from './commands/serve.ts';
import { sessionsCommand } from './commands/sessions.ts';
import { packageVersion } from './package-version.ts';
import { reportError } from './report.ts';

/** Runs one command of `noetl-gateway`. The exit code is set, never forced: what is being written gets written. */
export async function runProgram(argv: readonly string[]): Promise<void> {
  try {
    await createProgram().parseAsync([...argv]);
  } catch (error) {
    if (error instanceof CommanderError) {
      process.exitCode = error.exitCode === 0 ? 0 : 2;
    } else {
      reportError(error);
      process.exitCode = 2;
    }
  }
}

/** Every command, for the parser and for the reference of the docs. */
export function createProgram(): Command {
  const program = new Command('noetl-gateway')
    .description('The public gateway of NoETL: generated from NoETL’s own OpenAPI document, closed by default.')
    .version(packageVersion())
    .showHelpAfterError('(see noetl-gateway --help)')
    .showSuggestionAfterError()
    .exitOverride()
    .addHelpText(
      'after',
      `
A change of NoETL’s API, from start to end:
  noetl-gateway pull https://noetl.example.com/openapi.json    fetch the document
  noetl-gateway generate                                       write schema, routes, manifests, pages
  noetl-gateway explain --table                                who may do what
  noetl-gateway serve                                          run it

Exit codes: 0 fine, 1 the check found something, 2 wrong use or broken input.`,
    );

  for (const command of [
    devCommand(),
    serveCommand(),
    pullCommand(),
    generateCommand(),
    diffCommand(),
    explainCommand(),
    policyCommand(),
    doctorCommand(),
    initCommand(),
    sessionsCommand(),
  ]) {
    program.addCommand(command.exitOverride().showHelpAfterError(`(see noetl-gateway ${command.name()} --help)`));
  }
  return program;
}
