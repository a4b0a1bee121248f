/** Values that are put in at one end and taken out at the other, one at a time. */
export interface UpdateQueue<T> {
  /** @param bytes about what it takes in memory while it waits */
  put(value: T, bytes?: number): void;
  /** No more values come; those that are in are still taken out. */
  end(): void;
  /** @returns undefined: there are no more. `idle`: no value came within the time */
  next(idleMs: number): Promise<{ readonly value: T } | 'idle' | undefined>;
}

/**
 * Beyond its limits, the newest value takes the place of those before it.
 * @param most values that wait
 * @param mostBytes of all of them; a single value may be larger
 */
export function createUpdateQueue<T>(most: number, mostBytes = Number.POSITIVE_INFINITY): UpdateQueue<T> {
  const waiting: { readonly value: T; readonly bytes: number }[] = [];
  let waitingBytes = 0;
  let isOver = false;
  let wake = () => {};
  return {
    put(value, bytes = 0) {
      while (waiting.length > 0 && (waiting.length >= most || waitingBytes + bytes > mostBytes)) {
        waitingBytes -= waiting.pop()?.bytes ?? 0;
      }
      waiting.push({ value, bytes });
      waitingBytes += bytes;
      wake();
    },
    end() {
      isOver = true;
      wake();
    },
    // One reader at a time: `wake` is that of the last one.
    async next(idleMs) {
      if (waiting.length === 0 && !isOver) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, idleMs);
          wake = () => {
            clearTimeout(timer);
            resolve();
          };
        });
        wake = () => {};
      }
      const next = waiting.shift();
      if (next === undefined) return isOver ? undefined : 'idle';
      waitingBytes -= next.bytes;
      return { value: next.value };
    },
  };
}
