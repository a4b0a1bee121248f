import { resolve } from 'node:path';
import process from 'node:process';
import { build } from 'vite';
import { licenceNotices } from './licence-notices.ts';

/**
 * Builds the page into `out`. Names of assets hold a hash of their content; nothing is inlined, as the CSP forbids it.
 * @param out is emptied first
 * @throws what Vite throws
 */
export async function buildConsole(out: string): Promise<void> {
  // Else Vite takes that of the caller, which may be a test's.
  process.env['NODE_ENV'] = 'production';
  await build({
    configFile: false,
    root: resolve('web', 'console'),
    base: '/console/',
    logLevel: 'error',
    plugins: [licenceNotices()],
    oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
    build: {
      outDir: resolve(out),
      emptyOutDir: true,
      target: 'es2022',
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
    },
  });
}
