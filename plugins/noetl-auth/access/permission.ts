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
