/**
 * Whether a path matches: `*` stands for any characters, and a text without it may be anywhere in the path. No regular
 * expression is made of it.
 */
export function matches(pattern: string, path: string): boolean {
  const [first = '', ...others] = pattern.split('*');
  if (others.length === 0) return path.includes(pattern);
  const last = others.pop() ?? '';
  if (!path.startsWith(first) || !path.endsWith(last)) return false;
  const end = path.length - last.length;
  let at = first.length;
  for (const piece of others) {
    const found = path.indexOf(piece, at);
    if (found < 0) return false;
    at = found + piece.length;
  }
  return at <= end;
}
