import { readFileSync } from 'node:fs';
import process from 'node:process';
import { Command } from 'commander';
import { GatewayError } from '../../core/errors.ts';
import type { PackageFacts } from '../../generator/init/init.ts';
import { loadTools } from '../generator-tools.ts';
import { manifestPath } from '../package-version.ts';

interface InitFlags {
  readonly dir: string;
  readonly openapi?: string;
  readonly name?: string;
  readonly package?: string;
  readonly yes?: boolean;
}

/** `noetl-gateway init`: a new gateway project in an empty folder. */
export function initCommand(): Command {
  return new Command('init')
    .description('begin a gateway project in an empty folder')
    .option('--openapi <source>', 'URL or file of NoETL’s OpenAPI document')
    .option('--name <name>', 'the project’s name; the folder’s by default')
    .option('--package <spec>', 'what to install as noetl-gateway: a version, or the file of a package')
    .option('-y, --yes', 'ask nothing')
    .option('-C, --dir <folder>', 'the new project’s folder', '.')
    .addHelpText('after', '\nExample:\n  npx noetl-gateway init --yes --openapi https://noetl.example.com/openapi.json')
    .action(async (flags: InitFlags) => {
      const openapi = flags.openapi ?? (await askFor(flags));
      if (openapi === undefined) return;
      const [{ init }, { pull }] = await loadTools(() =>
        Promise.all([import('../../generator/init/init.ts'), import('../../generator/pull/pull.ts')]),
      );
      const result = await init({
        dir: flags.dir,
        openapi,
        ...(flags.name === undefined ? {} : { name: flags.name }),
        package: packageFacts(flags.package),
        pull: (source, projectDir) => pull(source, { projectDir }),
      });
      console.log(`wrote ${result.files.join(', ')} and openapi/\n\nNext:`);
      for (const step of result.nextSteps) console.log(`  ${step}`);
    });
}

/** @returns undefined when the person changed their mind. */
async function askFor({ yes, dir }: InitFlags): Promise<string | undefined> {
  if (yes === true || process.stdin.isTTY !== true) {
    throw new GatewayError('ERR_REQUEST_INVALID', 'tell where NoETL’s OpenAPI document is: --openapi <url or file>');
  }
  const { cancel, confirm, isCancel, text } = await loadTools(() => import('@clack/prompts'));
  const openapi = await text({
    message: 'Where is NoETL’s OpenAPI document?',
    placeholder: 'http://noetl.noetl.svc.cluster.local:8082/openapi.json',
    validate: (value) => (value === undefined || value.trim() === '' ? 'a URL or a file' : undefined),
  });
  if (isCancel(openapi)) return void cancel('nothing was written');
  const go = await confirm({ message: `Begin a project in ${dir}?` });
  if (isCancel(go) || !go) return void cancel('nothing was written');
  return openapi;
}

/** Packages that only `generate` needs; they are optional peers of this one. */
function packageFacts(spec: string | undefined): PackageFacts {
  const manifest = JSON.parse(readFileSync(manifestPath(), 'utf8')) as {
    version: string;
    peerDependencies?: Record<string, string>;
    dependencies: Record<string, string>;
  };
  return {
    spec: spec ?? manifest.version,
    tools: manifest.peerDependencies ?? {},
    overrides: { graphql: manifest.dependencies['graphql'] ?? '16.15.0' },
  };
}
