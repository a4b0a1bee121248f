import { type CompiledGrants, decide } from './decision.ts';
import type { Grant } from './grant.ts';
import { splitPattern } from './pattern.ts';
import { type Permission, permissions } from './permission.ts';
import { parsePlaybookPath } from './playbook-path.ts';

/** Permissions that a role gains, or loses, on the paths of a pattern. */
export interface PolicyChange {
  readonly kind: 'opens' | 'closes';
  readonly role: string;
  readonly permission: Permission;
  /** A pattern of one of the two policies; the change is on paths that match it and no narrower pattern. */
  readonly pattern: string;
}

/**
 * Compares two policies by what they decide, not by how they are written. Every pattern of both, and every place where two of
 * them meet, is tried with an example path, for each role and permission.
 */
export function diffPolicies(
  before: CompiledGrants,
  after: CompiledGrants,
  roles: readonly string[],
): readonly PolicyChange[] {
  const examples = examplePaths([...before.grants, ...after.grants]);
  const changes = roles.flatMap((role) =>
    permissions.flatMap((permission) =>
      examples.flatMap(({ pattern, path }): PolicyChange[] => {
        const was = decide(before, { roles: [role] }, permission, path).allowed;
        const is = decide(after, { roles: [role] }, permission, path).allowed;
        return was === is ? [] : [{ kind: is ? 'opens' : 'closes', role, permission, pattern }];
      }),
    ),
  );
  return [...new Map(changes.map((change) => [Object.values(change).join(' '), change])).values()];
}

/** A text that no pattern is likely to name, so that only wildcards match it. */
const filler = 'x~example';

function examplePaths(grants: readonly Grant[]): readonly { readonly pattern: string; readonly path: string }[] {
  const patterns = new Set(grants.flatMap(({ patterns: own, except = [] }) => [...own, ...except]));
  return [...patterns].flatMap((pattern) => {
    const { prefix, middle, suffix } = splitPattern(pattern);
    const pieces = [prefix, ...middle, ...(suffix === undefined ? [] : [suffix])];
    // With and without text in the place of a wildcard: `a*` matches `a` too.
    const texts = new Set([pieces.join(filler), pieces.join('')]);
    return [...texts].filter((text) => parsePlaybookPath(text) !== undefined).map((path) => ({ pattern, path }));
  });
}
