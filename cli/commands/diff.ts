import { resolve } from 'node:path';
import process from 'node:process';
import { Command, Option } from 'commander';
import type { DiffForm } from '../diff-documents.ts';
import { loadTools } from '../errors.ts';
import { loadConfig } from '../load-config.ts';

interface DiffFlags {
  readonly dir: string;
  readonly json?: boolean;
  readonly markdown?: boolean;
  readonly all?: boolean;
}

/** `noetl-gateway diff`: what changed between two documents. Exits 1 when something that is open breaks. */
export function diffCommand(): Command {
  return new Command('diff')
    .description('list what changed between two documents: in NoETL’s API, in the schema, and in the open operations')
    .argument('<old>', 'a URL or a file')
    .argument('<new>', 'a URL or a file')
    .option('--json', 'print JSON, for programs')
    .addOption(new Option('--markdown', 'print Markdown, for a pull request').conflicts('json'))
    .option('--all', 'also list the changes of closed operations; without it only their number is printed')
    .option('-C, --dir <folder>', 'the project’s folder', '.')
    .addHelpText(
      'after',
      `
Examples:
  noetl-gateway diff openapi/noetl.json https://noetl.example.com/openapi.json
  noetl-gateway diff --markdown old.json new.json > diff.md

Exit codes: 0 no open operation breaks, 1 an open operation breaks, 2 a document or the config is invalid.`,
    )
    .action(async (old: string, now: string, { dir, json, markdown, all }: DiffFlags) => {
      const projectDir = resolve(dir);
      const { diffDocuments } = await loadTools(() => import('../diff-documents.ts'));
      // Commander refuses both options together.
      const form: DiffForm = json === true ? 'json' : markdown === true ? 'markdown' : 'text';
      const { text, breaks } = await diffDocuments(old, now, {
        projectDir,
        config: await loadConfig(projectDir),
        form,
        all: all === true,
      });
      console.log(text);
      // Set and not forced: a long report may still be in the pipe.
      process.exitCode = breaks ? 1 : 0;
    });
}
