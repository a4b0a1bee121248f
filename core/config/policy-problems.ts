import type { Grant } from '../access/grant.ts';
import { permissions } from '../access/permission.ts';
import type { GatewayConfig } from './gateway-config.ts';

/**
 * What a typed editor would have refused, said at run time: unknown roles and permissions in grants and access rules.
 * One line each, with the place.
 */
export function policyProblems(config: GatewayConfig): string[] {
  const known = new Set<string>(config.roles);
  const unknownRole = (place: string, role: string) =>
    known.has(role) ? [] : [`${place}: there is no role ${role}; roles are ${[...known].join(', ')}`];
  const ofGrants = config.grants.flatMap((grant, index) => {
    const place = grant.source ?? `grants[${index}]`;
    return [...unknownRole(place, grant.role), ...grantProblems(place, grant)];
  });
  const ofRules = Object.entries(config.operations).flatMap(([field, { access }]) =>
    access.kind === 'role' ? access.roles.flatMap((role) => unknownRole(`operations.${field}.access`, role)) : [],
  );
  return [...ofGrants, ...ofRules];
}

function grantProblems(place: string, grant: Grant): string[] {
  const unknown = grant.permissions.filter((permission) => !permissions.includes(permission));
  return [
    ...unknown.map((name) => `${place}: there is no permission ${name}; permissions are ${permissions.join(', ')}`),
    ...(grant.patterns.some((pattern) => pattern === '') ? [`${place}: a pattern is empty`] : []),
  ];
}
