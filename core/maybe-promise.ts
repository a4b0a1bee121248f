/** A value that is known, or will be. Code that runs for every request waits only for what is not known. */
export type MaybePromise<T> = T | Promise<T>;

/** Goes on with the value: at once when it is known. */
export const whenKnown = <T, Next>(
  value: MaybePromise<T>,
  next: (known: T) => MaybePromise<Next>,
): MaybePromise<Next> => (value instanceof Promise ? value.then(next) : next(value));
