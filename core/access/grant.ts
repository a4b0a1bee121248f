import { type Permission, permissions } from './permission.ts';

/**
 * Role × permission × pattern. `deny` wins over `allow`, whatever role it comes from; no grant, no access.
 * `source` is `file:line` of the declaration, the file without its folder, for `explain`.
 */
export interface Grant<Role extends string = string> {
  readonly effect: 'allow' | 'deny';
  readonly role: Role;
  readonly permissions: readonly Permission[];
  readonly patterns: readonly string[];
  readonly source: string | undefined;
}

/** `'all'` or the permissions by name. */
export type PermissionList = 'all' | readonly (Permission | 'modify')[];

/** Gives a role permissions on the paths that match a pattern (`*` and `%`: any run of characters). */
export function allow<const R extends string>(
  role: R,
  permissionList: PermissionList,
  patterns: string | readonly string[],
): Grant<R> {
  return declare('allow', role, permissionList, patterns);
}

/** Takes permissions away from everyone who has the role, whatever else they have. */
export function deny<const R extends string>(
  role: R,
  permissionList: PermissionList,
  patterns: string | readonly string[],
): Grant<R> {
  return declare('deny', role, permissionList, patterns);
}

function declare<R extends string>(
  effect: 'allow' | 'deny',
  role: R,
  list: PermissionList,
  patterns: string | readonly string[],
): Grant<R> {
  const named = list === 'all' ? permissions : list.map((name) => (name === 'modify' ? 'edit' : name));
  return {
    effect,
    role,
    permissions: [...named],
    patterns: typeof patterns === 'string' ? [patterns] : [...patterns],
    source: callerOf(3),
  };
}

/** `file:line` of the frame that many levels up, without its folder; undefined where the engine does not say. */
function callerOf(depth: number): string | undefined {
  const frame = new Error().stack?.split('\n')[depth + 1];
  const [, file, line] = frame?.match(/([^/\\()?]+)(?:\?[^:]*)?:(\d+):\d+\)?$/) ?? [];
  return file === undefined ? undefined : `${file}:${line}`;
}
