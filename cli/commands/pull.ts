import { resolve } from 'node:path';
import process from 'node:process';
import { Command } from 'commander';
import { loadTools } from '../package.ts';

interface PullFlags {
  readonly dir: string;
  readonly keepDocs?: boolean;
  readonly label?: string;
  readonly overlay?: readonly string[];
}

/** `noetl-gateway pull`: fetches NoETL's OpenAPI document into the project. */
export function pullCommand(): Command {
  return new Command('pull')
    .description('fetch NoETL’s OpenAPI document into openapi/noetl.json, and write its types and its source')
    .argument('<source>', 'an http(s) URL, or a file: JSON or YAML, OpenAPI 3.0 or 3.1')
    .option('--keep-docs', 'keep descriptions and examples; with schema.descriptions they appear in the schema')
    .option('--label <name>', 'the name of this release, for example v4.27.0; written to openapi/noetl.lock.json')
    .option(
      '--overlay <file...>',
      'repair the document with OpenAPI Overlays, in this order; paths are absolute, or relative to the project',
    )
    .option('-C, --dir <folder>', 'the project’s folder', '.')
    .addHelpText(
      'after',
      `
Examples:
  noetl-gateway pull https://noetl.example.com/openapi.json
  noetl-gateway pull ./noetl-openapi.yaml
  noetl-gateway pull https://noetl.example.com/openapi.json --overlay openapi/repairs.yaml

A failed pull changes no file. Next: noetl-gateway generate.`,
    )
    .action(async (source: string, { dir, keepDocs, label, overlay }: PullFlags) => {
      const { pull } = await loadTools(() => import('../../generator/pull/pull.ts'));
      const { lock, changed } = await pull(placeOf(source), {
        projectDir: resolve(dir),
        keepDocs: keepDocs === true,
        ...(label === undefined ? {} : { label }),
        ...(overlay === undefined ? {} : { overlays: overlay }),
        onProgress: progressLine(),
      });
      const news = changed.length === 0 ? 'nothing changed' : `wrote ${changed.join(', ')}`;
      const release = lock.label ?? `version ${lock.upstreamVersion}`;
      console.log(`${lock.operations} operations of ${printable(release)}: ${news}`);
    });
}

/** Text from a document, on one line. */
const printable = (text: string): string => text.replaceAll(/\p{Cc}/gu, '?').slice(0, 100);

/** A URL as it is; a file as seen from where the command was given. */
const placeOf = (source: string): string => (/^[a-z]+:\/\//i.test(source) ? source : resolve(source));

/** On a terminal only: a line that is drawn over itself. */
function progressLine(): (bytes: number, total: number | undefined) => void {
  if (process.stderr.isTTY !== true) return () => {};
  return (bytes, total) => {
    const of = total === undefined ? '' : ` of ${Math.ceil(total / 1024)}`;
    // The cursor goes back to where the next line, whatever it is, is written over this one.
    process.stderr.write(`\u001B[2K${Math.ceil(bytes / 1024)}${of} KiB\r`);
  };
}
