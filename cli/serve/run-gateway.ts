import process from 'node:process';
import { createGateway, type Gateway } from '../../gateway/gateway.ts';
import type { WorkerLink } from '../../gateway/workers/worker-link.ts';
import { reportError } from '../errors.ts';
import { gatewayOptionsOf, type Project } from './project-gateway.ts';

/**
 * The gateway in this process, until a signal or the first process ends it.
 * @param link to the first process, in a worker
 * @throws what stops a start; nothing listens then
 */
export async function runGateway(dir: string, project: Project, link?: WorkerLink): Promise<void> {
  const options = await gatewayOptionsOf(dir, project, process.env, link?.place);
  const gateway = await createGateway(link === undefined ? options : { ...options, link });
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
