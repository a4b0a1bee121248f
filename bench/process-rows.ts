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

export interface ProcessMeasuring {
  readonly upstream: string;
  readonly token: string;
  readonly row: Row;
  readonly rounds: number;
  readonly seconds: number;
}

/** The start of `serve`, with what was compiled at the start before. The median start of the rounds. */
export async function measureStart({ upstream, token, row, rounds, seconds }: ProcessMeasuring): Promise<StartResult> {
  const program = builtProgram();
  const starts: Omit<StartResult, 'program'>[] = [];
  for (let round = 0; round <= rounds; round += 1) {
    const served = await startServe(program, {}, upstream);
    const cpuSeconds = served.numbers().cpuMicros / 1e6;
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

/** Requests a second of two workers over one process, both cores free, the load on the same cores. */
export async function measureWorkers({ upstream, token, row, rounds, seconds }: ProcessMeasuring): Promise<number> {
  const requests = requestsFor(row, 'gateway', token);
  const ratios: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const rates: number[] = [];
    for (const workers of ['1', '2']) {
      const served = await startServe(builtProgram(), { GATEWAY_WORKERS: workers }, upstream);
      await sleep(2_000);
      await loadByWrk(served.url, requests, 2, 64, false);
      rates.push((await loadByWrk(served.url, requests, seconds, 64, false)).requestsPerSecond);
      await served.stop();
    }
    ratios.push((rates[1] ?? 0) / (rates[0] ?? 1));
  }
  return twoDigits(middle(ratios));
}

/** `generate --check` as a whole command, the second of two: processor seconds and seconds. */
export function measureGenerate(): { readonly cpuSeconds: number; readonly seconds: number } {
  let last = { cpuSeconds: 0, seconds: 0 };
  for (let run = 0; run < 2; run += 1) {
    const startedAt = performance.now();
    const script = '"$0" cli/main.ts generate --check >/dev/null 2>&1; times';
    const { stdout } = spawnSync('bash', ['-c', script, process.execPath], { encoding: 'utf8' });
    const [, ofChildren = ''] = stdout.trim().split('\n');
    const parts = [...ofChildren.matchAll(/(\d+)m([\d.]+)s/g)];
    const cpuSeconds = parts.reduce((sum, [, minutes, seconds]) => sum + Number(minutes) * 60 + Number(seconds), 0);
    last = { cpuSeconds: twoDigits(cpuSeconds), seconds: twoDigits((performance.now() - startedAt) / 1_000) };
  }
  return last;
}
