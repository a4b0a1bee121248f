import { defineConfig } from 'vitest/config';

/** The tests that need Redis, NATS and PostgreSQL on this machine. Without CI they skip what is not there, and say so. */
export default defineConfig({
  test: {
    include: ['tests/services/**/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    fileParallelism: false,
  },
});
