import { existsSync, readFileSync } from 'node:fs';

/** The package's own manifest: beside `cli/` in the sources, one folder higher in the compiled package. */
export function manifestPath(): URL {
  const inSources = new URL('../package.json', import.meta.url);
  return existsSync(inSources) ? inSources : new URL('../../package.json', import.meta.url);
}

/** The version of this package, as its manifest has it. */
export function packageVersion(): string {
  return (JSON.parse(readFileSync(manifestPath(), 'utf8')) as { version: string }).version;
}
