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
