import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import type { GatewayConfig, ResolvedConfig } from '../gateway/config/gateway-config.ts';
import type { GatewayOptions } from '../gateway/gateway-options.ts';
import { readOtelSettings } from '../gateway/observe/tracing.ts';
import { documentHash } from '../generator/document/document-hash.ts';
import { isRecord, type OpenApiDocument } from '../generator/openapi/open-api.ts';
import { pulledFiles } from '../generator/pull/pulled-files.ts';
import { GatewayError } from '../plugins/errors.ts';
import { policyCasesFile } from '../plugins/noetl-auth/access/policy-cases-file.ts';
import { maxPolicyBytes } from '../plugins/noetl-auth/access/policy-file.ts';
import { schemaFile } from './load-config.ts';
import { packageVersion } from './package.ts';

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
  const { createOpenTelemetry } = await import('../gateway/observe/open-telemetry.ts');
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
        const { upstreamReport } = await import('../generator/upstream/upstream-report.ts');
        const pulled = (await readJson(join(dir, pulledFiles.document))) as OpenApiDocument | undefined;
        return upstreamReport({ config, pulled, live: live as OpenApiDocument | undefined, role: roles[0] ?? 'admin' });
      },
    },
  };
}

/** @returns undefined for a file that is missing or not JSON: no drift is known then, and nothing fails */
const readJson = (file: string): Promise<unknown> => readFile(file, 'utf8').then(JSON.parse, () => undefined);
