import type { FaultReport } from './faults/run-fault.ts';
import type { Reading } from './meter.ts';
import { type Outcomes, scenarioLimits } from './scenario.ts';

/** What was seen during an attack. It is a failure when `problems` is not empty. */
export interface AttackReport {
  readonly name: string;
  readonly about: string;
  readonly outcomes: Outcomes;
  readonly reading: Reading;
  readonly problems: readonly string[];
}

/** In the order in which they ran. */
export interface RunReport {
  readonly attacks: readonly AttackReport[];
  readonly faults: readonly FaultReport[];
}

const sum = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0);

/** Outcomes in one line, the most frequent first. */
export const outcomesText = (outcomes: Outcomes): string =>
  Object.entries(outcomes)
    .sort(([, one], [, other]) => other - one)
    .map(([outcome, n]) => `${n} × ${outcome}`)
    .join(', ');

/** What the figures depend on. */
export interface Machine {
  readonly node: string;
  readonly cores: number;
  /** Before the run. */
  readonly load: number;
}

/**
 * The page `docs/reliability.md`, with the figures of one whole run.
 * @param version of the gateway
 * @returns Markdown, without the part that `npm run bench:live` writes
 */
export function reliabilityPage({ attacks, faults }: RunReport, version: string, machine: Machine): string {
  const traffic = faults.map((fault) => fault.traffic);
  const peak = Math.max(...[...attacks, ...faults].map(({ reading }) => reading.peakMiB));
  const failed = [...attacks, ...faults].filter(({ problems }) => problems.length > 0);
  return `# Reliability

<!-- Made by \`npm run chaos -- --report docs/reliability.md\`. Do not edit. -->

What the gateway does while something attacks it, and while something that it needs is broken. Version ${version}, Node ${machine.node}, a machine with ${machine.cores}
cores and a load average of ${machine.load.toFixed(0)} from other work, everything on loopback; each scenario has processes of its own, with the heap of a pod of 512 MiB. \`npm run chaos\` repeats it in eight minutes.
Times are of the wall clock: other work on the machine makes them longer.

- Faults: ${faults.length}. Requests during them: ${sum(traffic.map(({ requests }) => requests))}. Lost starts: ${sum(traffic.map(({ lost }) => lost))}. Starts sent twice: ${sum(traffic.map(({ doubled }) => doubled))}. Ended sessions that worked again: ${sum(faults.map(({ revived }) => revived))}.
- Attacks: ${attacks.length}.
- Peak memory of a process, kernel buffers of its connections included: ${peak} MiB.
- Scenarios that broke a limit: ${failed.length}.${failed.map(({ name, problems }) => ` ${name}: ${problems.join(', ')}.`).join('')}

## Faults

A few clients start playbooks, read and log in. After 2 s something breaks, after 5 s more it is repaired. "Back" is the time from the repair until a
start, a read and a login have succeeded. NoETL is the stand-in of this project, behind a proxy; Redis and NATS are servers of the run's own.

| Fault | Requests | Answered | Refused, by code | Lost | Twice | Unclear | Back | \`/health\` median, most | Peak memory |
|---|---|---|---|---|---|---|---|---|---|
${faults.map(faultRow).join('\n')}

- Lost: NoETL does not know a start although its caller got an id. Twice: NoETL got one start two times.
- Unclear: NoETL got the start, and its caller an error: the call was sent, and no answer came. The gateway never sends a start again, so the caller must
  look before it repeats one.
- Three sessions are ended before each fault. None works afterwards, on any replica.
- Requests in flight at a process that is killed get no answer.

## Attacks

${scenarioLimits.healthMedianMs} ms for \`/health\` at the median, ${scenarioLimits.growthMiB} MiB of growth and ${scenarioLimits.peakMiB} MiB in all are the limits. Memory is that of
the process and what the kernel holds for its ends of the connections. Lists of 8 MB are asked for in a heap of 130 MiB: one answer of a user is in work at a
time, and a larger heap keeps those before it as garbage.

| Attack | Outcome | \`/health\` median, most | Memory before, peak |
|---|---|---|---|
${attacks.map(attackRow).join('\n')}
`;
}

function faultRow({ about, traffic, reading, backAfterMs }: FaultReport): string {
  const { requests, answered, refused, lost, doubled, unclear } = traffic;
  const back = backAfterMs === undefined ? 'never' : `${(backAfterMs / 1_000).toFixed(1)} s`;
  const cells = [about, requests, answered, outcomesText(refused), lost, doubled, unclear, back];
  return `| ${[...cells, health(reading), `${reading.peakMiB} MiB`].join(' | ')} |`;
}

function attackRow({ about, outcomes, reading }: AttackReport): string {
  return `| ${[about, outcomesText(outcomes), health(reading), `${reading.startMiB}, ${reading.peakMiB} MiB`].join(' | ')} |`;
}

const health = ({ healthMedianMs, healthMaxMs }: Reading): string => `${healthMedianMs}, ${healthMaxMs} ms`;
