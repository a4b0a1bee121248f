/** Decides whether a whole path matches. */
export type PathMatcher = (path: string) => boolean;

/**
 * A pattern split at its wildcards: `*` and `%` match any run of characters, `/` included; every other character
 * matches itself, in its own case. `suffix` undefined: there is no wildcard, and `prefix` is the whole path.
 */
export interface PatternParts {
  readonly prefix: string;
  readonly middle: readonly string[];
  readonly suffix: string | undefined;
}

export function splitPattern(pattern: string): PatternParts {
  const pieces = pattern.split(/[*%]+/);
  const prefix = pieces[0] ?? '';
  if (pieces.length === 1) return { prefix, middle: [], suffix: undefined };
  return { prefix, middle: pieces.slice(1, -1), suffix: pieces.at(-1) ?? '' };
}

/**
 * Whether what follows the prefix matches; that the path begins with the prefix is already known. Each literal piece is
 * looked for once, from left to right, and never given back: no backtracking, and no regular expression.
 */
export function matchesAfterPrefix({ prefix, middle, suffix }: PatternParts, path: string): boolean {
  if (suffix === undefined) return path.length === prefix.length;
  const end = path.length - suffix.length;
  if (end < prefix.length || !path.endsWith(suffix)) return false;
  let from = prefix.length;
  for (const piece of middle) {
    const found = path.indexOf(piece, from);
    if (found < 0 || found + piece.length > end) return false;
    from = found + piece.length;
  }
  return true;
}

/** Compiles one pattern. Many are better kept in a {@link PatternIndex}. */
export function compilePattern(pattern: string): PathMatcher {
  const parts = splitPattern(pattern);
  return (path) => path.startsWith(parts.prefix) && matchesAfterPrefix(parts, path);
}

/**
 * A text that represents all paths of a pattern: another pattern that matches it matches every one of those paths,
 * since a character that no pattern contains can only be matched by a wildcard.
 */
export function anyMatchOf(pattern: string): string {
  return pattern.replace(/[*%]+/g, '\uffff');
}

/**
 * Whether some text matches both patterns. Reads `left` from start to end and keeps the positions in `right` that can be
 * reached by then.
 */
export function patternsOverlap(left: string, right: string): boolean {
  let reached = pastWildcards(new Set([0]), right);
  for (const unit of left.split('')) {
    const positions = [...reached].flatMap((position) => positionsAfter(unit, position, right));
    reached = pastWildcards(new Set(positions), right);
  }
  return reached.has(right.length);
}

const isWildcard = (unit: string | undefined): boolean => unit === '*' || unit === '%';

function positionsAfter(unit: string, position: number, right: string): readonly number[] {
  if (isWildcard(unit)) return Array.from({ length: right.length - position + 1 }, (_, step) => position + step);
  if (isWildcard(right[position])) return [position];
  return right[position] === unit ? [position + 1] : [];
}

/** A wildcard can match the empty text, so the position behind it is reached too. */
function pastWildcards(positions: Set<number>, right: string): Set<number> {
  for (const position of positions) if (isWildcard(right[position])) positions.add(position + 1);
  return positions;
}
