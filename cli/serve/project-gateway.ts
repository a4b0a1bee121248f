import process from 'node:process';
import type { GatewayConfig } from '../../gateway/config/gateway-config.ts';
import type { ResolvedConfig } from '../../gateway/config/resolved-config.ts';
import type { GatewayOptions } from '../../gateway/gateway-options.ts';
import { readOtelSettings } from '../../gateway/observe/otel-settings.ts';
import { driftOf } from '../drift-of.ts';
import { packageVersion } from '../package-version.ts';
import { policyCasesOf, policyFileOf, readSchema, restDocumentOf } from './project-files.ts';

/** The config of a project, as it was written and as it is read. */
export interface Project {
  readonly declaration: GatewayConfig;
  readonly config: ResolvedConfig;
  readonly warnings: readonly string[];
}

/**
 * What `serve` makes the gateway of a project of; `doctor` makes one of the same.
 * @param place of this process among several workers
 * @throws ERR_CONFIG_INVALID
 */
export async function gatewayOptionsOf(
  dir: string,
  project: Project,
  environment: NodeJS.ProcessEnv = process.env,
  place?: number,
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
    ...(await tracingOf(environment, place)),
    ...(await driftOf(dir, declaration, config)),
  };
}

/** OpenTelemetry, where its variables ask for it. Its packages are loaded only then. @throws ERR_CONFIG_INVALID */
async function tracingOf(
  environment: NodeJS.ProcessEnv,
  place: number | undefined,
): Promise<Pick<GatewayOptions, 'tracing'>> {
  const settings = readOtelSettings(environment);
  if (settings === undefined) return {};
  const { createOpenTelemetry } = await import('../../gateway/observe/open-telemetry.ts');
  return { tracing: createOpenTelemetry(settings, packageVersion(), place) };
}
