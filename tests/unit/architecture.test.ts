import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';

const page = readFileSync('docs/architecture.md', 'utf8');
const named = [...page.matchAll(/`((?:[a-z][\w-]*\/)+[\w.-]+\.ts|[a-z][\w-]*(?:\/[\w.-]+)*)`/g)].map(
  ([, path = '']) => path,
);

describe('docs/architecture.md', () => {
  test.each([...new Set(named.filter((path) => path.includes('/')))])('%s exists', (path) => {
    expect(existsSync(path)).toBe(true);
  });

  test('names every folder that holds code of the product', () => {
    const folders = readdirSync('.', { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
      .map(({ name }) => name)
      .filter((name) => !besides.has(name));
    expect(folders.filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
  });
});

/** Folders that hold no code of the product, or what is built from it. */
const besides = new Set([
  'deploy',
  'dist',
  'docs',
  'examples',
  'node_modules',
  'openapi',
  'reports',
  'coverage',
  'tests',
  'tools',
]);
