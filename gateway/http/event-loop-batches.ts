interface Waiting {
  readonly resolve: (value: never) => void;
  readonly value: unknown;
}

/** How long a batch should keep others from being read, milliseconds. */
const longestMs = 3;
const smallest = 8;
const largest = 256;

let waiting: Waiting[] = [];
/** How many go on together; follows what the batches before took. */
let size = 32;
let isTurnTaken = false;
let startedAt = 0;
let taken = 0;

/**
 * Resolves a promise at the end of this turn of the event loop, together with others of the same turn. Under load dozens
 * of sockets are ready at a time. One after another, each would run the whole way through code that the one before has just
 * pushed out of the processor's caches; together they take each step side by side. More than fit into a few milliseconds
 * go on in the turns after it, in the order in which they came, so that sockets are read in between.
 * @param resolve of a promise, which never throws
 */
export function resolveAtEndOfTurn<T>(resolve: (value: T) => void, value: T): void {
  waiting.push({ resolve, value });
  if (!isTurnTaken) takeNextTurn();
}

function takeNextTurn(): void {
  isTurnTaken = true;
  setImmediate(resolveBatch);
  // Runs in the same turn, when everything that the batch has set off is done.
  setImmediate(measureBatch);
}

function resolveBatch(): void {
  startedAt = performance.now();
  const batch = waiting.length > size ? waiting.slice(0, size) : waiting;
  waiting = waiting.slice(batch.length);
  taken = batch.length;
  for (const { resolve, value } of batch) resolve(value as never);
}

function measureBatch(): void {
  size = nextSize(size, taken, performance.now() - startedAt);
  if (waiting.length > 0) takeNextTurn();
  else isTurnTaken = false;
}

/**
 * The size of the next batch: half after one that took too long, a little more after a full one that was quick.
 * @param taken how many the last batch had, of `size` at most
 * @param ms what it took
 */
export function nextSize(size: number, taken: number, ms: number): number {
  if (ms > longestMs) return Math.max(smallest, Math.min(size, taken) >> 1);
  return taken === size && ms < longestMs / 2 ? Math.min(largest, size + smallest) : size;
}
