import { GatewayError } from '../../core/errors.ts';

/** Lets identical reads that are in flight share one call; who may see the answer is each reader's own matter. */
export interface ReadSharing<T> {
  /** Joins a call with the same key, or makes it. One reader leaving does not take the answer from the others. */
  read(key: string, signal: AbortSignal | undefined, send: () => Promise<T>): Promise<T>;
  /** A call that changes something: no read that begins after it joins one that began before it ended. */
  write(send: () => Promise<T>): Promise<T>;
}

export function createReadSharing<T>(): ReadSharing<T> {
  const inFlight = new Map<string, Promise<T>>();
  return {
    read(key, signal, send) {
      const running = inFlight.get(key) ?? start(key, send);
      return signal === undefined ? running : untilAborted(running, signal);
    },
    async write(send) {
      try {
        return await send();
      } finally {
        inFlight.clear();
      }
    },
  };

  function start(key: string, send: () => Promise<T>): Promise<T> {
    const running = send();
    const over = () => {
      if (inFlight.get(key) === running) inFlight.delete(key);
    };
    running.then(over, over);
    inFlight.set(key, running);
    return running;
  }
}

function untilAborted<T>(running: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const leave = () => reject(new GatewayError('ERR_UPSTREAM', 'the caller left', { cause: signal.reason }));
    if (signal.aborted) {
      running.catch(() => {});
      return leave();
    }
    signal.addEventListener('abort', leave, { once: true });
    running.then(resolve, reject).finally(() => signal.removeEventListener('abort', leave));
  });
}
