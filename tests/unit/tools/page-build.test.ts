import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { browserModules, builders } from '../../../tools/pages/page-build.ts';

test('what the console imports exists in a browser', async () => {
  const out = await mkdtemp(join(tmpdir(), 'console-page-'));
  try {
    await builders.console(out);
    expect(await readdir(out)).toContain('index.html');
  } finally {
    await rm(out, { recursive: true });
  }
});

test('a module of Node ends the build of a page, with the file that imports it', () => {
  expect(() => browserModules.resolveId('node:crypto', '/project/form.ts')).toThrow(
    '/project/form.ts imports node:crypto, which no browser has',
  );
  expect(browserModules.resolveId('preact', '/project/form.ts')).toBeUndefined();
});
