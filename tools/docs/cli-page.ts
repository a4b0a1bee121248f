import type { Command } from 'commander';
import { createProgram } from '../../cli/program.ts';
import { fenced, page } from '../../generator/emit/markdown.ts';

/**
 * Every command with what `--help` prints for it, so that the page cannot differ from the program.
 * @returns Markdown of docs/reference/cli.md
 */
export async function cliPage(): Promise<string> {
  const program = await createProgram();
  return page('cli/commands', [
    '# Command line',
    'In a project: `npx noetl-gateway <command>`. In this repository: `npm run <command> -- <options>` for the commands that `package.json` names, or `node cli/main.ts <command>`.',
    fenced('text', helpOf(program)),
    ...program.commands.flatMap((command) => commandSections(command, '')),
  ]);
}

/** A command and those below it, each with its whole name. */
function commandSections(command: Command, before: string): readonly string[] {
  const name = `${before}${command.name()}`;
  return [
    `## ${name}`,
    fenced('text', helpOf(command)),
    ...command.commands.flatMap((inner) => commandSections(inner, `${name} `)),
  ];
}

/**
 * What `--help` prints, with lines of the same length everywhere: width and colours would be those of the terminal that
 * runs it, and the page would be stale on another one.
 */
function helpOf(command: Command): string {
  let text = '';
  command.configureOutput({
    writeOut: (part) => {
      text += part;
    },
    getOutHelpWidth: () => 120,
    getOutHasColors: () => false,
  });
  command.outputHelp();
  return text.replaceAll(/[ \t]+$/gm, '');
}
