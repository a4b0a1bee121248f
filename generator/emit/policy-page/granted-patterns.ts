import type { Grant } from '../../../core/access/grant.ts';
import type { Permission } from '../../../core/access/permission.ts';

/** What a role's own grants give: patterns that allow, and patterns that take away again. */
export interface GrantedPatterns {
  readonly allowed: readonly string[];
  readonly denied: readonly string[];
}

/**
 * Patterns that a role is given for any of the permissions. A pattern is taken away only when it is for all of them.
 * Grants of other roles that a user may have as well are not looked at.
 */
export function grantedPatterns(
  grants: readonly Grant[],
  role: string,
  permissions: readonly Permission[],
): GrantedPatterns {
  const patternsOf = (effect: Grant['effect'], permission: Permission) =>
    grants
      .filter((grant) => grant.role === role && grant.effect === effect && grant.permissions.includes(permission))
      .flatMap(({ patterns }) => patterns);
  const given = permissions.filter((permission) => patternsOf('allow', permission).length > 0);
  const [first, ...others] = given.map((permission) => new Set(patternsOf('deny', permission)));
  const denied = [...(first ?? [])].filter((pattern) => others.every((set) => set.has(pattern)));
  return { allowed: [...new Set(given.flatMap((permission) => patternsOf('allow', permission)))], denied };
}
