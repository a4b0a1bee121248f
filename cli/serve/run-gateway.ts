import process from 'node:process';
import type { GatewayConfig } from '../../core/config/gateway-config.ts';
import type { ResolvedConfig } from '../../core/config/resolved-config.ts';
import { createGateway, type Gateway, type GatewayOptions } from '../../server/gateway.ts';
import { readOtelSettings } from '../../server/tracing/otel-settings.ts';
import type { WorkerLink } from '../../server/workers/worker-link.ts';
import { driftOf } from '../drift-of.ts';
import { packageVersion } from '../package-version.ts';
import { reportError } from '../report.ts';
import { policyFileOf, readSchema, restDocumentOf } from './project-files.ts';

/** The config of a project, as it was written and as it is read. */
export interface Project {
  readonly declaration: GatewayConfig;
  readonly config: ResolvedConfig;
  readonly warnings: readonly string[];
}

/** The gateway in this process, until a signal or the first process ends it. */
export async function runGateway(dir: string, project: Project, link?: WorkerLink): Promise<void> {
  const { declaration, config, warnings } = project;
  const gateway = await createGateway({
    config,
    sdl: await readSchema(dir),
    warnings,
    version: packageVersion(),
    ...(await restDocumentOf(dir)),
    ...policyFileOf(process.env),
    ...(await tracingOf(process.env)),
    ...(await driftOf(dir, declaration, config)),
    ...(link && { link }),
  });
  // Also when an exception that was not caught ends the process.
  process.on('exit', () => gateway.flushNow());
  await gateway.listen();
  const stop = stopOnce(gateway);
  process.on('SIGTERM', stop);
  if (link === undefined) {
    process.on('SIGINT', stop);
    return;
  }
  // A terminal sends it to every process; the first one decides what follows.
  process.on('SIGINT', () => {});
  link.channel.handle({ stop });
  link.channel.tell('listening');
}

/** OpenTelemetry, where its variables ask for it. Its packages are loaded only then. @throws ERR_CONFIG_INVALID */
async function tracingOf(environment: NodeJS.ProcessEnv): Promise<Pick<GatewayOptions, 'tracing'>> {
  const settings = readOtelSettings(environment);
  if (settings === undefined) return {};
  const { createOpenTelemetry } = await import('../../server/tracing/open-telemetry.ts');
  return { tracing: createOpenTelemetry(settings, packageVersion()) };
}

/** The first call drains and ends the process; the second one ends it at once. */
function stopOnce(gateway: Gateway): () => void {
  let isStopping = false;
  return () => {
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
