import { defineConfig } from 'vitest/config';
import { shared, slowTests } from './vitest.shared.ts';

/** The tests that need no outside server. Those that take long by their nature run with the services. */
export default defineConfig({
  test: {
    ...shared,
    include: ['tests/**/*.test.ts'],
    exclude: ['tests/services/**', 'tests/noetl/**', '**/node_modules/**', ...slowTests],
    // Far above what a test takes: a busy machine must not fail one.
    testTimeout: 20_000,
    hookTimeout: 30_000,
    maxWorkers: 2,
  },
});
