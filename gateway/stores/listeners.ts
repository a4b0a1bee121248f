/** Those who want to be notified. */
export interface Listeners<T> {
  add(listener: (event: T) => void): void;
  /** Calls every listener, in the order in which they were added. */
  notify(event: T): void;
}

/**
 * Listeners are called in the order in which they were added. One that throws keeps those after it from being called.
 */
export function createListeners<T>(): Listeners<T> {
  const listeners: ((event: T) => void)[] = [];
  return {
    add: (listener) => void listeners.push(listener),
    notify(event) {
      for (const listener of listeners) listener(event);
    },
  };
}
