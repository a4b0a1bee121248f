import { GatewayError } from '../../errors.ts';

/** The protocol's permissions, in the order in which they are listed to people. */
export const permissions = ['execute', 'view', 'edit', 'delete'] as const;

/** What a grant gives (the protocol, Permissions Model). */
export type Permission = (typeof permissions)[number];

/** A permission, or NoETL's own word for `edit`. */
export type PermissionName = Permission | 'modify';

export const permissionOf = (name: PermissionName): Permission => (name === 'modify' ? 'edit' : name);

/**
 * Reads a permission's name.
 * @returns undefined when the name is unknown.
 */
export function parsePermission(name: string): Permission | undefined {
  return name === 'modify' ? permissionOf(name) : permissions.find((known) => known === name);
}

/**
 * Role × permission × pattern. `deny` wins over `allow`, whichever role it comes from; without a grant there is no access.
 */
export interface Grant<Role extends string = string> {
  readonly effect: 'allow' | 'deny';
  readonly role: Role;
  readonly permissions: readonly Permission[];
  readonly patterns: readonly string[];
  /** Patterns that this `allow` does not reach. They deny nothing: another grant may still allow those paths. */
  readonly except?: readonly string[];
  /** `file:line` of the declaration, the file without its folder. `explain` prints it. */
  readonly source: string | undefined;
}

/** `'all'` or the permissions by name. */
export type PermissionList = 'all' | readonly PermissionName[];

/** Options of a grant besides role, permissions and patterns. */
export interface AllowOptions {
  /** Paths that the grant leaves out. A user who has another role with a grant on them keeps that access. */
  readonly except?: string | readonly string[];
}

/**
 * Gives a role permissions on the paths that match a pattern (`*` and `%`: any run of characters).
 * @throws ERR_CONFIG_INVALID for an unknown option: a misspelt `except` must not open what it was meant to leave out.
 */
export function allow<const R extends string>(
  role: R,
  permissionList: PermissionList,
  patterns: string | readonly string[],
  options: AllowOptions = {},
): Grant<R> {
  const unknown = Object.keys(options).filter((name) => name !== 'except');
  if (unknown.length > 0) {
    const message = `allow('${role}', …): unknown option ${unknown.join(', ')}; the only option is except`;
    throw new GatewayError('ERR_CONFIG_INVALID', message);
  }
  const grant = declare('allow', role, permissionList, patterns);
  return options.except === undefined ? grant : { ...grant, except: listOf(options.except) };
}

/** Takes permissions away from every user who has the role, whatever the user's other roles allow. */
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
  const named = list === 'all' ? permissions : list.map(permissionOf);
  return { effect, role, permissions: [...named], patterns: listOf(patterns), source: callerOf(3) };
}

const listOf = (patterns: string | readonly string[]): readonly string[] =>
  typeof patterns === 'string' ? [patterns] : [...patterns];

/** `file:line` of the frame that many levels up, without its folder; undefined where the engine does not give it. */
function callerOf(depth: number): string | undefined {
  const frame = new Error().stack?.split('\n')[depth + 1];
  const [, file, line] = frame?.match(/([^/\\()?]+)(?:\?[^:]*)?:(\d+):\d+\)?$/) ?? [];
  return file === undefined ? undefined : `${file}:${line}`;
}
