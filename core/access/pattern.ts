/** Decides whether a whole path matches. */
export type PathMatcher = (path: string) => boolean;

/**
 * Compiles a pattern: `*` and `%` stand for any run of characters, `/` included; everything else stands for itself.
 * No regular expression is involved; matching is linear in the path for a pattern with one wildcard, and never
 * backtracks past a literal piece once found.
 */
export function compilePattern(pattern: string): PathMatcher {
  const pieces = pattern.split(/[*%]+/);
  const first = pieces[0] ?? '';
  if (pieces.length === 1) return (path) => path === pattern;
  const last = pieces.at(-1) ?? '';
  const middle = pieces.slice(1, -1);
  return (path) => {
    if (path.length < first.length + last.length || !path.startsWith(first) || !path.endsWith(last)) return false;
    const end = path.length - last.length;
    let from = first.length;
    for (const piece of middle) {
      const found = path.indexOf(piece, from);
      if (found < 0 || found + piece.length > end) return false;
      from = found + piece.length;
    }
    return true;
  };
}
