/** Wakes the streams of this process when something came for their client. */
export interface Wakes {
  /** @param queue undefined: all of them */
  wake(queue: string | undefined): void;
  /** A stream's turn to wait; what came between two waits ends the next one at once. */
  open(queue: string): { wait(ms: number, signal: AbortSignal): Promise<void>; close(): void };
}

/** One stream. `isWoken` remembers a wake that came while it did not wait. */
interface Turn {
  isWoken: boolean;
  resume: () => void;
}

/** A wake carries nothing: a stream that is woken looks into the store, so a wake too many does no harm. */
export function createWakes(): Wakes {
  const turns = new Map<string, Set<Turn>>();
  const wakeTurns = (ofQueue: Iterable<Turn>): void => {
    for (const turn of ofQueue) {
      turn.isWoken = true;
      turn.resume();
    }
  };
  return {
    wake(queue) {
      if (queue !== undefined) return wakeTurns(turns.get(queue) ?? []);
      for (const ofQueue of turns.values()) wakeTurns(ofQueue);
    },
    open(queue) {
      const turn: Turn = { isWoken: false, resume: () => {} };
      const ofQueue = turns.get(queue) ?? new Set();
      turns.set(queue, ofQueue.add(turn));
      return {
        async wait(ms, signal) {
          if (!turn.isWoken && !signal.aborted) await wait(turn, ms, signal);
          turn.isWoken = false;
        },
        close() {
          ofQueue.delete(turn);
          if (ofQueue.size === 0) turns.delete(queue);
        },
      };
    },
  };
}

function wait(turn: Turn, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    // One end for the timer, the wake and a client that leaves; each removes the others.
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      turn.resume = () => {};
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done, { once: true });
    turn.resume = done;
  });
}
