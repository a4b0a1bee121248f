/** A value that is known, or will be. Code that runs for every request waits only for what is not known. */
export type MaybePromise<T> = T | Promise<T>;

/** Goes on with the value: at once when it is known. What always ends in a promise stays one. */
export function whenKnown<T, Next>(value: MaybePromise<T>, next: (known: T) => Promise<Next>): Promise<Next>;
export function whenKnown<T, Next>(value: MaybePromise<T>, next: (known: T) => MaybePromise<Next>): MaybePromise<Next>;
export function whenKnown<T, Next>(value: MaybePromise<T>, next: (known: T) => MaybePromise<Next>): MaybePromise<Next> {
  return value instanceof Promise ? value.then(next) : next(value);
}
