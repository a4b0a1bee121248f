import { defineConfig } from 'vitest/config';
import base from './vitest.config.ts';

/** The tests that mutation testing runs: those of the mutated folders that need no network and no long time. */
export default defineConfig({
  // Here Vite loads the modules, since Stryker changes them; Node takes the CommonJS build of graphql for us and for every package.
  resolve: { alias: [{ find: /^graphql$/, replacement: 'graphql/index.js' }] },
  test: {
    ...base.test,
    isolate: true,
    experimental: {},
    // Instrumented code is slower.
    testTimeout: 120_000,
    include: [
      'tests/unit/plugins/**/*.test.ts',
      'tests/unit/plugins/**/*.test.ts',
      // The words of OpenAPI are tested where they are used.
      'tests/unit/generator/normalise/rules/*.test.ts',
      'tests/unit/generator/table/*.test.ts',
      // Rules of issuers, of outcomes and of own paths are tested where tokens are verified, executions are read and calls are sent.
      'tests/unit/gateway/identity/{review-matrix,provider-shapes,introspection,logout-token}.test.ts',
      'tests/unit/gateway/upstream/at-own-paths.test.ts',
      'tests/unit/gateway/operations/{scalars,protocol/outcomes}.test.ts',
      'tests/integration/executor-{executions,results}.test.ts',
      'tests/integration/plugin-{access,errors,limits,graphql-cop}.test.ts',
      'tests/integration/smuggling.test.ts',
    ],
  },
});
