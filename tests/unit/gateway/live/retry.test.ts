import { describe, expect, test, vi } from 'vitest';
import { retryWithBackoff } from '../../../../gateway/live/retry.ts';
import { GatewayError } from '../../../../plugins/errors.ts';

const away = () => new GatewayError('ERR_STORE', 'the store is away');

/** Fails so often with that error, then answers. */
function failing(times: number, error: () => Error = away) {
  let calls = 0;
  const work = async () => {
    calls += 1;
    if (calls <= times) throw error();
    return 'done';
  };
  return { work, calls: () => calls };
}

describe('work that waits for a store', () => {
  test('is repeated until the store is back', async () => {
    const { work, calls } = failing(2);
    const errors: unknown[] = [];
    const options = { forMs: 60_000, clock: Date.now, onFailed: (error: unknown) => void errors.push(error) };
    expect(await retryWithBackoff(work, options)).toBe('done');
    expect(calls()).toBe(3);
    expect(errors).toHaveLength(2);
  });

  test('is repeated within a second of the return of the store, however long it was away', async () => {
    vi.useFakeTimers();
    try {
      let isAway = true;
      const work = async () => {
        if (isAway) throw away();
        return 'done';
      };
      const done = retryWithBackoff(work, { forMs: 3_600_000, clock: Date.now });
      await vi.advanceTimersByTimeAsync(60_000);
      isAway = false;
      await vi.advanceTimersByTimeAsync(1_000);
      await expect(done).resolves.toBe('done');
    } finally {
      vi.useRealTimers();
    }
  });

  test('asks a server other than the store less and less often', async () => {
    vi.useFakeTimers();
    try {
      const noetl = failing(10_000, () => new GatewayError('ERR_UPSTREAM', 'NoETL is away'));
      const done = retryWithBackoff(noetl.work, { forMs: 60_000, clock: Date.now, retryIf: () => true });
      const ended = expect(done).rejects.toMatchObject({ code: 'ERR_UPSTREAM' });
      await vi.advanceTimersByTimeAsync(70_000);
      await ended;
      // At most 5 s apart: every half second would be 120.
      expect(noetl.calls()).toBeLessThan(60);
    } finally {
      vi.useRealTimers();
    }
  });

  test('fails at once with an error that is not repeated', async () => {
    const { work, calls } = failing(1, () => new GatewayError('ERR_ACCESS_DENIED', 'no'));
    await expect(retryWithBackoff(work, { forMs: 60_000, clock: Date.now })).rejects.toMatchObject({
      code: 'ERR_ACCESS_DENIED',
    });
    expect(calls()).toBe(1);
  });

  test('ends with the last error when the time is over, or the work is not needed any more', async () => {
    let now = 0;
    const late = failing(100);
    const work = () => {
      now += 6_000;
      return late.work();
    };
    await expect(retryWithBackoff(work, { forMs: 10_000, clock: () => now })).rejects.toMatchObject({
      code: 'ERR_STORE',
    });
    expect(late.calls()).toBe(2);
    const useless = failing(100);
    await expect(
      retryWithBackoff(useless.work, { forMs: 10_000, clock: Date.now, isNeeded: () => useless.calls() < 2 }),
    ).rejects.toMatchObject({ code: 'ERR_STORE' });
    expect(useless.calls()).toBe(2);
  });
});
