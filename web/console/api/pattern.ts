/**
 * Whether a path matches: `*` matches any characters, and a text without it may be anywhere in the path. No regular
 * expression is made of it.
 */
export function matches(pattern: string, path: string): boolean {
  const [first = '', ...others] = pattern.split('*');
  // A search and no grant: a text without `*` is a part of the path here, and a whole path in a grant.
  if (others.length === 0) return path.includes(pattern);
  const last = others.pop() ?? '';
  if (!path.startsWith(first) || !path.endsWith(last)) return false;
  const end = path.length - last.length;
  let at = first.length;
  // The first place is enough: a later one leaves less for the pieces that follow. So the time is linear.
  for (const piece of others) {
    const found = path.indexOf(piece, at);
    if (found < 0) return false;
    at = found + piece.length;
  }
  // The last piece must not overlap the others, as `ab*ba` must not match `aba`.
  return at <= end;
}
