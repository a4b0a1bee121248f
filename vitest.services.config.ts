import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { shared, slowTests } from './vitest.shared.ts';

/** Files that take a minute or more on an idle machine. */
const longest = ['services/package', 'services/real-results', 'services/live-outages', 'services/first-minutes'];

/** The longest files first, so that none of them runs alone at the end. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isLong = ({ moduleId }: TestSpecification) => longest.some((name) => moduleId.includes(`/${name}.test.ts`));
    const sorted = await super.sort(files);
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))];
  }
}

/**
 * The tests that need Redis, NATS and PostgreSQL on this machine, and those that take long: random tests with all of their runs,
 * the built package. Without CI they skip what is missing, with a message. Two files run at a time: each has a database, a
 * prefix, a stream and ports of its own.
 */
export default defineConfig({
  test: {
    ...shared,
    globalSetup: ['tests/support/built-package.ts'],
    include: ['tests/services/**/*.test.ts', ...slowTests],
    env: { TEST_RUNS: 'all' },
    // Few files, which wait more than they compute: each starts as soon as a worker is free.
    isolate: true,
    maxWorkers: 2,
    sequence: { sequencer: LongestFirst },
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // A busy machine may take longer than Vitest's second.
    expect: { poll: { timeout: 20_000 } },
  },
});
