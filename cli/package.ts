import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

/** The package's own manifest: beside `cli/` in the sources, one folder higher in the compiled package. */
export function manifestPath(): URL {
  const inSources = new URL('../package.json', import.meta.url);
  return existsSync(inSources) ? inSources : new URL('../../package.json', import.meta.url);
}

/** The version of this package, as its manifest has it. */
export function packageVersion(): string {
  return (JSON.parse(readFileSync(manifestPath(), 'utf8')) as { version: string }).version;
}

/** There in a clone of the repository only: the package and the image contain the built pages instead. */
const script = fileURLToPath(new URL('../tools/pages/build-pages.ts', import.meta.url));

/**
 * In a clone, builds the pages that the gateway serves when their sources have changed since the last build. A failed
 * build does not stop the gateway: the page then explains what to do.
 */
export async function buildPages(): Promise<void> {
  if (!existsSync(script)) return;
  const cwd = fileURLToPath(new URL('..', import.meta.url));
  // In a process of its own, which ends with all that it has loaded.
  const child = spawn(process.execPath, [script, '--if-stale'], { cwd, stdio: ['ignore', 'ignore', 'inherit'] });
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) console.error('the pages could not be built; the gateway starts without them');
}
