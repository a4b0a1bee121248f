import { resolve } from 'node:path';
import process from 'node:process';
import { Command, Option } from 'commander';
import { readLock } from '../../generator/pull/pulled-files.ts';
import { GatewayError } from '../../plugins/errors.ts';
import { loadConfig } from '../load-config.ts';
import { loadTools } from '../package.ts';

interface PullFlags {
  readonly dir: string;
  readonly keepDocs?: boolean;
  readonly label?: string;
  readonly overlay?: readonly string[];
  readonly playbooks?: readonly (string | true)[];
}

/** `noetl-gateway pull`: fetches NoETL's OpenAPI document into the project. */
export function pullCommand(): Command {
  return new Command('pull')
    .description('fetch NoETL’s OpenAPI document into openapi/noetl.json, and write its types and its source')
    .argument('[source]', 'an http(s) URL, or a file: JSON or YAML, OpenAPI 3.0 or 3.1')
    .option('--keep-docs', 'keep descriptions and examples; with schema.descriptions they appear in the schema')
    .option('--label <name>', 'the name of this release, for example v4.27.0; written to openapi/noetl.lock.json')
    .option(
      '--overlay <file...>',
      'repair the document with OpenAPI Overlays, in this order; paths are absolute, or relative to the project',
    )
    .addOption(
      new Option(
        '--playbooks [pattern]',
        'instead of the document: the variables and steps of the playbooks that actions name, and of those that match; can be repeated',
      )
        .preset(true)
        .argParser((value: string | true, before: readonly (string | true)[] = []) => [...before, value]),
    )
    .option('-C, --dir <folder>', 'the project’s folder', '.')
    .addHelpText(
      'after',
      `
Examples:
  noetl-gateway pull https://noetl.example.com/openapi.json
  noetl-gateway pull ./noetl-openapi.yaml
  noetl-gateway pull https://noetl.example.com/openapi.json --overlay openapi/repairs.yaml
  noetl-gateway pull https://noetl.example.com --playbooks
  noetl-gateway pull https://noetl.example.com --playbooks 'reports/*'

Without an address, playbooks are read from NOETL_BASE_URL, or from where the document came from.
A failed pull changes no file. Next: noetl-gateway generate.`,
    )
    .action(async (source: string | undefined, flags: PullFlags, command: Command) => {
      if (flags.playbooks !== undefined) return pullTheirPlaybooks(source, flags.playbooks, resolve(flags.dir));
      if (source === undefined) return command.error("error: missing required argument 'source'");
      const { dir, keepDocs, label, overlay } = flags;
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

/** `--playbooks`. @param given patterns; true: those of actions only */
async function pullTheirPlaybooks(
  source: string | undefined,
  given: readonly (string | true)[],
  projectDir: string,
): Promise<void> {
  const { pullPlaybooks } = await loadTools(() => import('../../generator/pull/pull-playbooks.ts'));
  const patterns = given.filter((one) => one !== true);
  // An option with a value takes an address that follows it.
  const address =
    source ?? patterns.find(isUrl) ?? process.env['NOETL_BASE_URL'] ?? (await readLock(projectDir))?.source;
  if (address === undefined || !isUrl(address)) {
    throw new GatewayError('ERR_SPEC_INVALID', 'NoETL’s address is not known.', {
      problems: ['name it: noetl-gateway pull https://noetl.example.com --playbooks'],
    });
  }
  const { actions } = await loadConfig(projectDir);
  const wanted = patterns.filter((one) => !isUrl(one));
  const { forms, changed } = await pullPlaybooks(address, { projectDir, actions, patterns: wanted });
  const news = changed.length === 0 ? 'nothing changed' : `wrote ${changed.join(', ')}`;
  console.log(`${forms.length} playbooks: ${news}`);
  if (forms.length === 0) console.log('note: no action names a playbook, and no pattern matches one');
}

const isUrl = (text: string): boolean => /^https?:\/\//i.test(text);

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
