import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { sampleHeap } from '../../load/bench/live/heap.ts';

const metrics = (startedAt: number, mib: number) =>
  `process_start_time_seconds ${startedAt}\nnodejs_heap_size_used_bytes ${mib * 2 ** 20}\n`;

describe('the heap of a replica', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.restoreAllMocks();
  });

  /** Samples what `/metrics` answers, one answer a second; undefined: it refuses the connection. */
  async function sampled(answers: readonly (string | undefined)[]) {
    const asked = vi.spyOn(globalThis, 'fetch').mockRejectedValue(new Error('refused'));
    for (const text of answers) {
      if (text === undefined) asked.mockRejectedValueOnce(new Error('refused'));
      else asked.mockResolvedValueOnce(new Response(text));
    }
    const heap = sampleHeap({ internalUrl: 'http://127.0.0.1:1' });
    await vi.advanceTimersByTimeAsync(answers.length * 1_000);
    return { mib: heap.stop().map(({ mib }) => mib), asked: asked.mock.calls.length };
  }

  test('is sampled each second, and a refused connection leaves a gap', async () => {
    const { mib } = await sampled([metrics(7, 100), undefined, metrics(7, 110)]);
    expect(mib).toEqual([100, 110]);
  });

  test('of another process at the same address is not sampled, and nothing after it', async () => {
    const { mib, asked } = await sampled([metrics(7, 100), undefined, metrics(9, 40), metrics(9, 41)]);
    expect(mib).toEqual([100]);
    expect(asked).toBe(3);
  });
});
