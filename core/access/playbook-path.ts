declare const pathBrand: unique symbol;

/** A catalog path in normal form: segments joined by single slashes. Only such a path is ever matched or sent. */
export type PlaybookPath = string & { readonly [pathBrand]: true };

const maxPathLength = 1024;
const templateMarks = ['{{', '{%', '{#'];

/**
 * Refuses what is not in normal form: an empty segment, `.`, `..`, a leading or trailing slash or blank, control
 * characters, percent-escapes, backslashes, template marks, more than 1,024 characters.
 * @returns undefined when refused.
 */
export function parsePlaybookPath(text: string): PlaybookPath | undefined {
  if (text.length === 0 || text.length > maxPathLength || text.trim() !== text) return undefined;
  if (text.includes('%') || text.includes('\\') || templateMarks.some((mark) => text.includes(mark))) return undefined;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused.
  if (/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/.test(text)) return undefined;
  const segments = text.split('/');
  if (segments.some((segment) => segment === '' || segment === '.' || segment === '..')) return undefined;
  return text as PlaybookPath;
}
