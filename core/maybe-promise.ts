/** A value that is known, or will be. Code that runs for every request waits only for what is not known. */
export type MaybePromise<T> = T | Promise<T>;
