import { resolve } from 'node:path';
import process from 'node:process';
import { build, type Plugin } from 'vite';
import { licenceNotices } from './licence-notices.ts';

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

/**
 * Builds the page into `out`. Names of assets hold a hash of their content; nothing is inlined, as the CSP forbids it.
 * @param out is emptied first
 * @throws what Vite throws
 */
export async function buildGraphiql(out: string): Promise<void> {
  // Vite builds React for the environment that it finds, which may be that of a test.
  process.env['NODE_ENV'] = 'production';
  await build({
    configFile: false,
    root: resolve('web', 'graphiql'),
    base: '/graphql/',
    logLevel: 'error',
    plugins: [replacements, licenceNotices()],
    // Monaco's (`web/graphiql/workers.ts`).
    worker: { format: 'es' },
    build: {
      outDir: resolve(out),
      emptyOutDir: true,
      target: 'es2022',
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
    },
  });
}
