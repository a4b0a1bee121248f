import type { LineSink } from '../../gateway/observe/line-sink.ts';

/** Keeps lines; takes no more than `room` of them. */
export function keptLines(room = Number.POSITIVE_INFINITY) {
  const lines: string[] = [];
  const sink: LineSink = {
    write(line) {
      if (lines.length >= room) return false;
      lines.push(line);
      return true;
    },
    flush: async () => {},
    flushNow: () => {},
  };
  return { sink, lines, parsed: () => lines.map((line) => JSON.parse(line) as Record<string, unknown>) };
}
