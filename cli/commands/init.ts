import { existsSync, readFileSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import process from 'node:process';
import { Command } from 'commander';
import { askUntilItBegins, type InitResult, type InitSteps, init, type PackageFacts } from '../../generator/init.ts';
import { loadSource, pullLimits } from '../../generator/pull/load-source.ts';
import { GatewayError } from '../../plugins/errors.ts';
import { installPackages, manifestPath, runInstalled } from '../package.ts';

interface InitFlags {
  readonly dir: string;
  readonly openapi?: string;
  readonly name?: string;
  readonly package?: string;
  readonly install: boolean;
  readonly yes?: boolean;
}

/** `noetl-gateway init`: a new gateway project, with everything that `generate` needs. */
export function initCommand(): Command {
  return new Command('init')
    .description('create a gateway project in an empty folder, or in a folder where only this package is installed')
    .option('--openapi <source>', 'URL or file of NoETL’s OpenAPI document')
    .option('--name <name>', 'the project’s name; by default the name of the folder')
    .option('--package <spec>', 'the package to install as noetl-gateway: a version, or a package file')
    .option('--no-install', 'do not run npm install')
    .option('-y, --yes', 'ask no questions')
    .option('-C, --dir <folder>', 'the new project’s folder', '.')
    .addHelpText(
      'after',
      `
Examples:
  npx noetl-gateway init                                      asks
  npx noetl-gateway init --yes --openapi https://noetl.example.com/openapi.json
  npx noetl-gateway init --yes --openapi ./openapi.json -C my-gateway

init completes an existing package.json, and overwrites no other file.`,
    )
    .action(async (flags: InitFlags) => {
      const begin = (openapi: string) =>
        init({
          dir: flags.dir,
          openapi,
          ...(flags.name === undefined ? {} : { name: flags.name }),
          package: packageFacts(flags),
          install: flags.install,
          steps,
        });
      const result = flags.openapi === undefined ? await askAndBegin(flags, begin) : await begin(flags.openapi);
      if (result === undefined) return;
      console.log(`\nwrote ${result.files.join(', ')}\n\nNext:`);
      for (const step of result.nextSteps) console.log(`  ${step}`);
    });
}

/**
 * With the packages that are installed where the command runs: `npx` brings the gateway, and not what only `generate`
 * needs.
 */
const steps: InitSteps = {
  async pull(source, projectDir) {
    const puller = await import('../../generator/pull/pull.ts').catch(absent);
    if (puller !== undefined) {
      await puller.pull(source, { projectDir });
      return true;
    }
    // The document is at least fetched, so that a place that is wrong is noticed before anything is written.
    await loadSource(source, { ...pullLimits, projectDir, fetch: globalThis.fetch, onProgress: () => {} });
    return false;
  },
  async install(projectDir) {
    console.log('installing packages with npm');
    await installPackages(projectDir);
  },
  pullInstalled: (source, projectDir) => runInstalled(projectDir, ['pull', source]),
};

/** Only what a missing package throws: nothing else may pass for its absence. */
function absent(error: unknown): undefined {
  if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error;
}

/** @returns undefined when the person changed their mind. */
async function askAndBegin(
  { yes, dir }: InitFlags,
  begin: (openapi: string) => Promise<InitResult>,
): Promise<InitResult | undefined> {
  // Without a person there is nothing to ask: a script would wait for ever.
  if (yes === true || process.stdin.isTTY !== true) {
    throw new GatewayError(
      'ERR_REQUEST_INVALID',
      'give the place of NoETL’s OpenAPI document: --openapi <url or file>',
    );
  }
  // Loaded only where a person is asked.
  const { cancel, confirm, isCancel, log, text } = await import('@clack/prompts');
  return askUntilItBegins({
    begin,
    askSource: async (before) => {
      const answer = await text({
        message: 'Where is NoETL’s OpenAPI document?',
        placeholder: 'http://noetl.noetl.svc.cluster.local:8082/openapi.json',
        ...(before === undefined ? {} : { initialValue: before }),
        validate: (value) => (value === undefined || value.trim() === '' ? 'a URL or a file' : undefined),
      });
      return isCancel(answer) ? undefined : answer.trim();
    },
    mayBegin: async () => (await confirm({ message: `Begin a project in ${resolve(dir)}?` })) === true,
    report: (problem) => log.error(problem),
    giveUp: () => cancel('nothing was written'),
  });
}

/** Packages that only `generate` needs are optional peers of this one; the compiler checks the project's config. */
function packageFacts({ package: spec, dir }: InitFlags): PackageFacts {
  const manifest = JSON.parse(readFileSync(manifestPath(), 'utf8')) as {
    version: string;
    peerDependencies: Record<string, string>;
    dependencies: Record<string, string>;
    devDependencies: Record<string, string>;
  };
  return {
    spec: spec === undefined ? manifest.version : specFrom(spec, dir),
    // The versions of this package's own manifest, which go together.
    tools: { ...manifest.peerDependencies, ...pick(manifest.devDependencies, ['@types/node', 'typescript']) },
    // Two copies of graphql in one process refuse each other's types.
    overrides: pick(manifest.dependencies, ['graphql']),
  };
}

/** A file is named as seen from the project: npm takes it from there. */
function specFrom(spec: string, dir: string): string {
  const file = resolve(spec.replace(/^file:/, ''));
  return existsSync(file) ? `file:${relative(resolve(dir), file).replaceAll('\\', '/')}` : spec;
}

function pick(versions: Readonly<Record<string, string>>, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.flatMap((name) => (versions[name] === undefined ? [] : [[name, versions[name]]])));
}
