import type { LineSink } from './line-sink.ts';

const maxMs = 20;

/**
 * Collects lines for a moment and hands them on together: a call to the system for each line is a tenth of a request.
 * @param maxChars of lines that leave together
 * @param onDropped gets how many lines were lost because the reader of the sink is too slow
 */
export function createLineBatch(sink: LineSink, maxChars: number, onDropped: (count: number) => void): LineSink {
  let held = '';
  let count = 0;
  let timer: NodeJS.Timeout | undefined;

  function handOn(): void {
    clearTimeout(timer);
    timer = undefined;
    if (count > 0 && !sink.write(held)) onDropped(count);
    held = '';
    count = 0;
  }

  return {
    write(line) {
      if (held.length + line.length > maxChars) handOn();
      held += line;
      count += 1;
      timer ??= setTimeout(handOn, maxMs).unref();
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
