import type { ViteUserConfig } from 'vitest/config';

/**
 * What all configurations have in common. Node itself loads the modules, as it does in production, and a worker loads each of them
 * once for all files: reading them anew for each of 300 files took as long as the tests. So a file must leave globals, the
 * environment and timers as it found them.
 */
export const shared: NonNullable<ViteUserConfig['test']> = {
  globalSetup: ['tests/support/built-pages.ts'],
  isolate: false,
  experimental: { viteModuleRunner: false, nodeLoader: false },
};
