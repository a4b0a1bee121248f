import { hasTemplateMark } from '../../noetl/template-mark.ts';

declare const pathBrand: unique symbol;

/** A catalog path in normal form: segments joined by single slashes. Only such a path is ever matched or sent. */
export type PlaybookPath = string & { readonly [pathBrand]: true };

const maxPathLength = 1024;

const slash = 0x2f;
const dot = 0x2e;
const percent = 0x25;
const backslash = 0x5c;

/**
 * Refuses what is not in normal form: an empty segment, `.`, `..`, a leading or trailing slash or blank, control
 * characters, percent-escapes, backslashes, template marks, lone surrogates, more than 1,024 characters.
 * @returns undefined when refused.
 */
export function parsePlaybookPath(text: string): PlaybookPath | undefined {
  if (text.length === 0 || text.length > maxPathLength || text.trim() !== text || !text.isWellFormed())
    return undefined;
  if (hasTemplateMark(text)) return undefined;
  let segmentStart = 0;
  for (let i = 0; i < text.length; i += 1) {
    const unit = text.charCodeAt(i);
    if (isRefused(unit)) return undefined;
    if (unit !== slash) continue;
    if (!isSegment(text, segmentStart, i)) return undefined;
    segmentStart = i + 1;
  }
  return isSegment(text, segmentStart, text.length) ? (text as PlaybookPath) : undefined;
}

function isSegment(text: string, start: number, end: number): boolean {
  if (text.charCodeAt(start) !== dot) return end > start;
  return end > start + 2 || (end === start + 2 && text.charCodeAt(start + 1) !== dot);
}

/** Control characters, line and paragraph separators, `%` and `\\`. */
function isRefused(unit: number): boolean {
  if (unit < 0x7f) return unit < 0x20 || unit === percent || unit === backslash;
  return unit <= 0x9f || unit === 0x2028 || unit === 0x2029;
}

/**
 * Those of the paths that the caller may see. One that is absent or not in normal form is never among them; each distinct
 * one is judged once.
 * @param maxPaths distinct paths that are judged
 */
export async function visiblePaths(
  paths: Iterable<string | undefined>,
  may: (path: string) => boolean | Promise<boolean>,
  maxPaths = Number.POSITIVE_INFINITY,
): Promise<ReadonlySet<string>> {
  const judged = new Set<string>();
  for (const path of paths) {
    // A checker that asks NoETL is called once for each of these paths, which is why their number is bounded.
    if (path === undefined || judged.has(path) || judged.size >= maxPaths) continue;
    if (parsePlaybookPath(path) !== undefined) judged.add(path);
  }
  const allowed = new Set<string>();
  await Promise.all([...judged].map(async (path) => void ((await may(path)) && allowed.add(path))));
  return allowed;
}
