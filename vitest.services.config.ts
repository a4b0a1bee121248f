import { defineConfig } from 'vitest/config';

/** The tests that need Redis, NATS and PostgreSQL on this machine. Without CI they skip what is missing, with a message. */
export default defineConfig({
  // One copy of graphql in a process, as in vitest.config.ts.
  resolve: { alias: [{ find: /^graphql$/, replacement: 'graphql/index.js' }] },
  test: {
    globalSetup: ['tests/support/built-pages.ts'],
    include: ['tests/services/**/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    fileParallelism: false,
    // A busy machine may take longer than Vitest's second.
    expect: { poll: { timeout: 20_000 } },
  },
});
