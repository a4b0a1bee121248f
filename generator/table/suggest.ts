/**
 * The candidates nearest to a name by edit distance, nearest first; none that differ in more than half of it. At least
 * two letters may differ, so that short names have suggestions as well.
 */
export function suggest(name: string, candidates: Iterable<string>, count = 3): string[] {
  const limit = Math.max(2, Math.ceil(name.length / 2));
  return [...candidates]
    .map((candidate) => ({ candidate, distance: editDistance(name, candidate) }))
    .filter(({ distance }) => distance <= limit)
    .sort((a, b) => a.distance - b.distance || (a.candidate < b.candidate ? -1 : 1))
    .slice(0, count)
    .map(({ candidate }) => candidate);
}

/** `; nearest: a, b`, or nothing when nothing is near. */
export function nearest(name: string, candidates: Iterable<string>): string {
  const found = suggest(name, candidates);
  return found.length === 0 ? '' : `; nearest: ${found.join(', ')}`;
}

/** Levenshtein's distance, row by row: two rows are kept. */
function editDistance(left: string, right: string): number {
  let previous = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let row = 1; row <= left.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= right.length; column += 1) {
      const replaced = (previous[column - 1] ?? 0) + (left[row - 1] === right[column - 1] ? 0 : 1);
      current.push(Math.min((previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1, replaced));
    }
    previous = current;
  }
  return previous[right.length] ?? 0;
}
