type Claims = Readonly<Record<string, unknown>>;

/**
 * A claim by its exact name, or by a dotted path into nested claims. Keys that hold dots themselves are found too:
 * `resource_access.my.app.roles` finds `{"resource_access": {"my.app": {"roles": …}}}`. Only own members count.
 * @returns undefined: the claim is absent.
 */
export function claimAt(claims: Claims, path: string): unknown {
  if (Object.hasOwn(claims, path)) return claims[path];
  for (let dot = path.indexOf('.'); dot > 0; dot = path.indexOf('.', dot + 1)) {
    const key = path.slice(0, dot);
    const inner = Object.hasOwn(claims, key) ? claims[key] : undefined;
    if (!isClaims(inner)) continue;
    const found = claimAt(inner, path.slice(dot + 1));
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Whether a value can be the claims of a token: an object and no list. */
export const isClaims = (value: unknown): value is Claims =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
