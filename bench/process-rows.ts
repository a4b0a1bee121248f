import { spawnSync } from 'node:child_process';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { middle, twoDigits } from './measure.ts';
import type { Peer } from './peer.ts';
import { builtProgram, startServe } from './processes.ts';
import { type Row, requestsFor } from './rows.ts';
import { loadByWrk } from './wrk.ts';

/** Of one process: its start, and what it holds before and after load. Milliseconds, processor seconds, MiB. */
export interface StartResult {
  readonly program: string;
  readonly firstAnswerMs: number;
  readonly cpuSeconds: number;
  readonly rssIdleMib: number;
  readonly rssAfterLoadMib: number;
}

/**
 * What these rows measure with: the recorded NoETL's base URL, the session token, the requests of the load, and how
 * often and how long, in seconds.
 */
export interface ProcessMeasuring {
  readonly upstream: string;
  readonly token: string;
  readonly row: Row;
  readonly rounds: number;
  readonly seconds: number;
}

/**
 * The start of `serve`, with what was compiled at the start before. The median start of the rounds.
 * @throws when `serve` does not answer, or the load fails
 */
export async function measureStart({ upstream, token, row, rounds, seconds }: ProcessMeasuring): Promise<StartResult> {
  const program = builtProgram();
  const starts: Omit<StartResult, 'program'>[] = [];
  for (let round = 0; round <= rounds; round += 1) {
    const served = await startServe(program, {}, upstream);
    // Read at its first answer: later it has work that is not the start.
    const cpuSeconds = served.numbers().cpuMicros / 1e6;
    // Memory is read when the work of the start is over.
    await sleep(1_500);
    const rssIdleMib = served.numbers().rssMib;
    await loadByWrk(served.url, requestsFor(row, 'gateway', token), seconds);
    const { firstAnswerMs } = served;
    // The first start of all may compile what the others find on the disk.
    if (round > 0) starts.push({ firstAnswerMs, cpuSeconds, rssIdleMib, rssAfterLoadMib: served.numbers().rssMib });
    await served.stop();
  }
  const of = (name: keyof (typeof starts)[number]) => middle(starts.map((one) => one[name]));
  return {
    program: program.endsWith('.js') ? 'the built package' : 'the sources',
    firstAnswerMs: of('firstAnswerMs'),
    cpuSeconds: of('cpuSeconds'),
    rssIdleMib: of('rssIdleMib'),
    rssAfterLoadMib: of('rssAfterLoadMib'),
  };
}

/**
 * Requests a second of two workers over one process, both cores free, the load on the same cores.
 * @param startIncumbent compares with what it starts instead: the earlier gateway, which has as many threads as there are cores
 * @returns the median ratio of the rounds, two digits; ADR 0019 explains what workers share
 */
export async function measureWorkers(
  measuring: ProcessMeasuring,
  startIncumbent?: () => Promise<Pick<Peer, 'url' | 'stop'>>,
): Promise<number> {
  const workers = (count: string) => rateOf(measuring, 'gateway', () => startWorkers(count, measuring.upstream));
  const ratios: number[] = [];
  for (let round = 0; round < measuring.rounds; round += 1) {
    const other = await (startIncumbent ? rateOf(measuring, 'incumbent', startIncumbent) : workers('1'));
    ratios.push((await workers('2')) / other);
  }
  return twoDigits(middle(ratios));
}

async function startWorkers(workers: string, upstream: string): Promise<Pick<Peer, 'url' | 'stop'>> {
  const served = await startServe(builtProgram(), { GATEWAY_WORKERS: workers }, upstream);
  // The first worker answers while the other ones start (ADR 0019).
  await sleep(2_000);
  return served;
}

/** So long until the code of each worker is compiled, seconds. */
const warmUpSeconds = 8;

/** Requests a second of a server that is started for it, with both cores free. */
async function rateOf(
  { row, token, seconds }: ProcessMeasuring,
  peer: 'gateway' | 'incumbent',
  start: () => Promise<Pick<Peer, 'url' | 'stop'>>,
): Promise<number> {
  const requests = requestsFor(row, peer, token);
  const served = await start();
  try {
    await loadByWrk(served.url, requests, warmUpSeconds, 64, false);
    return (await loadByWrk(served.url, requests, seconds, 64, false)).requestsPerSecond;
  } finally {
    await served.stop();
  }
}

/**
 * `generate --check` as a whole command: processor seconds and seconds on the clock. The second of two runs, which
 * finds on the disk what the first one compiled.
 * @throws when the command fails: a failure is quick, and would be a good figure
 */
export function measureGenerate(): { readonly cpuSeconds: number; readonly seconds: number } {
  let last = { cpuSeconds: 0, seconds: 0 };
  for (let run = 0; run < 2; run += 1) {
    const startedAt = performance.now();
    // The last line of `times` is the processor time of the children of the shell, user and system: threads of the
    // command are in it.
    const script = '"$0" cli/main.ts generate --check >/dev/null 2>&1; code=$?; times; exit $code';
    const { stdout, status } = spawnSync('bash', ['-c', script, process.execPath], { encoding: 'utf8' });
    if (status !== 0) throw new Error(`generate --check ended with ${status}`);
    const [, ofChildren = ''] = stdout.trim().split('\n');
    const parts = [...ofChildren.matchAll(/(\d+)m([\d.]+)s/g)];
    const cpuSeconds = parts.reduce((sum, [, minutes, seconds]) => sum + Number(minutes) * 60 + Number(seconds), 0);
    last = { cpuSeconds: twoDigits(cpuSeconds), seconds: twoDigits((performance.now() - startedAt) / 1_000) };
  }
  return last;
}
