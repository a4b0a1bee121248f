import { GatewayError } from '../../plugins/errors.ts';
import { SingleFlight } from '../../plugins/single-flight.ts';

/** What reads are to those that share them. */
export interface SharedReads<Read, T> {
  /** Reads with the same key may share an answer. */
  keyOf(read: Read): string;
  /** Whose turn the read waits for. */
  ownerOf(read: Read): string | undefined;
  signalOf(read: Read): AbortSignal | undefined;
  /** Takes a place. @returns undefined when there is room now */
  enter(read: Read): Promise<void> | undefined;
  /** Makes the call in the place that was taken, and gives the place back. */
  send(read: Read): Promise<T>;
  /** Gives the place back without a call. */
  leave(read: Read): void;
}

/** Lets identical reads that are in flight share one call; who may see the answer is each reader's own matter. */
export interface ReadSharing<Read, T> {
  /** Joins a call with the same key, or makes it. One reader leaving does not take the answer from the others. */
  read(read: Read): Promise<T>;
  /** A call that changes something: no read that begins after it joins one that began before it ended. */
  write(send: () => Promise<T>): Promise<T>;
}

/** A read that waits for a place is joined by reads of its owner only: others would wait in the owner's queue. */
export function createReadSharing<Read, T>(reads: SharedReads<Read, T>): ReadSharing<Read, T> {
  const inFlight = new SingleFlight<string, T>();
  const queued = new SingleFlight<string, T>();
  return {
    read(read) {
      const key = reads.keyOf(read);
      const running = inFlight.get(key) ?? waiting(read, key) ?? begin(read, key);
      const signal = reads.signalOf(read);
      return signal === undefined ? running : untilAborted(running, signal);
    },
    write(send) {
      const sent = send();
      // Also after a failure: NoETL may have done it. Before the caller goes on, who may read next.
      const over = () => inFlight.forget();
      void sent.then(over, over);
      return sent;
    },
  };

  function waiting(read: Read, key: string): Promise<T> | undefined {
    return queued.size === 0 ? undefined : queued.get(ownKey(read, key));
  }

  function begin(read: Read, key: string): Promise<T> {
    const entering = reads.enter(read);
    if (entering === undefined) return start(read, key);
    return queued.run(ownKey(read, key), () => queue(read, key, entering));
  }

  async function queue(read: Read, key: string, entering: Promise<void>): Promise<T> {
    try {
      await entering;
    } finally {
      // Whether there is a place or not: reads that come now must not join a wait that is over.
      queued.forget(ownKey(read, key));
    }
    const other = inFlight.get(key);
    if (other === undefined) return start(read, key);
    // Another owner's read with the same key was sent meanwhile; the place is not needed.
    reads.leave(read);
    return other;
  }

  function start(read: Read, key: string): Promise<T> {
    return inFlight.run(key, () => reads.send(read));
  }

  /** No key holds a line break. */
  function ownKey(read: Read, key: string): string {
    return `${reads.ownerOf(read) ?? ''}\n${key}`;
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
