import { escapePointer } from '../openapi/open-api.ts';

/**
 * The JSON pointer of what begins on a line of `JSON.stringify(value, null, 2)`.
 * A library that maps any JSON is not needed: the text is of this one form.
 * @param line counted from 1.
 * @returns undefined when the text has no such line.
 */
export function placeOfLine(text: string, line: number): string | undefined {
  const lines = text.split('\n');
  if (!Number.isInteger(line) || line < 1 || line > lines.length) return undefined;
  const path: string[] = [];
  for (let index = line - 1; indentOf(lines[index]) > 0; index = parentOf(lines, index)) {
    path.unshift(keyOf(lines[index]) ?? String(siblingsBefore(lines, index)));
  }
  return ['#', ...path.map(escapePointer)].join('/');
}

/** Strings of JSON hold no line breaks, so that the indent of a line is its depth. */
const indentOf = (line = ''): number => line.length - line.trimStart().length;

function keyOf(line = ''): string | undefined {
  const key = /^ *("(?:[^"\\]|\\.)*"): /.exec(line)?.[1];
  return key === undefined ? undefined : String(JSON.parse(key));
}

function parentOf(lines: readonly string[], index: number): number {
  let above = index - 1;
  while (indentOf(lines[above]) >= indentOf(lines[index])) above -= 1;
  return above;
}

/** The number of an item in its list: lines of its own depth above it, but for those that end an item. */
function siblingsBefore(lines: readonly string[], index: number): number {
  const siblings = lines.slice(parentOf(lines, index) + 1, index);
  return siblings.filter((line) => indentOf(line) === indentOf(lines[index]) && !/^ *[\]}]/.test(line)).length;
}
