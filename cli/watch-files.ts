import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { loadTools } from './generator-tools.ts';

/** Time without a change before a run, so that one saving of several files is one run. */
const settleMs = 50;

/**
 * Runs once, and again when one of the files changes, after the writing has settled; never twice at once. A file may be
 * missing; its folder is made. Resolves after the first run; the process then stays alive.
 * @param run must not throw. It answers which files to follow from then on, beside those that are followed already
 */
export async function watchFiles(files: readonly string[], run: () => Promise<readonly string[]>): Promise<void> {
  const { watch } = await loadTools(() => import('chokidar'));
  for (const folder of new Set(files.map((file) => dirname(file)))) mkdirSync(folder, { recursive: true });
  // Editors replace files: a file that is back at once has changed, and was not removed.
  const watcher = watch([...files], { ignoreInitial: true, atomic: true });
  let timer: NodeJS.Timeout | undefined;
  let isRunning = false;
  let isDue = false;
  const start = async () => {
    if (isRunning) {
      isDue = true;
      return;
    }
    isRunning = true;
    watcher.add([...(await run())]);
    isRunning = false;
    if (isDue) settle();
    isDue = false;
  };
  const settle = () => {
    clearTimeout(timer);
    timer = setTimeout(() => void start(), settleMs);
  };
  watcher.on('all', settle);
  // Changes before that are not reported: what the first run reads must be newer.
  await new Promise<void>((resolve) => watcher.once('ready', resolve));
  await start();
}
