import { createHash } from 'node:crypto';
import { setMember } from '../plugins/json/lossless-json.ts';

/**
 * A copy whose objects have their keys in order, everywhere; lists keep theirs. A member that is called `__proto__`
 * stays one.
 */
export function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (typeof value !== 'object' || value === null) return value;
  const sorted: Record<string, unknown> = {};
  const members = value as Readonly<Record<string, unknown>>;
  for (const key of Object.keys(value).sort()) setMember(sorted, key, sortKeys(members[key]));
  return sorted;
}

/**
 * The one text of a JSON value: keys in order, two spaces, a line break at the end. Not RFC 8785, since people compare
 * these files line by line.
 */
export const canonicalJson = (value: unknown): string => `${JSON.stringify(sortKeys(value), undefined, 2)}\n`;

/** SHA-256, hex. */
export const sha256 = (data: string | Uint8Array): string => createHash('sha256').update(data).digest('hex');

/**
 * A text as a TypeScript literal in single quotes. Line breaks and other control characters are escaped too: what a
 * document calls something cannot end its literal.
 */
export const quoteText = (text: string): string =>
  `'${JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`;

const shown = 4;

/**
 * The first place where two texts differ, in a few lines: the line's number, what is there (`-`) and what belongs there
 * (`+`). One changed range is shown, so nothing of a library of differences is needed.
 */
export function shortDiff(before: string, after: string): string {
  const old = before.split('\n');
  const next = after.split('\n');
  let start = 0;
  while (start < old.length && start < next.length && old[start] === next[start]) start += 1;
  let end = 0;
  while (end < old.length - start && end < next.length - start && old.at(-1 - end) === next.at(-1 - end)) end += 1;
  return [
    `@@ line ${start + 1} @@`,
    ...excerpt('-', old.slice(start, old.length - end)),
    ...excerpt('+', next.slice(start, next.length - end)),
  ].join('\n');
}

function excerpt(mark: string, lines: readonly string[]): string[] {
  const head = lines.slice(0, shown).map((line) => `${mark} ${line.length > 160 ? `${line.slice(0, 157)}…` : line}`);
  return lines.length > shown ? [...head, `${mark} … ${lines.length - shown} more lines`] : head;
}
