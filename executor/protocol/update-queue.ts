/** Values that are put in at one end and taken out at the other, one at a time. */
export interface UpdateQueue<T> {
  put(value: T): void;
  /** No more values come; those that are in are still taken out. */
  end(): void;
  /** @returns undefined: there are no more. `idle`: none came within the time */
  next(idleMs: number): Promise<{ readonly value: T } | 'idle' | undefined>;
}

/** @param most values that wait; beyond, the newest one takes the place of the one before it */
export function createUpdateQueue<T>(most: number): UpdateQueue<T> {
  const waiting: T[] = [];
  let isOver = false;
  let wake = () => {};
  return {
    put(value) {
      if (waiting.length >= most) waiting.pop();
      waiting.push(value);
      wake();
    },
    end() {
      isOver = true;
      wake();
    },
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
      const [value] = waiting.splice(0, 1);
      if (value !== undefined) return { value };
      return isOver ? undefined : 'idle';
    },
  };
}
