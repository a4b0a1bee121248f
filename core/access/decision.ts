import type { User } from '../session/session.ts';
import type { Grant } from './grant.ts';
import { compilePattern, type PathMatcher } from './pattern.ts';
import type { Permission } from './permission.ts';
import { parsePlaybookPath } from './playbook-path.ts';

/**
 * Allowed by a grant, or denied: by a `deny` grant, because no grant allows, because the path is not in normal form, or
 * because it is one of the gateway's own auth playbooks.
 */
export type Decision =
  | { readonly allowed: true; readonly grant: Grant | undefined }
  | {
      readonly allowed: false;
      readonly why: 'denied' | 'no-grant' | 'path-refused' | 'reserved' | 'upstream';
      readonly grant: Grant | undefined;
    };

interface CompiledGrant {
  readonly grant: Grant;
  readonly matches: readonly PathMatcher[];
}

/** Grants by role, permission and effect, with their patterns compiled; plus the paths that are nobody's. */
export interface CompiledGrants {
  readonly byRole: ReadonlyMap<string, Readonly<Record<'allow' | 'deny', ReadonlyMap<Permission, CompiledGrant[]>>>>;
  readonly reserved: ReadonlySet<string>;
}

/** @param reserved catalog paths that nobody may start or see through the gateway. */
export function compileGrants(grants: readonly Grant[], reserved: Iterable<string>): CompiledGrants {
  const byRole = new Map<string, Record<'allow' | 'deny', Map<Permission, CompiledGrant[]>>>();
  for (const grant of grants) {
    const entry = byRole.get(grant.role) ?? { allow: new Map(), deny: new Map() };
    byRole.set(grant.role, entry);
    const compiled = { grant, matches: grant.patterns.map(compilePattern) };
    for (const permission of grant.permissions) {
      const list = entry[grant.effect].get(permission) ?? [];
      list.push(compiled);
      entry[grant.effect].set(permission, list);
    }
  }
  return { byRole, reserved: new Set(reserved) };
}

/** The one function that says yes. Pure; a deny of any of the user's roles wins over every allow. */
export function decide(grants: CompiledGrants, user: User, permission: Permission, path: string): Decision {
  if (parsePlaybookPath(path) === undefined) return { allowed: false, why: 'path-refused', grant: undefined };
  if (grants.reserved.has(path)) return { allowed: false, why: 'reserved', grant: undefined };
  const denied = find(grants, user, 'deny', permission, path);
  if (denied !== undefined) return { allowed: false, why: 'denied', grant: denied };
  const allowed = find(grants, user, 'allow', permission, path);
  if (allowed !== undefined) return { allowed: true, grant: allowed };
  return { allowed: false, why: 'no-grant', grant: undefined };
}

function find(
  grants: CompiledGrants,
  user: User,
  effect: 'allow' | 'deny',
  permission: Permission,
  path: string,
): Grant | undefined {
  for (const role of user.roles) {
    const found = grants.byRole
      .get(role)
      ?.[effect].get(permission)
      ?.find(({ matches }) => matches.some((match) => match(path)));
    if (found !== undefined) return found.grant;
  }
  return undefined;
}
