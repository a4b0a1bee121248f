/** The protocol's permissions, in the order in which they are listed to people. */
export const permissions = ['execute', 'view', 'edit', 'delete'] as const;

/** What a grant gives (the protocol, Permissions Model). */
export type Permission = (typeof permissions)[number];

/**
 * Reads a permission's name. `modify` is NoETL's own word for `edit`.
 * @returns undefined when the name is unknown.
 */
export function parsePermission(name: string): Permission | undefined {
  const alias = name === 'modify' ? 'edit' : name;
  return permissions.find((known) => known === alias);
}
