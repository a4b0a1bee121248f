import type { ResolvedConfig } from '../../gateway/config/gateway-config.ts';
import { GatewayError } from '../../plugins/errors.ts';
import { type Finding, fine, problem, warning } from './finding.ts';
import type { DoctorProbes } from './probes.ts';

/**
 * Whether `serve` would start: the generated schema, the policy file, OpenTelemetry, adapters and plugins by making the
 * same gateway; then files and ports.
 * @returns a problem for each line that `serve` would print before it exits
 */
export async function examineStart(
  { assemble, claim }: Pick<DoctorProbes, 'assemble' | 'claim'>,
  config: ResolvedConfig,
): Promise<readonly Finding[]> {
  const { problems, isRunning } = await claim(config);
  const found = [...(await problemsOf(assemble, config)), ...problems].map(startProblem);
  const { port, internalPort } = config.listen;
  // The ports are taken by the gateway itself; the other problems would stop a restart.
  if (isRunning) {
    const message = `a gateway listens on ports ${port} and ${internalPort} already`;
    const nextStep =
      'nothing, where it is this one; else stop it, or set ROUTER_PORT and GATEWAY_INTERNAL_PORT to others';
    return [...found, warning('start', message, nextStep)];
  }
  if (found.length > 0) return found;
  return [fine('start', 'schema, config, plugins and ports are as serve needs them')];
}

async function problemsOf(assemble: DoctorProbes['assemble'], config: ResolvedConfig): Promise<readonly string[]> {
  try {
    await assemble(config);
    return [];
  } catch (error) {
    if (error instanceof GatewayError) return error.problems.length > 0 ? error.problems : [error.message];
    // Of a plugin or an adapter: `serve` would print the same, with its stack.
    return [error instanceof Error ? `${error.name}: ${error.message}` : 'a value that is not an Error was thrown'];
  }
}

/** What `serve` would exit with. */
const startProblem = (message: string): Finding =>
  problem('start', message, 'correct it, and run doctor again: serve would exit with this');
