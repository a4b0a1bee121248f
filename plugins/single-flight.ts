import type { Cache } from './cache.ts';

/** Work by key. Callers that ask while it runs share it: one run, one result or one failure. */
export class SingleFlight<K, T> {
  readonly #running = new Map<K, Promise<T>>();

  get size(): number {
    return this.#running.size;
  }

  /** What runs for the key now. */
  get(key: K): Promise<T> | undefined {
    return this.#running.get(key);
  }

  run(key: K, start: () => Promise<T>): Promise<T> {
    const running = this.#running.get(key);
    if (running !== undefined) return running;
    const started = start();
    this.#running.set(key, started);
    const over = () => this.#forget(key, started);
    void started.then(over, over);
    return started;
  }

  /** Who asks from now on does not share what runs for the key; without a key, what runs for any. */
  forget(key?: K): void {
    if (key === undefined) this.#running.clear();
    else this.#running.delete(key);
  }

  #forget(key: K, started: Promise<T>): void {
    if (this.#running.get(key) === started) this.#running.delete(key);
  }
}

/** A value that is made when it is first asked for. All callers get the same promise. */
export interface Once<T> {
  (): Promise<T>;
  /** Lets go of the value: the next call makes it again. */
  forget(): void;
}

/** Makes a value on the first call and keeps it; a failure is not kept, so that the next call tries again. */
export function once<T>(make: () => Promise<T>): Once<T> {
  let made: Promise<T> | undefined;
  const get = () => {
    if (made === undefined) {
      const promise = make();
      made = promise;
      promise.catch(() => {
        if (made === promise) made = undefined;
      });
    }
    return made;
  };
  return Object.assign(get, {
    forget: () => {
      made = undefined;
    },
  });
}

/** The value of a key, made by the first who asks and kept in the cache; a failure is not kept. @param untilMs default: no end */
export function cached<K extends {}, T>(
  cache: Cache<K, Promise<T>>,
  key: K,
  make: () => Promise<T>,
  untilMs?: number,
): Promise<T> {
  const known = cache.get(key);
  if (known !== undefined) return known;
  const made = make();
  cache.set(key, made, untilMs);
  made.catch(() => {
    if (cache.peek(key) === made) cache.delete(key);
  });
  return made;
}

/** Makes a value on the first call and keeps it, whatever it is: a promise that fails is kept as well. */
export function kept<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

/** A value that is known, or will be. Code that runs for every request waits only for what is not known. */
export type MaybePromise<T> = T | Promise<T>;

/** Goes on with the value: at once when it is known. What always ends in a promise stays one. */
export function whenKnown<T, Next>(value: MaybePromise<T>, next: (known: T) => Promise<Next>): Promise<Next>;
export function whenKnown<T, Next>(value: MaybePromise<T>, next: (known: T) => MaybePromise<Next>): MaybePromise<Next>;
export function whenKnown<T, Next>(value: MaybePromise<T>, next: (known: T) => MaybePromise<Next>): MaybePromise<Next> {
  return value instanceof Promise ? value.then(next) : next(value);
}
