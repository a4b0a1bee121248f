import { Document, isMap, isScalar, type Pair } from 'yaml';
import { headerText, type OutputFile } from '../emitter.ts';

/** The first lines of every generated file, without the comment mark. */
export const header = [headerText, 'Change gateway.config.ts instead, or lay an overlay on top.'] as const;

/**
 * These come first, as readers of manifests expect; the rest is sorted, so that the order of a declaration cannot show.
 */
const first = ['apiVersion', 'kind', 'metadata', 'name'];

/**
 * One YAML document with the header, two spaces deep, keys sorted, long lines whole. Same value, same bytes.
 * @param notes more comment lines under the header
 */
export function yamlFile(path: string, value: object, notes: readonly string[] = []): OutputFile {
  return { path, content: yamlText(value, [...header, ...notes]) };
}

/**
 * @param notes a comment for each top-level key that has one
 * @see yamlFile
 */
export function yamlText(
  value: object,
  comments: readonly string[],
  notes: Readonly<Record<string, string>> = {},
): string {
  // What is used twice is written twice: readers of manifests expect no aliases.
  const document = new Document(value, { aliasDuplicateObjects: false, sortMapEntries: byKey });
  document.commentBefore = comments.map((line) => ` ${line}`).join('\n');
  if (isMap(document.contents)) {
    for (const { key } of document.contents.items) {
      const note = isScalar(key) ? notes[String(key.value)] : undefined;
      if (isScalar(key) && note !== undefined) key.commentBefore = ` ${note}`;
    }
  }
  return document.toString({ lineWidth: 0, minContentWidth: 0 });
}

function byKey(a: Pair, b: Pair): number {
  const [left, right] = [keyOf(a), keyOf(b)];
  return rank(left) - rank(right) || (left < right ? -1 : left > right ? 1 : 0);
}

function keyOf(pair: Pair): string {
  return String(isScalar(pair.key) ? pair.key.value : pair.key);
}

function rank(key: string): number {
  const index = first.indexOf(key);
  return index === -1 ? first.length : index;
}
