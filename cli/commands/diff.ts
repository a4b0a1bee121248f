import { basename, join, resolve } from 'node:path';
import process from 'node:process';
import { Command, Option } from 'commander';
import { renderDiffMarkdown, renderDiffText } from '../../generator/diff/render-diff.ts';
import { dropProse } from '../../generator/document/prose.ts';
import { gatewayLockPath, parseGatewayLock } from '../../generator/lock/gateway-lock.ts';
import type { OpenApiDocument } from '../../generator/openapi/open-api.ts';
import { readIfPresent } from '../../generator/project-folder.ts';
import { loadSource, pullLimits } from '../../generator/pull/load-source.ts';
import { GatewayError } from '../../plugins/errors.ts';
import { loadConfig } from '../load-config.ts';
import { loadTools } from '../package.ts';

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
    .action(diffDocuments);
}

/** Reads both documents, compares them under the project's config, and prints what changed. */
async function diffDocuments(old: string, now: string, { dir, json, markdown, all }: DiffFlags): Promise<void> {
  const projectDir = resolve(dir);
  const [{ diff }, { buildSchema }, { parseDocument }] = await loadTools(() =>
    Promise.all([
      import('../../generator/diff/diff.ts'),
      import('../../generator/build-schema.ts'),
      import('../../generator/pull/parse-document.ts'),
    ]),
  );
  const config = await loadConfig(projectDir);
  // Without prose on both sides: a pulled document has no prose.
  const read = async (source: string): Promise<{ name: string; document: OpenApiDocument }> => {
    const { name, bytes } = await load(source, projectDir);
    return { name, document: dropProse(await parseDocument(bytes).catch((error) => naming(source, error))) };
  };
  const [before, after] = await Promise.all([read(old), read(now)]);
  const report = await diff({
    before: before.document,
    after: after.document,
    names: { before: before.name, after: after.name },
    config,
    lock: parseGatewayLock(await readIfPresent(join(projectDir, gatewayLockPath))),
    buildSchema: (document, fitting, lock) =>
      // Changed meanings are what is asked for here, so they must not stop the comparison.
      buildSchema(document, fitting, { lock, accept: { changes: true, members: [] } }),
  });
  // Commander refuses both options together.
  const text =
    json === true
      ? JSON.stringify(report, undefined, 2)
      : markdown === true
        ? renderDiffMarkdown(report)
        : renderDiffText(report, { all: all === true });
  console.log(text.trimEnd());
  // Set and not forced: a long report may still be in the pipe.
  process.exitCode = report.breaks ? 1 : 0;
}

/** A document's bytes. @param source a URL or a file, as seen from where the command was given */
async function load(source: string, projectDir: string): Promise<{ name: string; bytes: Uint8Array }> {
  const isUrl = /^[a-z]+:\/\//i.test(source);
  const { bytes } = await loadSource(isUrl ? source : resolve(source), {
    ...pullLimits,
    projectDir,
    fetch: globalThis.fetch,
    onProgress: () => {},
  }).catch((error) => naming(source, error));
  return { name: isUrl ? new URL(source).host : basename(source), bytes };
}

/** Which of the two documents it was. */
function naming(source: string, error: unknown): never {
  if (!(error instanceof GatewayError)) throw error;
  const { code, message, problems, cause } = error;
  throw new GatewayError(code, `${source}: ${message}`, { problems, cause });
}
