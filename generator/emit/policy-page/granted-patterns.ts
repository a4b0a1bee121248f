import type { Grant } from '../../../core/access/grant.ts';
import type { Permission } from '../../../core/access/permission.ts';

/** What one role's grants give. */
export interface GrantedPatterns {
  readonly allowed: readonly Reach[];
  /** Patterns that a `deny` takes away. */
  readonly denied: readonly string[];
}

/** Patterns of one grant, or of several without exceptions, and what they leave out. */
export interface Reach {
  readonly patterns: readonly string[];
  readonly except: readonly string[];
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
  const grantsOf = (effect: Grant['effect'], permission: Permission) =>
    grants.filter((grant) => grant.role === role && grant.effect === effect && grant.permissions.includes(permission));
  const given = permissions.filter((permission) => grantsOf('allow', permission).length > 0);
  const [first, ...others] = given.map((permission) => new Set(patternsOf(grantsOf('deny', permission))));
  const denied = [...(first ?? [])].filter((pattern) => others.every((set) => set.has(pattern)));
  return { allowed: reachOf([...new Set(given.flatMap((permission) => grantsOf('allow', permission)))]), denied };
}

function reachOf(grants: readonly Grant[]): readonly Reach[] {
  const whole = patternsOf(grants.filter(({ except }) => except === undefined));
  const narrowed = grants.flatMap(({ patterns, except }) => (except === undefined ? [] : [{ patterns, except }]));
  return [...(whole.length === 0 ? [] : [{ patterns: whole, except: [] }]), ...narrowed];
}

const patternsOf = (grants: readonly Grant[]): readonly string[] => [
  ...new Set(grants.flatMap(({ patterns }) => patterns)),
];
