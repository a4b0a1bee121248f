import process from 'node:process';
import { Command } from 'commander';
import { resolveConfig } from '../../gateway/config/resolve-config.ts';
import type { Gateway } from '../../gateway/gateway.ts';
import { loadConfig } from '../load-config.ts';
import { buildPages, reportError } from '../package.ts';

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
  const { gatewayOptionsOf } = await import('../project-gateway.ts');
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
