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

/**
 * Tests that take seconds of processor time, since they start processes, run Mesh or measure memory. They run with the
 * services, so that `npm test` takes about a minute of it.
 */
export const slowTests: readonly string[] = [
  ...[
    'cli',
    'compiled-operations',
    'dev',
    'diff-real-documents',
    'doctor-start',
    'document-types',
    'earlier-deployment',
    'events-config',
    'examples',
    'foreign-projects',
    'generate-watch',
    'mesh-cache',
    'mesh/*',
    'plugin-random-operations',
    'plugin-servers',
    'public-names',
    'serve',
    'subscriptions',
    'tracing',
  ].map((name) => `tests/integration/${name}.test.ts`),
  'tests/golden/generate/generate.test.ts',
  'tests/golden/manifests/kubernetes-types.test.ts',
  'tests/unit/gateway/http/holding-callers.test.ts',
  'tests/unit/gateway/http/slow-streams.test.ts',
  'tests/unit/gateway/observe/line-sink.test.ts',
  'tests/unit/generator/diff/mutations.test.ts',
  'tests/unit/generator/pull/pull.test.ts',
  'tests/unit/plugins/json/heap-bytes.test.ts',
  'tests/unit/plugins/json/own-text.test.ts',
  'tests/unit/plugins/noetl/template-mark.test.ts',
];
