import { expect, test } from 'vitest';
import type { ExecutionReads } from '../../../../gateway/executions/execution-reads.ts';
import { createSharedLooks } from '../../../../gateway/executions/shared-looks.ts';
import type { Looks, Snapshot } from '../../../../gateway/executions/snapshots.ts';
import { handClock } from '../../../support/session-fakes.ts';

const keepBytes = 1_000_000;

/** Looks that are counted, at executions whose newest events take 100 kB, or which were started with as much. */
function large(given: { readonly isOver: boolean; readonly of: 'events' | 'workload' | 'nothing' }) {
  let count = 0;
  const text = 'x'.repeat(100_000);
  const looks: Looks = {
    async take(id) {
      count += 1;
      const workload = given.of === 'workload' ? { text } : {};
      const parts = given.of === 'events' ? { events: [{ payload: text }] } : { events: [], workload };
      const detail = { id, claim: 'RUNNING', ...parts } as unknown as Snapshot['detail'];
      return {
        detail,
        over: given.isOver ? ({ end: 'COMPLETED' } as Snapshot['over']) : undefined,
        isSettling: false,
        calls: 1,
        seen: { newest: given.of === 'events' ? detail : undefined, status: undefined },
      };
    },
    forget() {},
  };
  const reads = { newest: async () => new Map() } as unknown as ExecutionReads;
  const shared = createSharedLooks({ reads, looks, clock: handClock(), keepBytes, staleMs: 250 });
  /** How many of these executions cost a look now. */
  async function looksFor(ids: readonly number[]): Promise<number> {
    const before = count;
    for (const id of ids) await shared.take(`${id}`, {});
    return count - before;
  }
  /** What the looks at these executions found is completed by further reads of 100 kB. */
  async function readMore(ids: readonly number[]): Promise<void> {
    for (const id of ids) {
      const taken = await shared.take(`${id}`, {});
      if (taken !== undefined) shared.keep(taken.snapshot, 100_000);
    }
  }
  return { looksFor, readMore };
}

const many = Array.from({ length: 50 }, (_, id) => id);

test.each([
  { isOver: true, of: 'events' },
  { isOver: true, of: 'workload' },
  { isOver: false, of: 'events' },
  { isOver: false, of: 'workload' },
] as const)('what was read of an execution counts among the bytes that are kept: %o', async (given) => {
  const { looksFor } = large(given);
  expect(await looksFor(many)).toBe(50);
  // Nine of 100 kB fit into a megabyte; the newest are kept.
  expect(await looksFor(many.slice(-9))).toBe(0);
  expect(await looksFor(many.slice(0, 10))).toBe(10);
});

test('what was read for the steps of a running execution counts, until the next look', async () => {
  const { looksFor, readMore } = large({ isOver: false, of: 'nothing' });
  expect(await looksFor(many)).toBe(50);
  expect(await looksFor(many)).toBe(0);
  await readMore(many);
  expect(await looksFor(many.slice(-9))).toBe(0);
  expect(await looksFor(many.slice(0, 10))).toBe(10);
});
