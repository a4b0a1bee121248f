import cluster from 'node:cluster';
import { availableParallelism } from 'node:os';
import process from 'node:process';
import type { ResolvedConfig } from '../../gateway/config/gateway-config.ts';
import { resolveConfig } from '../../gateway/config/resolve-config.ts';
import { loadConfig } from '../load-config.ts';
import { buildPages } from '../package.ts';

/**
 * Runs the gateway of a project: in this process, or in worker processes that this one starts.
 * @throws ERR_CONFIG_INVALID, before anything listens
 */
export async function serve(dir: string): Promise<void> {
  const declaration = await loadConfig(dir);
  const project = { declaration, ...resolveConfig(declaration, process.env) };
  // A worker reads the config itself: functions of it, such as rules and plugins, cannot be sent.
  if (cluster.isWorker) {
    const [{ joinCrew }, { runGateway }] = await Promise.all([import('./join-crew.ts'), import('./run-gateway.ts')]);
    return joinCrew((link) => runGateway(dir, project, link));
  }
  // Once, by the first process.
  await buildPages();
  const count = workersOf(project.config);
  if (count === 1) return (await import('./run-gateway.ts')).runGateway(dir, project);
  // A process that only starts workers loads no gateway.
  const { runWorkers } = await import('./run-workers.ts');
  await runWorkers(project.config, count);
}

/** How many processes there will be; `auto` is the number of cores that this process may use. */
const workersOf = ({ listen: { workers } }: ResolvedConfig): number =>
  workers === 'auto' ? availableParallelism() : workers;
