import { checkGrants } from '../../plugins/noetl-auth/access/check-grants.ts';
import type { GatewayConfig } from './gateway-config.ts';

/** One line each, with the place. A problem stops the start, a warning does not. */
export interface PolicyFindings {
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
}

/**
 * Findings of a typed editor, reported at run time: unknown roles and permissions in grants and access rules, and
 * grants that cannot do what they name. One line each, with the place.
 */
export function policyFindings(config: GatewayConfig): PolicyFindings {
  const { problems, warnings } = checkGrants(config.grants, config.roles);
  const known = new Set<string>(config.roles);
  const ofRules = Object.entries(config.operations).flatMap(([field, { access }]) => {
    if (access.kind !== 'role') return [];
    const unknown = access.roles.filter((role) => !known.has(role));
    return unknown.map(
      (role) => `operations.${field}.access: there is no role ${role}; roles are ${[...known].join(', ')}`,
    );
  });
  return { problems: [...problems, ...ofRules], warnings: [...warnings, ...combineWarning(config)] };
}

/** `both` with one checker is one checker: a team that asked for two must know that there is no second. */
function combineWarning({ auth, adapters }: GatewayConfig): string[] {
  const { checker = 'local', combine } = auth?.access ?? {};
  return combine === 'both' && checker === 'local' && adapters?.accessChecker === undefined
    ? ["auth.access.combine: 'both' has nothing to combine: auth.access.checker is 'local'"]
    : [];
}
