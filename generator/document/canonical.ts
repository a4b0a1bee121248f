import { createHash } from 'node:crypto';
import { setMember } from '../../plugins/json/set-member.ts';

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
