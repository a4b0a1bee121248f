import { GatewayError } from '../../core/errors.ts';
import { InFlight } from '../../core/in-flight.ts';

/** One read, and how it gets a place among the calls in flight. */
export interface SharedRead<T> {
  /** Reads with the same key may share an answer. */
  readonly key: string;
  /** Whose turn the read waits for. */
  readonly owner: string | undefined;
  readonly signal: AbortSignal | undefined;
  /** Takes a place. @returns undefined when there is room now */
  readonly enter: () => Promise<void> | undefined;
  /** Makes the call in the place that was taken, and gives the place back. @param over called when it has ended, never at once */
  readonly send: (over: () => void) => Promise<T>;
  /** Gives the place back without a call. */
  readonly leave: () => void;
}

/** Lets identical reads that are in flight share one call; who may see the answer is each reader's own matter. */
export interface ReadSharing<T> {
  /** Joins a call with the same key, or makes it. One reader leaving does not take the answer from the others. */
  read(read: SharedRead<T>): Promise<T>;
  /** A call that changes something: no read that begins after it joins one that began before it ended. */
  write(send: () => Promise<T>): Promise<T>;
}

/** A read that waits for a place is joined by reads of its owner only: others would wait in the owner's queue. */
export function createReadSharing<T>(): ReadSharing<T> {
  const inFlight = new InFlight<Promise<T>>();
  const queued = new InFlight<Promise<T>>();
  return {
    read(read) {
      const running = inFlight.get(read.key) ?? waiting(read) ?? begin(read);
      return read.signal === undefined ? running : untilAborted(running, read.signal);
    },
    write(send) {
      const sent = send();
      // Also after a failure: NoETL may have done it. Before the caller goes on, who may read next.
      const over = () => inFlight.clear();
      sent.then(over, over);
      return sent;
    },
  };

  function waiting(read: SharedRead<T>): Promise<T> | undefined {
    return queued.size === 0 ? undefined : queued.get(ownKey(read));
  }

  function begin(read: SharedRead<T>): Promise<T> {
    const entering = read.enter();
    if (entering === undefined) return start(read);
    const waiting = queue(read, entering);
    queued.set(ownKey(read), waiting);
    return waiting;
  }

  async function queue(read: SharedRead<T>, entering: Promise<void>): Promise<T> {
    try {
      await entering;
    } finally {
      // Whether there is a place or not: reads that come now must not join a wait that is over.
      queued.delete(ownKey(read));
    }
    const other = inFlight.get(read.key);
    if (other === undefined) return start(read);
    // Another owner's read with the same key was sent meanwhile; the place is not needed.
    read.leave();
    return other;
  }

  function start({ key, send }: SharedRead<T>): Promise<T> {
    const running: Promise<T> = send(() => {
      inFlight.delete(key, running);
    });
    inFlight.set(key, running);
    return running;
  }
}

/** No key holds a line break. */
const ownKey = ({ key, owner = '' }: SharedRead<unknown>): string => `${owner}\n${key}`;

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
