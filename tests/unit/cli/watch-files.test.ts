import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { watchFiles } from '../../../cli/commands/generate.ts';
import { temporaryFolder } from '../../support/project.ts';

const folder = temporaryFolder();
const [config, part] = [join(folder.path, 'config.ts'), join(folder.path, 'part.ts')];
let stop: (() => Promise<void>) | undefined;
afterEach(async () => {
  await stop?.();
  folder.remove();
});

test('a file that is changed while it is found out that it must be followed is read again', async () => {
  await writeFile(config, '');
  await writeFile(part, 'old');
  let runs = 0;
  stop = await watchFiles([config], async () => {
    runs += 1;
    // After it was read, and before it is followed.
    if (runs === 1) await writeFile(part, 'new');
    return [part];
  });
  await expect.poll(() => runs, { timeout: 15_000 }).toBe(2);
  await writeFile(part, 'newer');
  await expect.poll(() => runs, { timeout: 15_000 }).toBe(3);
});
