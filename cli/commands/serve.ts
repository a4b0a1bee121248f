import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { Command } from 'commander';
import { resolveConfig } from '../../core/config/resolve-config.ts';
import { GatewayError } from '../../core/errors.ts';
import { createGateway, type Gateway, type GatewayOptions } from '../../server/gateway.ts';
import { readOtelSettings } from '../../server/tracing/otel-settings.ts';
import { buildPages } from '../build-pages.ts';
import { driftOf } from '../drift-of.ts';
import { loadConfig, schemaFile } from '../load-config.ts';
import { packageVersion } from '../package-version.ts';
import { reportError } from '../report.ts';

/** `noetl-gateway serve`: the production server. Exits 1 before it listens when anything is wrong with its setting. */
export function serveCommand(): Command {
  return new Command('serve')
    .description('run the gateway: public listener on ROUTER_PORT (8090), internal one on GATEWAY_INTERNAL_PORT (8091)')
    .option('-C, --dir <folder>', 'the project’s folder', '.')
    .addHelpText(
      'after',
      `
Needs at least GATEWAY_TRUSTED_ISSUERS and GATEWAY_AUDIENCES; NOETL_BASE_URL says where NoETL is.
SIGTERM refuses new work, finishes what is in flight, and exits 0.`,
    )
    .action(async ({ dir }: { dir: string }) => {
      try {
        await serve(dir);
      } catch (error) {
        reportError(error);
        process.exit(1);
      }
    });
}

async function serve(dir: string): Promise<void> {
  const declaration = await loadConfig(dir);
  const { config, warnings } = resolveConfig(declaration, process.env);
  await buildPages();
  const gateway = await createGateway({
    config,
    sdl: await readSchema(dir),
    warnings,
    version: packageVersion(),
    ...(await restDocumentOf(dir)),
    ...policyFileOf(process.env),
    ...(await tracingOf(process.env)),
    ...(await driftOf(dir, declaration, config)),
  });
  await gateway.listen();
  stopOnSignals(gateway);
}

/** OpenTelemetry, where its variables ask for it. Its packages are loaded only then. @throws ERR_CONFIG_INVALID */
async function tracingOf(environment: NodeJS.ProcessEnv): Promise<Pick<GatewayOptions, 'tracing'>> {
  const settings = readOtelSettings(environment);
  if (settings === undefined) return {};
  const { createOpenTelemetry } = await import('../../server/tracing/open-telemetry.ts');
  return { tracing: createOpenTelemetry(settings, packageVersion()) };
}

/** The file with grants that `GATEWAY_POLICY_FILE` names; an empty value is ignored. */
export function policyFileOf(environment: NodeJS.ProcessEnv): { readonly policyFile?: string } {
  const file = environment['GATEWAY_POLICY_FILE']?.trim() ?? '';
  return file === '' ? {} : { policyFile: file };
}

/** The OpenAPI document that `generate` has written; nothing when it has not. */
export async function restDocumentOf(dir: string): Promise<Pick<GatewayOptions, 'restDocument'>> {
  return readFile(join(dir, 'docs', 'generated', 'rest.yaml'), 'utf8').then(
    (restDocument) => ({ restDocument }),
    () => ({}),
  );
}

/** The first signal drains; the second one ends at once. */
function stopOnSignals(gateway: Gateway): void {
  let stopping = false;
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (stopping) process.exit(1);
      stopping = true;
      gateway.stop().then(
        () => process.exit(0),
        (error: unknown) => {
          reportError(error);
          process.exit(1);
        },
      );
    });
  }
}

export async function readSchema(dir: string): Promise<string> {
  return readFile(schemaFile(dir), 'utf8').catch((error: unknown) => {
    throw new GatewayError('ERR_CONFIG_INVALID', 'there is no generated schema', {
      problems: ['run: noetl-gateway generate (in this repository: npm run generate)'],
      cause: error,
    });
  });
}
