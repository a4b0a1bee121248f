import { spawnSync } from 'node:child_process';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { middle, twoDigits } from './measure.ts';
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
