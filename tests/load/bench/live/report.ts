import type { LiveCount } from '../../../support/live-traffic.ts';
import type { HeapFigures } from './heap.ts';

/** One run of `npm run bench:live`. */
export interface LiveFigures extends LiveCount {
  readonly clients: number;
  readonly rate: number;
  /** How long the starts took in the end. */
  readonly seconds: number;
  readonly store: string;
  readonly faults: 'none' | 'replica' | 'all';
  /** Connections that were broken. */
  readonly dropped: number;
  /** The load average of the machine before the run. */
  readonly load: number;
  /** Calls to NoETL a second, of both replicas, without starts. */
  readonly callsPerSecond: number;
  readonly heap: HeapFigures;
}

/** What is broken in a run, in the words of the table. */
const broken = {
  none: 'nothing',
  replica: 'one replica killed and started again',
  all: 'the store and both replicas killed and started again, one after the other',
} as const;

/**
 * @param sorted ascending, milliseconds
 * @param part 0 to 1: 0.5 is the median, 1 the last
 */
const share = (sorted: readonly number[], part: number): number =>
  Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0);

const delaysOf = ({ delaysMs }: LiveFigures): string =>
  [share(delaysMs, 0.5), share(delaysMs, 0.99), share(delaysMs, 1)].join(', ');

const heapOf = ({ heap: { firstMib, lastMib, mibPerMinute } }: LiveFigures): string =>
  `${firstMib.toFixed(0)}, ${lastMib.toFixed(0)} MiB; ${mibPerMinute.toFixed(1)} MiB a minute`;

const repeatedOf = ({ repeated }: LiveFigures): string =>
  Object.entries(repeated)
    .map(([code, count]) => `${count} × ${code}`)
    .join(', ') || '0';

/** What a run of that kind is, in words; the same kind has one row. */
const kindOf = ({ clients, rate, store, faults }: LiveFigures): string =>
  `${clients} clients, ${rate} executions a second, ${store}; ${broken[faults]}`;

/** The figures of a run for the terminal. */
export function liveText(figures: LiveFigures): string {
  const { started, seconds, lost, doubled, unheard, dropped, callsPerSecond, load } = figures;
  return [
    kindOf(figures),
    `${started} executions in ${seconds.toFixed(0)} s, ${dropped} connections broken, load average ${load.toFixed(0)}`,
    `lost ${lost}, twice ${doubled}, starts made again: ${repeatedOf(figures)}; callbacks without 200 ${unheard}`,
    `from the end to the event, median, p99, most: ${delaysOf(figures)} ms`,
    `calls to NoETL without starts: ${callsPerSecond.toFixed(0)} a second`,
    `heap of a replica until it was killed, or to the end: ${heapOf(figures)}`,
  ].join('\n');
}

const begin = '<!-- live: begin -->';
const end = '<!-- live: end -->';

/**
 * The part of a page between the marks, with them. `npm run chaos` writes the rest of the page and takes this part
 * over.
 * @returns an empty text without it
 */
export function livePart(page: string): string {
  const [from, to] = [page.indexOf(begin), page.indexOf(end)];
  return from < 0 || to < from ? '' : page.slice(from, to + end.length);
}

/**
 * The page with the figures of a run in its table, in place of older ones of the same kind.
 * @param page docs/reliability.md
 * @throws without a table
 */
export function withLiveRow(page: string, figures: LiveFigures): string {
  const part = livePart(page);
  if (part === '') throw new Error(`the page has no part between ${begin} and ${end}`);
  const lines = part.split('\n');
  // The head of the table begins as its rows do, and is the first of them; the rule under it does not.
  const rows = lines.filter((line) => line.startsWith('| ') && !line.startsWith(`| ${kindOf(figures)} |`));
  const rest = lines.filter((line) => !line.startsWith('| ') && line !== end);
  const rule = rest.findIndex((line) => line.startsWith('|---'));
  const [head = '', ...older] = rows;
  const table = [head, rest[rule], ...older, rowOf(figures)];
  return page.replace(part, [...rest.slice(0, rule), ...table, ...rest.slice(rule + 1), end].join('\n'));
}

function rowOf(figures: LiveFigures): string {
  const { started, seconds, dropped, lost, doubled, unheard, callsPerSecond, load } = figures;
  const cells = [
    kindOf(figures),
    `${started} in ${seconds.toFixed(0)} s`,
    ...[dropped, lost, doubled].map(String),
    repeatedOf(figures),
    String(unheard),
    `${delaysOf(figures)} ms`,
    callsPerSecond.toFixed(0),
    heapOf(figures),
    load.toFixed(0),
  ];
  return `| ${cells.join(' | ')} |`;
}
