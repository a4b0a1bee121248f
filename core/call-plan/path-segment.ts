import { parsePlaybookPath } from '../access/playbook-path.ts';

/**
 * Text as one path segment; whatever it holds, it stays one.
 * @returns undefined for what cannot be one: empty, `.`, `..`, text that is not valid Unicode.
 */
export function encodeSegment(text: string): string | undefined {
  if (text === '' || text === '.' || text === '..' || !text.isWellFormed()) return undefined;
  return encodeURIComponent(text);
}

/** A catalog path as encoded segments joined by `/`. @returns undefined when it is not in normal form. */
export function encodeCatalogPath(text: string): string | undefined {
  const path = parsePlaybookPath(text);
  if (path === undefined) return undefined;
  const segments = path.split('/').map(encodeSegment);
  return segments.includes(undefined) ? undefined : segments.join('/');
}
