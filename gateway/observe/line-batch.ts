import type { LineSink } from './line-sink.ts';

const momentMs = 20;
/** At most one piece in so many milliseconds: each wakes a thread, which under load costs more than the lines in it. */
const apartMs = 5;

export interface LineBatchOptions {
  /** How long lines wait for others: 20 ms, or the rest of this turn of the event loop, and 5 ms after the piece before. */
  readonly wait: 'moment' | 'turn';
  /** Of lines that leave together. */
  readonly maxChars: number;
  /** Gets how many lines were lost because the reader of the sink is too slow. */
  readonly onDropped: (count: number) => void;
}

/** Collects lines and hands them on together: a call to the system for each line is a tenth of a request, and wakes a thread. */
export function createLineBatch(sink: LineSink, { wait, maxChars, onDropped }: LineBatchOptions): LineSink {
  let held = '';
  let count = 0;
  let due: NodeJS.Timeout | NodeJS.Immediate | undefined;
  let handedOnMs = Number.NEGATIVE_INFINITY;

  function handOn(): void {
    if (due !== undefined) cancel(due);
    due = undefined;
    handedOnMs = performance.now();
    if (count > 0 && !sink.write(held)) onDropped(count);
    held = '';
    count = 0;
  }

  function schedule(): NodeJS.Timeout | NodeJS.Immediate {
    if (wait === 'moment') return setTimeout(handOn, momentMs).unref();
    return performance.now() - handedOnMs < apartMs ? setTimeout(handOn, apartMs) : setImmediate(handOn);
  }

  return {
    write(line) {
      // Before the line is added, so that a piece never has more than the system takes at once.
      if (held.length + line.length > maxChars) handOn();
      held += line;
      count += 1;
      due ??= schedule();
      // Whether the sink takes it is known when the lines leave; `onDropped` counts them then.
      return true;
    },
    async flush() {
      handOn();
      await sink.flush();
    },
    flushNow() {
      handOn();
      sink.flushNow();
    },
  };
}

/** A timeout can be refreshed, an immediate cannot. */
function cancel(due: NodeJS.Timeout | NodeJS.Immediate): void {
  if ('refresh' in due) clearTimeout(due);
  else clearImmediate(due);
}
