interface Waiting {
  readonly resolve: (value: never) => void;
  readonly value: unknown;
}

let waiting: Waiting[] = [];

/**
 * Resolves a promise at the end of this turn of the event loop, together with all others of the same turn. Under load dozens
 * of sockets are ready at a time. One after another, each would run the whole way through code that the one before has just
 * pushed out of the processor's caches; together they take each step side by side.
 * @param resolve of a promise, which never throws
 */
export function resolveAtEndOfTurn<T>(resolve: (value: T) => void, value: T): void {
  if (waiting.push({ resolve, value }) === 1) setImmediate(resolveAll);
}

function resolveAll(): void {
  const all = waiting;
  waiting = [];
  for (const { resolve, value } of all) resolve(value as never);
}
