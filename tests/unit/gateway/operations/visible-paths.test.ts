import { expect, test } from 'vitest';
import { visiblePaths } from '../../../../gateway/operations/visible-rows.ts';

test('each path in normal form is judged once, up to the bound', async () => {
  const asked: string[] = [];
  const may = async (path: string) => asked.push(path) > 0 && path !== 'c/d';
  const paths = ['a/b', undefined, 'a/b', '../x', 'a//b', '{{ x }}', 'c/d', 'e/f', 'g/h'];
  expect([...(await visiblePaths(paths, may, 3))]).toEqual(['a/b', 'e/f']);
  expect(asked).toEqual(['a/b', 'c/d', 'e/f']);
});
