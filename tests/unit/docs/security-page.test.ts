import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';

const page = readFileSync('docs/security.md', 'utf8');
const folders = 'T|tests|plugins|gateway|generator|cli|dev|web|mesh|deploy';
const pathsIn = (text: string): readonly string[] =>
  [...text.matchAll(new RegExp(`\`((?:${folders})/[\\w./-]+)\``, 'g'))].map(([, path = '']) =>
    path.replace(/^T\//, 'tests/'),
  );

/** The cells of the rows of the tables with that head. */
function rowsBelow(head: string): readonly (readonly string[])[] {
  const lines = page.split('\n');
  const starts = lines.flatMap((line, n) => (line === head ? [n + 2] : []));
  return starts.flatMap((start) => {
    const length = lines.slice(start).findIndex((line) => !line.startsWith('|'));
    return lines.slice(start, start + length).map((line) => line.slice(1, -1).split(/(?<!\\)\|/));
  });
}

describe('the security page', () => {
  test.each([...new Set(pathsIn(page))])('names a file that is there: %s', (path) => {
    expect(existsSync(path)).toBe(true);
  });

  test.each(rowsBelow('| Rule | Enforced in | Test |'))(
    'names a file and a test for the rule:%s',
    (_rule, place = '', tests = '') => {
      expect(pathsIn(place)).not.toEqual([]);
      expect(pathsIn(tests)).toContainEqual(expect.stringMatching(/^tests\//));
    },
  );
});
