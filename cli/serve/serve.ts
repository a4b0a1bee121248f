import process from 'node:process';
import { resolveConfig } from '../../gateway/config/resolve-config.ts';
import { loadConfig } from '../load-config.ts';
import { buildPages } from '../package.ts';

/**
 * Runs the gateway of a project in this process.
 * @throws ERR_CONFIG_INVALID, before anything listens
 */
export async function serve(dir: string): Promise<void> {
  const declaration = await loadConfig(dir);
  const project = { declaration, ...resolveConfig(declaration, process.env) };
  await buildPages();
  // A config that is refused loads no gateway.
  const { runGateway } = await import('./run-gateway.ts');
  await runGateway(dir, project);
}
