import { registerHooks } from 'node:module';
import { dirname, sep } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { manifestPath } from './package-version.ts';

/** Marks the modules of one load: to Node, a module with another mark is another module, which is read again. */
const mark = 'load';

/**
 * Imports a module of a project and everything of the project that it imports, each as it is on disk now. Packages and
 * the gateway's own modules are shared with the process.
 * @param url of a file, without a query
 * @param onFile gets the path of each module of the project, also of those that then fail to load
 * @returns the default export. @throws what the modules throw
 */
export async function importFresh(url: string, onFile: (file: string) => void): Promise<unknown> {
  const load = `${mark}=${process.hrtime.bigint()}`;
  onFile(fileURLToPath(url));
  const hooks = registerHooks({
    resolve(specifier, context, next) {
      const found = next(specifier, context);
      // What a marked module imports is marked; everything else keeps its one copy, classes and caches with it.
      if (context.parentURL?.endsWith(load) !== true || !found.url.startsWith('file:')) return found;
      const file = fileURLToPath(found.url);
      if (file.includes(`${sep}node_modules${sep}`) || isOwn(file)) return found;
      onFile(file);
      return { ...found, url: `${found.url.replace(/[?#].*$/, '')}?${load}` };
    },
  });
  try {
    const module: { readonly default?: unknown } = await import(`${url}?${load}`);
    return module.default;
  } finally {
    // Imports of the running gateway must not get the mark.
    hooks.deregister();
  }
}

/** What a config of this repository imports where a project imports the package. */
function isOwn(file: string): boolean {
  const root = dirname(fileURLToPath(manifestPath()));
  return file.startsWith(`${root}${sep}core${sep}`) || file === `${root}${sep}index.ts`;
}
