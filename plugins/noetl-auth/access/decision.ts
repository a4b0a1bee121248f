import type { User } from '../session/session.ts';
import type { Grant, Permission } from './grant.ts';
import { createPatternIndex, findInIndex, type PatternIndex } from './pattern-index.ts';
import { type PlaybookPath, parsePlaybookPath } from './playbook-path.ts';

/**
 * Allowed by a grant, or denied: by a `deny` grant, because no grant allows, because the path is not in normal form,
 * because it is one of the gateway's own auth playbooks, or because NoETL denies it.
 */
export type Decision =
  | { readonly allowed: true; readonly grant: Grant | undefined }
  | {
      readonly allowed: false;
      readonly why: 'denied' | 'no-grant' | 'path-refused' | 'reserved' | 'upstream';
      readonly grant: Grant | undefined;
    };

type Effect = Grant['effect'];

/** A grant with its exceptions indexed. */
export interface IndexedGrant {
  readonly grant: Grant;
  readonly except: PatternIndex<string> | undefined;
}

type GrantIndex = ReadonlyMap<Permission, ReadonlyMap<string, PatternIndex<IndexedGrant>>>;

/** Grants by effect, permission and role, with their patterns indexed; plus the paths that are reserved. */
export interface CompiledGrants {
  readonly grants: readonly Grant[];
  readonly index: Readonly<Record<Effect, GrantIndex>>;
  readonly reserved: ReadonlySet<string>;
}

/** @param reserved catalog paths that no user may start or see through the gateway. */
export function compileGrants(grants: readonly Grant[], reserved: Iterable<string>): CompiledGrants {
  const ofEffect = (effect: Effect) => indexGrants(grants.filter((grant) => grant.effect === effect));
  return { grants, index: { allow: ofEffect('allow'), deny: ofEffect('deny') }, reserved: new Set(reserved) };
}

function indexGrants(grants: readonly Grant[]): GrantIndex {
  const rows = grants.flatMap((grant) => {
    const value: IndexedGrant = { grant, except: indexExceptions(grant) };
    return grant.permissions.flatMap((permission) => grant.patterns.map((pattern) => ({ permission, pattern, value })));
  });
  type Row = (typeof rows)[number];
  const indexed = (list: readonly Row[]) => createPatternIndex(list.map(({ pattern, value }) => [pattern, value]));
  const byRole = (list: readonly Row[]) =>
    new Map([...Map.groupBy(list, ({ value }) => value.grant.role)].map(([role, ofRole]) => [role, indexed(ofRole)]));
  const byPermission = Map.groupBy(rows, ({ permission }) => permission);
  return new Map([...byPermission].map(([permission, list]) => [permission, byRole(list)]));
}

/** Exceptions narrow an `allow` only: on a `deny` they would open paths. */
function indexExceptions({ effect, except = [] }: Grant): PatternIndex<string> | undefined {
  if (effect === 'deny' || except.length === 0) return undefined;
  return createPatternIndex(except.map((pattern) => [pattern, pattern]));
}

/** The one function that allows. Pure; a `deny` of any of the user's roles wins over every `allow`. */
export function decide(
  grants: CompiledGrants,
  user: Pick<User, 'roles'>,
  permission: Permission,
  path: PlaybookPath,
): Decision {
  if (grants.reserved.has(path)) return { allowed: false, why: 'reserved', grant: undefined };
  const denied = find(grants, user.roles, 'deny', permission, path);
  if (denied !== undefined) return { allowed: false, why: 'denied', grant: denied };
  const allowed = find(grants, user.roles, 'allow', permission, path);
  if (allowed !== undefined) return { allowed: true, grant: allowed };
  return { allowed: false, why: 'no-grant', grant: undefined };
}

/** Of a path that was not parsed before: a policy case, a question of an operator. */
export function decideOnText(grants: CompiledGrants, user: Pick<User, 'roles'>, permission: Permission, text: string) {
  const path = parsePlaybookPath(text);
  return path === undefined ? pathRefused : decide(grants, user, permission, path);
}

/** Of a path that is not in normal form: no pattern is tried on it. */
export const pathRefused: Decision = { allowed: false, why: 'path-refused', grant: undefined };

function find(
  { index }: CompiledGrants,
  roles: readonly string[],
  effect: Effect,
  permission: Permission,
  path: PlaybookPath,
): Grant | undefined {
  const byRole = index[effect].get(permission);
  if (byRole === undefined) return undefined;
  for (const role of roles) {
    const patterns = byRole.get(role);
    const found = patterns && findInIndex(patterns, path, reaches);
    if (found !== undefined) return found.grant;
  }
  return undefined;
}

function reaches({ except }: IndexedGrant, path: string): boolean {
  return except === undefined || findInIndex(except, path) === undefined;
}
