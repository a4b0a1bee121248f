import process from 'node:process';
import { Command } from 'commander';
import { reportError } from '../errors.ts';

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
        // Loaded here, so that `--help` and a wrong option load no gateway.
        const { serve } = await import('../serve/serve.ts');
        await serve(dir);
      } catch (error) {
        reportError(error);
        // Forced: servers or timers that have been started would keep the process alive.
        process.exit(1);
      }
    });
}
