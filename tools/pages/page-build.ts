import { resolve } from 'node:path';
import process from 'node:process';
import { build, type InlineConfig, mergeConfig } from 'vite';
import { licenceNotices } from './licence-notices.ts';

/**
 * Builds a page of `web` into `out`. Names of assets hold a hash of their content; nothing is inlined, as the CSP forbids it.
 * @param base the path that it is served at
 * @param out is emptied first
 * @throws what Vite throws
 */
export async function buildPage(name: string, base: string, out: string, own: InlineConfig): Promise<void> {
  // Vite builds React for the environment that it finds, which may be that of a test.
  process.env['NODE_ENV'] = 'production';
  const common: InlineConfig = {
    configFile: false,
    root: resolve('web', name),
    base,
    logLevel: 'error',
    plugins: [licenceNotices()],
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
