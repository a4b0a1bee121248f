import { mkdirSync, watch } from 'node:fs';
import { basename, dirname } from 'node:path';

/**
 * Runs again when one of the files changes, after the writing has settled; never twice at once. Folders are watched, as
 * editors replace files; a folder that is not there yet is made. Does not resolve.
 */
export async function watchFiles(files: readonly string[], run: () => Promise<void>): Promise<never> {
  let timer: NodeJS.Timeout | undefined;
  let running = false;
  let again = false;
  const settle = () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      if (running) {
        again = true;
        return;
      }
      running = true;
      void run().finally(() => {
        running = false;
        if (again) settle();
        again = false;
      });
    }, 50);
  };
  const names = new Set(files.map((file) => basename(file)));
  for (const folder of new Set(files.map((file) => dirname(file)))) {
    mkdirSync(folder, { recursive: true });
    watch(folder, (_event, name) => {
      if (name !== null && names.has(name)) settle();
    });
  }
  return new Promise<never>(() => {});
}
