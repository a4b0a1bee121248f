import { resolve } from 'node:path';
import type { Plugin } from 'vite';
import { buildPage } from './page-build.ts';

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

/** See {@link buildPage}. */
export const buildGraphiql = (out: string): Promise<void> =>
  buildPage('graphiql', '/graphql/', out, {
    plugins: [replacements],
    // Monaco's (`web/graphiql/workers.ts`).
    worker: { format: 'es' },
  });
