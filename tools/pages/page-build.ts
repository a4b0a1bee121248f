import { readdir, readFile, writeFile } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import { build, type InlineConfig, mergeConfig, type Plugin } from 'vite';
import { licenceNotices } from './licence-notices.ts';

/**
 * Builds a page of `web` into `out`. Names of assets hold a hash of their content; nothing is inlined, as the CSP forbids it.
 * @param base the path that it is served at
 * @param out is emptied first
 * @throws what Vite throws
 */
async function buildPage(name: string, base: string, out: string, own: InlineConfig): Promise<void> {
  // Vite builds React for the environment that it finds, which may be that of a test.
  process.env['NODE_ENV'] = 'production';
  const common: InlineConfig = {
    configFile: false,
    root: resolve('web', name),
    base,
    logLevel: 'error',
    plugins: [browserModules, licenceNotices()],
    build: {
      outDir: resolve(out),
      emptyOutDir: true,
      target: 'es2022',
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
    },
  };
  await build(mergeConfig(common, own));
}

/** A browser has no modules of Node: Vite puts an empty one in their place, and the page would stop at its first use. */
export const browserModules = {
  name: 'browser-modules',
  enforce: 'pre',
  resolveId(id: string, importer?: string) {
    if (isBuiltin(id)) throw new Error(`${importer} imports ${id}, which no browser has`);
  },
} as const satisfies Plugin;

const source = (file: string): string => resolve('web', 'graphiql', file);

/**
 * Replaces parts that GraphiQL loads and does not use; the files say which and why. `pre`: before Vite finds the real
 * ones.
 */
const replacements: Plugin = {
  name: 'replacements',
  enforce: 'pre',
  resolveId(id) {
    if (id === 'framer-motion') return source('tab-list.tsx');
    if (id === 'monaco-editor/esm/vs/editor/edcore.main.js') return source('editor.ts');
    return /\/(?:diffEditorWidget|multiDiffEditorWidget)\.js$/.test(id) ? source('no-diff-editor.ts') : undefined;
  },
};

/** Builds a page into a folder, which is emptied first. */
export const builders = {
  graphiql: (out: string) =>
    buildPage('graphiql', '/graphql/', out, {
      plugins: [replacements],
      // Monaco's (`web/graphiql/workers.ts`).
      worker: { format: 'es' },
    }),
  console: (out: string) =>
    buildPage('console', '/console/', out, { oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } } }),
} as const;

/** Texts and fonts that are not compressed yet. What the server finds no `.br` or `.gz` of, it sends as it is. */
const compressible = /\.(?:js|css|html|ttf|txt)$/;

/**
 * Writes a `.br` and a `.gz` beside every file that gets smaller by it.
 * @param quality of Brotli: 11 for what ships, less for a build that someone waits for.
 */
export async function compressFolder(folder: string, quality: number): Promise<void> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && compressible.test(entry.name));
  await Promise.all(files.map((entry) => compressFile(join(entry.parentPath, entry.name), quality)));
}

/** A file that would grow gets no second one. */
async function compressFile(file: string, quality: number): Promise<void> {
  const plain = await readFile(file);
  const params = { [constants.BROTLI_PARAM_QUALITY]: quality, [constants.BROTLI_PARAM_SIZE_HINT]: plain.length };
  const [br, gz] = await Promise.all([
    promisify(brotliCompress)(plain, { params }),
    promisify(gzip)(plain, { level: 9 }),
  ]);
  if (br.length < plain.length) await writeFile(`${file}.br`, br);
  if (gz.length < plain.length) await writeFile(`${file}.gz`, gz);
}
