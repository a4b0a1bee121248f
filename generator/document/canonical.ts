import { createHash } from 'node:crypto';

/** A copy whose objects have their keys in order, everywhere; lists keep theirs. */
export function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (typeof value !== 'object' || value === null) return value;
  const sorted: Record<string, unknown> = {};
  for (const [key, member] of Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))) {
    Object.defineProperty(sorted, key, {
      value: sortKeys(member),
      enumerable: true,
      writable: true,
      configurable: true,
    });
  }
  return sorted;
}

/** The one text of a JSON value: keys in order, two spaces, a line break at the end. */
export const canonicalJson = (value: unknown): string => `${JSON.stringify(sortKeys(value), undefined, 2)}\n`;

/** SHA-256, hex. */
export const sha256 = (data: string | Uint8Array): string => createHash('sha256').update(data).digest('hex');
