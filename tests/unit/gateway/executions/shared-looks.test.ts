import { describe, expect, test } from 'vitest';
import type { ExecutionReads } from '../../../../gateway/executions/execution-reads.ts';
import { createSharedLooks } from '../../../../gateway/executions/shared-looks.ts';
import type { Looks, Snapshot } from '../../../../gateway/executions/snapshots.ts';
import { handClock } from '../../../support/session-fakes.ts';

/** Looks that are counted, at an execution that runs or claims an end. */
function counted(claim: 'RUNNING' | 'COMPLETED' = 'RUNNING') {
  const clock = handClock();
  const startedAt = new Date(clock());
  let count = 0;
  const detail = { id: '1', claim, startedAt, events: [] } as unknown as Snapshot['detail'];
  const snapshot: Snapshot = {
    detail,
    over: undefined,
    isSettling: false,
    calls: 1,
    seen: { newest: undefined, status: undefined },
  };
  const looks: Looks = {
    async take() {
      count += 1;
      return snapshot;
    },
    forget() {},
  };
  const reads = { newest: async () => new Map() } as unknown as ExecutionReads;
  const shared = createSharedLooks({ reads, looks, clock, keepBytes: 1_000_000, staleMs: 250 });
  /** `askers` ask every 50 ms. @returns the looks that it cost */
  async function ask(askers: number, forMs: number): Promise<number> {
    const before = count;
    for (let passed = 0; passed < forMs; passed += 50) {
      for (let asker = 0; asker < askers; asker += 1) await shared.take('1', {});
      clock.advance(50);
    }
    return count - before;
  }
  return { ask };
}

describe('looks at one execution', () => {
  test('many askers share one for 250 ms: four calls a second', async () => {
    const { ask } = counted();
    expect(await ask(100, 4_000)).toBeLessThanOrEqual(16);
  });

  test('a single asker of a young execution gets a new one every 100 ms, later every 250 ms', async () => {
    const { ask } = counted();
    expect(await ask(1, 1_000)).toBe(10);
    await ask(1, 4_000);
    expect(await ask(1, 1_000)).toBe(4);
  });

  test('an end that is claimed for long and not certain is looked at once a second', async () => {
    const { ask } = counted('COMPLETED');
    await ask(100, 2_000);
    expect(await ask(100, 4_000)).toBe(4);
  });
});
