import process from 'node:process';
import { Command, CommanderError } from 'commander';
import { packageVersion, reportError } from './package.ts';

/** Commands by name, in the order of the help. A module is loaded when its command is wanted. */
const commands: Readonly<Record<string, () => Promise<Command>>> = {
  dev: async () => (await import('./commands/dev.ts')).devCommand(),
  serve: async () => (await import('./commands/serve.ts')).serveCommand(),
  pull: async () => (await import('./commands/pull.ts')).pullCommand(),
  generate: async () => (await import('./commands/generate.ts')).generateCommand(),
  diff: async () => (await import('./commands/diff.ts')).diffCommand(),
  explain: async () => (await import('./commands/policy.ts')).explainCommand(),
  policy: async () => (await import('./commands/policy.ts')).policyCommand(),
  doctor: async () => (await import('./commands/doctor.ts')).doctorCommand(),
  init: async () => (await import('./commands/init.ts')).initCommand(),
  sessions: async () => (await import('./commands/sessions.ts')).sessionsCommand(),
};

/** Runs one command of `noetl-gateway`. The exit code is set, never forced: what is being written gets written. */
export async function runProgram(argv: readonly string[]): Promise<void> {
  try {
    const [, , name = ''] = argv;
    // Only the command that is wanted is loaded. Without a name, or with an unknown one, all are: help and suggestions
    // name them.
    const program = await createProgram(Object.hasOwn(commands, name) ? [name] : undefined);
    await program.parseAsync([...argv]);
  } catch (error) {
    if (error instanceof CommanderError) {
      // Commander ends with 1 for a wrong option; here 1 means that a check has found something.
      process.exitCode = error.exitCode === 0 ? 0 : 2;
    } else {
      reportError(error);
      process.exitCode = 2;
    }
  }
}

/**
 * For the parser, and for the reference of the docs.
 * @param names of the commands that are loaded; all of them unless given
 */
export async function createProgram(names: readonly string[] = Object.keys(commands)): Promise<Command> {
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

  for (const load of names.flatMap((name) => commands[name] ?? [])) {
    const command = await load();
    program.addCommand(command.exitOverride().showHelpAfterError(`(see noetl-gateway ${command.name()} --help)`));
  }
  return program;
}
