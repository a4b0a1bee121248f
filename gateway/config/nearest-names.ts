import { distance } from 'fastest-levenshtein';

/** The known names nearest to a misspelt one, whatever their case; none where more than a quarter of its letters differs. */
export function nearestNames(name: string, known: Iterable<string>): readonly string[] {
  const measured = [...known].map((each) => ({ each, away: distance(each.toLowerCase(), name.toLowerCase()) }));
  const least = Math.min(...measured.map(({ away }) => away));
  return measured.filter(({ away }) => away === least && away <= Math.ceil(name.length / 4)).map(({ each }) => each);
}
