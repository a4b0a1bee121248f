import process from 'node:process';
import { createGateway, type Gateway } from '../../gateway/gateway.ts';
import { reportError } from '../errors.ts';
import { gatewayOptionsOf, type Project } from './project-gateway.ts';

/**
 * The gateway in this process, until a signal ends it.
 * @throws what stops a start; nothing listens then
 */
export async function runGateway(dir: string, project: Project): Promise<void> {
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
