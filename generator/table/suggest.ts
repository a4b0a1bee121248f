import { distance } from 'fastest-levenshtein';

/**
 * The candidates nearest to a name by edit distance, nearest first, without those that differ in more than half of it. At least
 * two letters may differ, so that short names have suggestions as well.
 */
export function suggest(name: string, candidates: Iterable<string>, count = 3): string[] {
  const limit = Math.max(2, Math.ceil(name.length / 2));
  return [...candidates]
    .map((candidate) => ({ candidate, away: distance(name, candidate) }))
    .filter(({ away }) => away <= limit)
    .sort((a, b) => a.away - b.away || (a.candidate < b.candidate ? -1 : 1))
    .slice(0, count)
    .map(({ candidate }) => candidate);
}

/** `; nearest: a, b`, or nothing when nothing is near. */
export function nearest(name: string, candidates: Iterable<string>): string {
  const found = suggest(name, candidates);
  return found.length === 0 ? '' : `; nearest: ${found.join(', ')}`;
}
