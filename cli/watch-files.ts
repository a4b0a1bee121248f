import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { loadTools } from './errors.ts';

/** Time without a change before a run, so that one saving of several files is one run. */
const settleMs = 50;

/** Times of files are those of the kernel's last tick. */
const tickMs = 10;

/**
 * Runs once, and again when one of the files changes, after the writing has settled; never twice at once. A file may be
 * missing; its folder is made. Resolves after the first run; the process then stays alive, until the function is called
 * that it resolves to.
 * @param run must not throw. It answers which files to follow from then on, beside those that are followed already
 */
export async function watchFiles(
  files: readonly string[],
  run: () => Promise<readonly string[]>,
): Promise<() => Promise<void>> {
  const { watch } = await loadTools(() => import('chokidar'));
  for (const folder of new Set(files.map((file) => dirname(file)))) mkdirSync(folder, { recursive: true });
  // Editors replace files: a file that is back at once has changed, and was not removed.
  const watcher = watch([...files], { alwaysStat: true, atomic: true });
  const followed = new Set(files);
  const notSeen = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  let startedAt = Number.POSITIVE_INFINITY;
  let isRunning = false;
  let isDue = false;
  const start = async () => {
    if (isRunning) {
      isDue = true;
      return;
    }
    isRunning = true;
    startedAt = Date.now();
    const found = (await run()).filter((file) => !followed.has(file));
    for (const file of found) {
      notSeen.add(file);
      followed.add(file);
    }
    watcher.add(found);
    isRunning = false;
    if (isDue) settle();
    isDue = false;
  };
  const settle = () => {
    clearTimeout(timer);
    timer = setTimeout(() => void start(), settleMs);
  };
  /**
   * A file that is followed from now on is reported once, changed or not; it may have changed since the run has read
   * it.
   */
  const isAsItWasRead = (file: string, mtimeMs: number) => notSeen.delete(file) && mtimeMs < startedAt - tickMs;
  // What is there before the first run is read by it.
  await new Promise<void>((resolve) => watcher.once('ready', resolve));
  watcher.on('all', (event, file, stats) => {
    if (event !== 'add' || !isAsItWasRead(file, stats?.mtimeMs ?? Number.POSITIVE_INFINITY)) settle();
  });
  await start();
  return async () => {
    clearTimeout(timer);
    await watcher.close();
  };
}
