import { setTimeout as sleep } from 'node:timers/promises';

const pauseMs = 50;
const longestMs = 5_000;

/**
 * Waits until a store answers, and no longer than five seconds: the kernel gives a worker connections as soon as it listens.
 * @param ping rejects while the store does not answer
 */
export async function untilConnected(ping: () => Promise<void>): Promise<void> {
  const endMs = performance.now() + longestMs;
  while (performance.now() < endMs) {
    const isThere = await ping().then(
      () => true,
      () => false,
    );
    if (isThere) return;
    await sleep(pauseMs);
  }
}
