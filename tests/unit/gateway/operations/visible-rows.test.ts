import { describe, expect, test } from 'vitest';
import { catalogEntries } from '../../../../gateway/operations/answer-operation.ts';
import { visiblePaths } from '../../../../plugins/noetl-auth/access/playbook-path.ts';

test('each path in normal form is judged once, up to the bound', async () => {
  const asked: string[] = [];
  const may = async (path: string) => asked.push(path) > 0 && path !== 'c/d';
  const paths = ['a/b', undefined, 'a/b', '../x', 'a//b', '{{ x }}', 'c/d', 'e/f', 'g/h'];
  expect([...(await visiblePaths(paths, may, 3))]).toEqual(['a/b', 'e/f']);
  expect(asked).toEqual(['a/b', 'c/d', 'e/f']);
});

describe('pages of the catalog', () => {
  const entry = (path: string, version: number) => ({ path, version });
  const body = { entries: [entry('a', 1), entry('b', 1), entry('a', 3), entry('a', 2), entry('c', 1)] };
  const paths = (page: object) =>
    (catalogEntries(body, { page: 1, pageSize: 100, versions: false, ...page }) as typeof body).entries.map(
      ({ path, version }) => `${path}${version}`,
    );

  describe('the catalog', () => {
    test('has the newest version of each path, every version on demand, and pages', () => {
      expect(paths({})).toEqual(['a3', 'b1', 'c1']);
      expect(paths({ versions: true })).toEqual(['a1', 'b1', 'a3', 'a2', 'c1']);
      expect([paths({ pageSize: 2 }), paths({ pageSize: 2, page: 2 }), paths({ pageSize: 2, page: 3 })]).toEqual([
        ['a3', 'b1'],
        ['c1'],
        [],
      ]);
    });
  });
});
