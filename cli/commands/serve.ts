import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { Command } from 'commander';
import type { GatewayConfig, ResolvedConfig } from '../../gateway/config/gateway-config.ts';
import { resolveConfig } from '../../gateway/config/resolve-config.ts';
import type { Gateway, GatewayOptions } from '../../gateway/gateway.ts';
import { readOtelSettings } from '../../gateway/observe/tracing.ts';
import { documentHash } from '../../generator/document/document-hash.ts';
import { isRecord, type OpenApiDocument } from '../../generator/openapi/open-api.ts';
import { pulledFiles } from '../../generator/pull/pulled-files.ts';
import { GatewayError } from '../../plugins/errors.ts';
import { policyCasesFile } from '../../plugins/noetl-auth/access/policy-cases-file.ts';
import { maxPolicyBytes } from '../../plugins/noetl-auth/access/policy-file.ts';
import { loadConfig, schemaFile } from '../load-config.ts';
import { buildPages, packageVersion, reportError } from '../package.ts';

/** `noetl-gateway serve`: the production server. Exits 1 before it listens when anything is wrong with its setting. */
export function serveCommand(): Command {
  return new Command('serve')
    .description('run the gateway: public listener on ROUTER_PORT (8090), internal one on GATEWAY_INTERNAL_PORT (8091)')
    .option('-C, --dir <folder>', 'the project’s folder', '.')
    .addHelpText(
      'after',
      `
Needs at least GATEWAY_TRUSTED_ISSUERS and GATEWAY_AUDIENCES; NOETL_BASE_URL is the address of NoETL.
At SIGTERM the gateway refuses new work, finishes running requests, and exits 0.`,
    )
    .action(async ({ dir }: { dir: string }) => {
      try {
        await serve(dir);
      } catch (error) {
        reportError(error);
        // Forced: servers or timers that have been started would keep the process alive.
        process.exit(1);
      }
    });
}

/**
 * Runs the gateway of a project in this process, until a signal ends it.
 * @throws ERR_CONFIG_INVALID, and what stops a start; nothing listens then
 */
async function serve(dir: string): Promise<void> {
  const declaration = await loadConfig(dir);
  const project = { declaration, ...resolveConfig(declaration, process.env) };
  await buildPages();
  // Loaded here, so that `--help`, a wrong option and a config that is refused load no gateway.
  const { createGateway } = await import('../../gateway/gateway.ts');
  const gateway = await createGateway(await gatewayOptionsOf(dir, project));
  // Also when an exception that was not caught ends the process.
  process.on('exit', () => gateway.flushNow());
  await gateway.listen();
  const stop = stopOnce(gateway);
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, stop);
}

/** The first call drains and ends the process; the second one ends it at once. */
function stopOnce(gateway: Gateway): () => void {
  let isStopping = false;
  return () => {
    // A person who presses Ctrl-C again does not want to wait for the drain.
    if (isStopping) process.exit(1);
    isStopping = true;
    gateway.stop().then(
      () => process.exit(0),
      (error: unknown) => {
        reportError(error);
        process.exit(1);
      },
    );
  };
}

/** The config of a project, as it was written and as it is read. */
export interface Project {
  readonly declaration: GatewayConfig;
  readonly config: ResolvedConfig;
  readonly warnings: readonly string[];
}

/**
 * What `serve` makes the gateway of a project of; `doctor` makes one of the same.
 * @throws ERR_CONFIG_INVALID
 */
export async function gatewayOptionsOf(
  dir: string,
  project: Project,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<GatewayOptions> {
  const { declaration, config, warnings } = project;
  return {
    config,
    sdl: await readSchema(dir),
    warnings,
    version: packageVersion(),
    ...(await restDocumentOf(dir)),
    ...policyFileOf(environment),
    ...policyCasesOf(dir),
    ...(await tracingOf(environment)),
    ...(await driftOf(dir, declaration, config)),
  };
}

/** OpenTelemetry, where its variables ask for it. Its packages are loaded only then. @throws ERR_CONFIG_INVALID */
async function tracingOf(environment: NodeJS.ProcessEnv): Promise<Pick<GatewayOptions, 'tracing'>> {
  const settings = readOtelSettings(environment);
  if (settings === undefined) return {};
  const { createOpenTelemetry } = await import('../../gateway/observe/open-telemetry.ts');
  return { tracing: createOpenTelemetry(settings, packageVersion()) };
}

/** The generated schema. @throws ERR_CONFIG_INVALID when `generate` has not run */
export async function readSchema(dir: string): Promise<string> {
  return readFile(schemaFile(dir), 'utf8').catch((error: unknown) => {
    throw new GatewayError('ERR_CONFIG_INVALID', 'there is no generated schema', {
      problems: ['run: noetl-gateway generate (in this repository: npm run generate)'],
      cause: error,
    });
  });
}

/** The file with grants that `GATEWAY_POLICY_FILE` names; an empty value is ignored. */
export function policyFileOf(environment: NodeJS.ProcessEnv): { readonly policyFile?: string } {
  const file = environment['GATEWAY_POLICY_FILE']?.trim() ?? '';
  return file === '' ? {} : { policyFile: file };
}

/** The project's file of policy cases, read whenever it is asked for. A file that is too large counts as missing. */
export function policyCasesOf(dir: string): Required<Pick<GatewayOptions, 'policyCases'>> {
  const file = join(dir, policyCasesFile);
  return {
    async policyCases() {
      // Looked at first: the file is read whenever an operator asks, and may have grown to any size.
      const size = await stat(file).then(
        (found) => found.size,
        () => undefined,
      );
      return size === undefined || size > maxPolicyBytes ? undefined : readFile(file, 'utf8').catch(() => undefined);
    },
  };
}

/** The OpenAPI document that `generate` has written; nothing when it has not. */
export async function restDocumentOf(dir: string): Promise<Pick<GatewayOptions, 'restDocument'>> {
  return readFile(join(dir, 'docs', 'generated', 'rest.yaml'), 'utf8').then(
    (restDocument) => ({ restDocument }),
    () => ({}),
  );
}

/**
 * What NoETL's live document is compared with; nothing when no document was pulled into this project, or by an earlier
 * version, whose lock has no hash of the API.
 */
export async function driftOf(
  dir: string,
  config: GatewayConfig,
  { console: { roles } }: Pick<ResolvedConfig, 'console'>,
): Promise<Pick<GatewayOptions, 'drift'>> {
  const lock = await readJson(join(dir, pulledFiles.lock));
  const { apiSha256, source, date, operations } = isRecord(lock) ? lock : {};
  if (typeof apiSha256 !== 'string') return {};
  return {
    drift: {
      lockedHash: apiSha256,
      hashOf: (document) => documentHash(document as OpenApiDocument),
      pulled: {
        ...(typeof source === 'string' && { source }),
        ...(typeof date === 'string' && { date }),
        ...(typeof operations === 'number' && { operations }),
      },
      // Loaded when an operator asks: most processes never compare.
      report: async (live) => {
        const { upstreamReport } = await import('../../generator/upstream/upstream-report.ts');
        const pulled = (await readJson(join(dir, pulledFiles.document))) as OpenApiDocument | undefined;
        return upstreamReport({ config, pulled, live: live as OpenApiDocument | undefined, role: roles[0] ?? 'admin' });
      },
    },
  };
}

/** @returns undefined for a file that is missing or not JSON: no drift is known then, and nothing fails */
const readJson = (file: string): Promise<unknown> => readFile(file, 'utf8').then(JSON.parse, () => undefined);
