import { distance } from 'fastest-levenshtein';
import type { GatewayConfig } from '../../../gateway/config/gateway-config.ts';
import { GatewayError } from '../../../plugins/errors.ts';
import { environmentEntries } from './environment-entries.ts';

/** Names this near are one name and a slip of it. */
const slip = 2;

/**
 * Refuses names of variables in the declaration that are a known name but for a letter or two: the manifests and the
 * chart would offer the misspelt one, and the one that operators set would have no effect.
 * @throws ERR_CONFIG_INVALID with a line for each
 */
export function checkVariables(config: GatewayConfig, usual: GatewayConfig): void {
  const known = environmentEntries(usual).map(({ env }) => env);
  const problems = environmentEntries(config).flatMap(({ env }) => {
    if (known.includes(env)) return [];
    const near = known.find((name) => distance(name, env) <= slip);
    return near === undefined ? [] : [`env('${env}'): did you mean ${near}? Choose a name that is not so near to it`];
  });
  if (problems.length === 0) return;
  throw new GatewayError('ERR_CONFIG_INVALID', 'a variable in gateway.config.ts is misspelt', { problems });
}
