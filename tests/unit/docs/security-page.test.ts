import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';

const page = readFileSync('docs/security.md', 'utf8');
const paths = [...page.matchAll(/`((?:T|tests|core|plugins|server|mesh|bench)\/[\w./-]+\.ts)`/g)].map(([, path = '']) =>
  path.replace(/^T\//, 'tests/'),
);

describe('the security page', () => {
  test.each([...new Set(paths)])('names a file that is there: %s', (path) => {
    expect(existsSync(path)).toBe(true);
  });

  test('names tests', () => {
    expect(paths.filter((path) => path.startsWith('tests/')).length).toBeGreaterThan(40);
  });
});
