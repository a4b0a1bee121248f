import { mkdirSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import process from 'node:process';
import { setFlagsFromString } from 'node:v8';
import { Command, Option } from 'commander';
import { renderDiffText } from '../../generator/diff/render-diff.ts';
import type { Difference, GenerateResult, Stage } from '../../generator/generate.ts';
import { type Acceptance, newMemberLines } from '../../generator/lock/new-members.ts';
import { pulledFiles } from '../../generator/pull/pulled-files.ts';
import { configFile, loadConfig } from '../load-config.ts';
import { loadTools, reportError } from '../package.ts';

interface GenerateFlags {
  readonly dir: string;
  readonly check?: boolean;
  readonly watch?: boolean;
  readonly verbose?: boolean;
  readonly quiet?: boolean;
  readonly accept?: readonly (string | true)[];
  readonly failOnBreaking?: boolean;
}

/**
 * `noetl-gateway generate`: writes everything that is generated, or with `--check` reports the differences.
 */
export function generateCommand(): Command {
  return new Command('generate')
    .description(
      'write schema, table, routes, client, pages and manifests from gateway.config.ts and openapi/noetl.json',
    )
    .option('--check', 'write nothing; exit 1 when a file is stale, missing or orphaned')
    .option('--watch', 'run again at each change of the document, the config, or a file that the config imports')
    .option('--fail-on-breaking', 'for pipelines: write nothing and exit 1 when something that is open would break')
    .option('--verbose', 'print stages with their times, and the effect of each normalising rule')
    .option('--quiet', 'print problems only')
    .addOption(
      new Option(
        '--accept [name]',
        'without a name: accept public names with a changed meaning; with a name (executions.newField, executions.args.page, executions, *): open the new parts; can be repeated',
      )
        .preset(true)
        .argParser(collect),
    )
    .option('-C, --dir <folder>', 'the project’s folder', '.')
    .addHelpText(
      'after',
      `
New parts of an open operation stay closed. generate lists them as "new, closed" until you accept them, or hide them in
the row. A failed run changes no file. Next: read the diff, then noetl-gateway explain --table.

Exit codes: 0 fine, 1 --check found files that are out of date or --fail-on-breaking a break, 2 the config, the document or the lock is broken.`,
    )
    .action(async (flags: GenerateFlags) => {
      const projectDir = resolve(flags.dir);
      if (flags.watch !== true) {
        await runOnce(projectDir, flags);
        return;
      }
      // Files that the config imports are followed as well, as soon as a run has found them.
      const files = [configFile, 'openapi/noetl.json', 'openapi/gateway.yaml'].map((file) => join(projectDir, file));
      await watchFiles(files, () => runSafely(projectDir, flags));
      console.log('watching: end with Ctrl-C');
    });
}

/** @returns the files that the config is made of, as far as they could be found */
async function runSafely(projectDir: string, flags: GenerateFlags): Promise<readonly string[]> {
  const files: string[] = [];
  try {
    await runOnce(projectDir, flags, (file) => files.push(file));
  } catch (error) {
    reportError(error);
  }
  return files;
}

async function runOnce(projectDir: string, flags: GenerateFlags, onFile?: (file: string) => void): Promise<void> {
  const [{ generate }, { emitters }] = await loadTools(() =>
    Promise.all([import('../../generator/generate.ts'), import('../../generator/emit/emitters.ts')]),
  );
  // Before anything is allocated: the flag is about the growth from here on.
  await spareMemory(projectDir);
  const stages: Stage[] = [];
  const startedAt = performance.now();
  // Read again at each run of `--watch`; else once, by Node's own import.
  const config = await loadConfig(projectDir, onFile === undefined ? {} : { onFile });
  // Mesh is loaded when it is needed.
  const result = await loadTools(() =>
    generate({
      projectDir,
      config,
      emitters,
      check: flags.check === true,
      failOnBreaking: flags.failOnBreaking === true,
      accept: acceptance(flags.accept ?? []),
      onStage: (stage) => stages.push(stage),
    }),
  );
  // Before `--quiet`: it silences words, not the exit code.
  const isBreaking = flags.failOnBreaking === true && result.news?.breaks === true;
  if (isBreaking || (flags.check === true && result.differences.length > 0)) process.exitCode = 1;
  if (flags.quiet === true) return;
  for (const note of result.notes) console.log(`note: ${note}`);
  if (result.news !== undefined) console.log(renderDiffText(result.news, { lister: 'noetl-gateway diff --all' }));
  for (const line of newMemberLines(result)) console.log(line);
  if (flags.verbose === true) console.log(details(stages, result));
  else console.log(`stages: ${stages.map(({ name, ms }) => `${name} ${ms.toFixed(0)} ms`).join(', ')}`);
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  console.log(summary(result, flags, seconds));
}

/** From so many bytes of a document on the heap is kept small; below it would only cost time. */
const largeDocument = 2 * 1024 * 1024;

/**
 * Garbage of a large document is collected when the heap has grown by a third, not by more than twice: containers of CI
 * are small.
 */
async function spareMemory(projectDir: string): Promise<void> {
  const { size } = await stat(join(projectDir, pulledFiles.document)).catch(() => ({ size: 0 }));
  if (size > largeDocument) setFlagsFromString('--heap-growing-percent=30');
}

/** An option that may be repeated, with or without a value. */
function collect(value: string | true, before: readonly (string | true)[] = []): readonly (string | true)[] {
  return [...before, value];
}

/** `--accept` alone accepts changed meanings; with names, separated by commas or in several options, new members. */
const acceptance = (given: readonly (string | true)[]): Acceptance => ({
  changes: given.includes(true),
  members: given.flatMap((value) => (value === true ? [] : value.split(','))).map((name) => name.trim()),
});

function summary({ differences, files, news }: GenerateResult, flags: GenerateFlags, seconds: string): string {
  if (flags.check === true) {
    if (differences.length === 0) return `${files.length} files are up to date (${seconds} s)`;
    return [
      ...differences.map(differenceText),
      `${differences.length} of ${files.length} files are out of date: run noetl-gateway generate, and commit what it writes`,
    ].join('\n');
  }
  if (flags.failOnBreaking === true && news?.breaks === true)
    return 'Nothing is written, since something that is open would break: adapt the config, or generate without --fail-on-breaking';
  const changed = differences.map(({ path, kind }) => `${verbs[kind]} ${path}`);
  return [...changed, `${files.length} files, ${changed.length} changed (${seconds} s)`].join('\n');
}

/** In the summary of a run that has written. */
const verbs = { stale: 'wrote', missing: 'wrote', orphaned: 'removed' } as const;

function differenceText({ path, kind, diff }: Difference): string {
  const lines = diff.split('\n').filter((line) => line !== '');
  return [`${kind}: ${path}`, ...lines.map((line) => `    ${line}`)].join('\n');
}

function details(stages: readonly Stage[], { rules }: GenerateResult): string {
  const times = stages.map(({ name, ms }) => `  ${name.padEnd(24)} ${ms.toFixed(0).padStart(6)} ms`);
  const counts = rules.map(({ rule, changes }) => `  ${rule.padEnd(24)} ${String(changes).padStart(6)} changes`);
  return ['stages', ...times, 'normalising rules', ...counts].join('\n');
}

/** Time without a change before a run, so that one saving of several files is one run. */
const settleMs = 50;

/** Times of files are those of the kernel's last tick. */
const tickMs = 10;

/**
 * Runs once, and again when one of the files changes, after the writing has settled; never twice at once. A file may be
 * missing; its folder is made. Resolves after the first run; the process then stays alive, until the function is called
 * that it resolves to.
 * @param run must not throw. It answers which files to follow from then on, beside those that are followed already
 */
export async function watchFiles(
  files: readonly string[],
  run: () => Promise<readonly string[]>,
): Promise<() => Promise<void>> {
  const { watch } = await loadTools(() => import('chokidar'));
  for (const folder of new Set(files.map((file) => dirname(file)))) mkdirSync(folder, { recursive: true });
  // Editors replace files: a file that is back at once has changed, and was not removed.
  const watcher = watch([...files], { alwaysStat: true, atomic: true });
  const followed = new Set(files);
  const notSeen = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  let startedAt = Number.POSITIVE_INFINITY;
  let isRunning = false;
  let isDue = false;
  const start = async () => {
    if (isRunning) {
      isDue = true;
      return;
    }
    isRunning = true;
    startedAt = Date.now();
    const found = (await run()).filter((file) => !followed.has(file));
    for (const file of found) {
      notSeen.add(file);
      followed.add(file);
    }
    watcher.add(found);
    isRunning = false;
    if (isDue) settle();
    isDue = false;
  };
  const settle = () => {
    clearTimeout(timer);
    timer = setTimeout(() => void start(), settleMs);
  };
  /**
   * A file that is followed from now on is reported once, changed or not; it may have changed since the run has read
   * it.
   */
  const isAsItWasRead = (file: string, mtimeMs: number) => notSeen.delete(file) && mtimeMs < startedAt - tickMs;
  // What is there before the first run is read by it.
  await new Promise<void>((resolve) => watcher.once('ready', resolve));
  watcher.on('all', (event, file, stats) => {
    if (event !== 'add' || !isAsItWasRead(file, stats?.mtimeMs ?? Number.POSITIVE_INFINITY)) settle();
  });
  await start();
  return async () => {
    clearTimeout(timer);
    await watcher.close();
  };
}
