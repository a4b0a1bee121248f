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

/** Makes a value on the first call and keeps it, whatever it is: a promise that fails is kept as well. */
export function kept<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

/** One run for a key at a time: callers that ask meanwhile get the same result, and the same failure. */
export function oncePerKey<Key, T>(): (key: Key, start: () => Promise<T>) => Promise<T> {
  const running = new Map<Key, Promise<T>>();
  return (key, start) => {
    const current = running.get(key);
    if (current !== undefined) return current;
    const started = start().finally(() => running.delete(key));
    running.set(key, started);
    return started;
  };
}
