import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { packageVersion } from '../../cli/package.ts';
import type { LiveCount } from '../support/live-traffic.ts';
import type { FaultReport } from './chaos/faults.ts';
import type { Reading } from './chaos/meter.ts';
import { type AttackReport, limits, type Outcomes } from './chaos/scenario.ts';

/** One run of `npm run bench:live`. */
export interface LiveFigures extends LiveCount {
  readonly clients: number;
  readonly rate: number;
  /** How long the starts took in the end. */
  readonly seconds: number;
  readonly store: string;
  readonly faults: keyof typeof broken;
  /** Connections that were broken. */
  readonly dropped: number;
  /** The load average of the machine before the run. */
  readonly load: number;
  /** Calls to NoETL a second, of both replicas, without starts. */
  readonly callsPerSecond: number;
  /** Of one replica. */
  readonly reading: Reading;
}

/** What is broken in a run of `npm run bench:live`, in the words of the table. */
const broken = {
  none: 'nothing',
  replica: 'one replica killed and started again',
  all: 'the store and both replicas killed and started again, one after the other',
} as const;

/** Outcomes in one line, the most frequent first. */
export const outcomesText = (outcomes: Outcomes): string =>
  Object.entries(outcomes)
    .sort(([, one], [, other]) => other - one)
    .map(([outcome, n]) => `${n} × ${outcome}`)
    .join(', ');

const row = (...cells: readonly (string | number)[]): string => `| ${cells.join(' | ')} |`;
const sum = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0);
const memory = ({ startMiB, peakMiB }: Reading): string => `${startMiB}, ${peakMiB} MiB`;
const health = ({ healthMedianMs, healthMaxMs }: Reading): string => `${healthMedianMs}, ${healthMaxMs} ms`;

/** A table of Markdown, whose head is one text. */
const table = (head: string, rows: readonly string[]): string =>
  [head, head.replaceAll(/[^|]+/g, '---'), ...rows].join('\n');

/**
 * Writes the page `docs/reliability.md` with the figures of one whole run. The part that `npm run bench:live` writes
 * stays.
 * @param load average of the machine before the run
 */
export function writeReliabilityPage(
  file: string,
  attacks: readonly AttackReport[],
  faults: readonly FaultReport[],
  load: number,
): void {
  const live = existsSync(file) ? livePart(readFileSync(file, 'utf8')) : '';
  writeFileSync(file, `${pageOf(attacks, faults, load)}${live === '' ? '' : `\n${live}\n`}`);
}

function pageOf(attacks: readonly AttackReport[], faults: readonly FaultReport[], load: number): string {
  const traffic = faults.map((fault) => fault.traffic);
  const all = [...attacks, ...faults];
  const failed = all.filter(({ problems }) => problems.length > 0);
  const faultRows = faults.map(({ about, traffic: seen, reading, backAfterMs }) => {
    const back = backAfterMs === undefined ? 'never' : `${(backAfterMs / 1_000).toFixed(1)} s`;
    const counts = [seen.requests, seen.answered, outcomesText(seen.refused), seen.lost, seen.doubled, seen.unclear];
    return row(about, ...counts, back, health(reading), `${reading.peakMiB} MiB`);
  });
  const attackRows = attacks.map(({ about, outcomes, reading }) =>
    row(about, outcomesText(outcomes), health(reading), memory(reading)),
  );
  return `# Reliability

<!-- Made by \`npm run chaos -- --report docs/reliability.md\`. Do not edit. -->

What the gateway does while something attacks it, and while something that it needs is broken. Version ${packageVersion()}, Node ${process.version}, a machine with ${availableParallelism()}
cores and a load average of ${load.toFixed(0)} from other work, everything on loopback; each scenario has processes of its own, with the heap of a pod of 512 MiB. \`npm run chaos\` repeats it in eight minutes.
Times are of the wall clock: other work on the machine makes them longer.

- Faults: ${faults.length}. Requests during them: ${sum(traffic.map(({ requests }) => requests))}. Lost starts: ${sum(traffic.map(({ lost }) => lost))}. Starts sent twice: ${sum(traffic.map(({ doubled }) => doubled))}. Ended sessions that worked again: ${sum(faults.map(({ revived }) => revived))}.
- Attacks: ${attacks.length}.
- Peak memory of a process, kernel buffers of its connections included: ${Math.max(...all.map(({ reading }) => reading.peakMiB))} MiB.
- Scenarios that broke a limit: ${failed.length}.${failed.map(({ name, problems }) => ` ${name}: ${problems.join(', ')}.`).join('')}

## Faults

A few clients start playbooks, read and log in. After 2 s something breaks, after 5 s more it is repaired. "Back" is the time from the repair until a
start, a read and a login have succeeded. NoETL is the stand-in of this project, behind a proxy; Redis and NATS are servers of the run's own.

${table('| Fault | Requests | Answered | Refused, by code | Lost | Twice | Unclear | Back | `/health` median, most | Peak memory |', faultRows)}

- Lost: NoETL does not know a start although its caller got an id. Twice: NoETL got one start two times.
- Unclear: NoETL got the start, and its caller an error: the call was sent, and no answer came. The gateway never sends a start again, so the caller must
  look before it repeats one.
- Three sessions are ended before each fault. None works afterwards, on any replica.
- Requests in flight at a process that is killed get no answer.

## Attacks

${limits.healthMedianMs} ms for \`/health\` at the median, ${limits.growthMiB} MiB of growth and ${limits.peakMiB} MiB in all are the limits. Memory is that of
the process and what the kernel holds for its ends of the connections. Lists of 8 MB are asked for in a heap of 130 MiB: one answer of a user is in work at a
time, and a larger heap keeps those before it as garbage.

${table('| Attack | Outcome | `/health` median, most | Memory before, peak |', attackRows)}
`;
}

/** @param sorted ascending, milliseconds. @param part 0 to 1: 0.5 is the median, 1 the last */
const share = (sorted: readonly number[], part: number): number =>
  Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0);

/** What a run of `npm run bench:live` is, in words; the same kind has one row. */
const kindOf = ({ clients, rate, store, faults }: LiveFigures): string =>
  `${clients} clients, ${rate} executions a second, ${store}; ${broken[faults]}`;

/** The cells of a run, by what each is. */
export function liveCells(figures: LiveFigures): Readonly<Record<string, string>> {
  const { started, seconds, dropped, lost, doubled, repeated, unheard, delaysMs, callsPerSecond, reading, load } =
    figures;
  return {
    run: kindOf(figures),
    executions: `${started} in ${seconds.toFixed(0)} s`,
    'connections broken': String(dropped),
    lost: String(lost),
    twice: String(doubled),
    'starts made again': outcomesText(repeated) || '0',
    'callbacks without 200': String(unheard),
    'end to event: median, p99, most': `${[0.5, 0.99, 1].map((part) => share(delaysMs, part)).join(', ')} ms`,
    'calls to NoETL a second': callsPerSecond.toFixed(0),
    'memory before, peak': memory(reading),
    load: load.toFixed(0),
  };
}

const [begin, end] = ['<!-- live: begin -->', '<!-- live: end -->'];

/** The part of the page between the marks, with them: `npm run bench:live` writes it. @returns '' without it */
export function livePart(page: string): string {
  const [from, to] = [page.indexOf(begin), page.indexOf(end)];
  return from < 0 || to < from ? '' : page.slice(from, to + end.length);
}

/**
 * The page with the figures of a run in its table, in place of older ones of the same kind.
 * @throws without a table
 */
export function withLiveRow(page: string, figures: LiveFigures): string {
  const part = livePart(page);
  const lines = part.split('\n').filter((line) => !line.startsWith(`| ${kindOf(figures)} |`));
  const last = lines.findLastIndex((line) => line.startsWith('|'));
  if (last < 0) throw new Error(`the page has no table between ${begin} and ${end}`);
  return page.replace(part, lines.toSpliced(last + 1, 0, row(...Object.values(liveCells(figures)))).join('\n'));
}
