import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { packageVersion } from '../../../cli/package.ts';
import { createNoetlStandIn } from '../../../dev/noetl/stand-in.ts';
import { startServe } from '../../support/serve-process.ts';
import { livePart } from '../bench/live/report.ts';
import { faults } from './faults/faults.ts';
import { type FaultReport, runFault } from './faults/run-fault.ts';
import { startLargeNoetl } from './large-noetl.ts';
import { type Reading, startMeter } from './meter.ts';
import { type AttackReport, outcomesText, type RunReport, reliabilityPage } from './report.ts';
import { type Outcomes, type Scenario, scenarioLimits, type Target } from './scenario.ts';
import { scenarios } from './scenarios.ts';

const usage = `npm run chaos -- [--only <name>]... [--cgroup <folder>] [--json <file>] [--report <file>] [--list]

Runs attacks and faults, one after another, each against a gateway of its own on loopback. Exits 1 when /health answers
slower than ${scenarioLimits.healthMedianMs} ms at the median, memory grows by more than ${scenarioLimits.growthMiB} MiB or beyond ${scenarioLimits.peakMiB} MiB, a start is lost or sent
twice, an ended session works again, or a fault outlasts its repair. Faults of stores need redis-server and nats-server, which the
run starts for itself. --cgroup starts the gateways of attacks in a memory cgroup of Linux, which must exist. --report writes
docs/reliability.md, of a whole run only.`;

/**
 * As in a pod of 512 MiB: the heap leaves room for what is beside it. MiB; the Dockerfile gives the heap 62 % of the
 * memory, which is about as much.
 */
const nodeOptions = heapOf(320, 16);

function heapOf(oldMiB: number, youngMiB: number): string {
  return `--max-old-space-size=${oldMiB} --max-semi-space-size=${youngMiB}`;
}

/**
 * One attack against a gateway of its own, so that what one leaves behind is not counted for the next.
 * @throws when the gateway does not start
 */
async function runOne(scenario: Scenario, cgroup: string | undefined): Promise<AttackReport> {
  const standIn = await createNoetlStandIn();
  const noetl = await startLargeNoetl(standIn.url);
  const gateway = await startServe(
    {
      NOETL_BASE_URL: noetl.url,
      NODE_OPTIONS: scenario.heapMiB === undefined ? nodeOptions : heapOf(scenario.heapMiB, 4),
      LOG_LEVEL: 'fatal',
      // A flood of refused logins is the subject of other tests.
      AUTH_PLAYBOOK_TIMEOUT_SECS: '5',
    },
    cgroup,
  );
  try {
    const { hostname: host, port } = new URL(gateway.url);
    const [viewer, developer] = [
      await gateway.login('viewer@example.com'),
      await gateway.login('developer@example.com'),
    ];
    const target: Target = { host, port: Number(port), url: gateway.url, viewer, developer };
    await warmUp(gateway.url);
    const stop = await startMeter(gateway.url, gateway.child.pid ?? 0, await gateway.login('analyst@example.com'));
    const outcomes = await inThread(scenario.name, target);
    const reading = await stop();
    const problems = problemsOf(reading, gateway.child.exitCode);
    const problem = scenario.problem?.(outcomes);
    if (problem !== undefined) problems.push(problem);
    return { name: scenario.name, about: scenario.about, outcomes, reading, problems };
  } finally {
    await gateway.close();
    noetl.close();
    await standIn.close();
  }
}

/** What the first requests of a process take does not count as growth. */
async function warmUp(url: string): Promise<void> {
  for (let i = 0; i < 200; i += 1) await (await fetch(`${url}/health`)).text();
}

/**
 * Runs an attack in a thread of its own: the meter of this thread must not wait for it.
 * @throws what the attack throws
 */
async function inThread(name: string, target: Target): Promise<Outcomes> {
  const worker = new Worker(new URL('./attack-thread.ts', import.meta.url), { workerData: { name, target } });
  const failed = once(worker, 'error').then(([error]) => Promise.reject(error));
  const [outcomes] = (await Promise.race([once(worker, 'message'), failed])) as [Outcomes];
  await worker.terminate();
  return outcomes;
}

/**
 * One text for each limit that was broken.
 * @returns empty when all held
 */
function problemsOf(reading: Reading, exitCode: number | null): string[] {
  const problems: string[] = [];
  const growth = reading.peakMiB - reading.startMiB;
  if (exitCode !== null) problems.push(`the gateway exited ${exitCode}`);
  if (reading.healthFailures > 0) problems.push(`/health failed ${reading.healthFailures} times`);
  if (reading.refusedQueries > 0) problems.push(`another user was refused ${reading.refusedQueries} times`);
  if (reading.healthMedianMs >= scenarioLimits.healthMedianMs)
    problems.push(`/health: ${reading.healthMedianMs} ms at the median`);
  if (growth >= scenarioLimits.growthMiB) problems.push(`memory grew by ${growth} MiB`);
  if (reading.peakMiB >= scenarioLimits.peakMiB) problems.push(`memory reached ${reading.peakMiB} MiB`);
  return problems;
}

/** One scenario as it ends: a whole run takes minutes. */
function print({ name, about, reading, problems }: AttackReport | FaultReport, text: string): void {
  const { healthMedianMs, healthMaxMs, startMiB, peakMiB, kernelMiB } = reading;
  console.log(`${problems.length === 0 ? 'ok  ' : 'FAIL'} ${name}: ${about}`);
  console.log(
    `     /health ${healthMedianMs} ms median, ${healthMaxMs} ms most; memory ${startMiB} → ${peakMiB} MiB, of it the kernel ${kernelMiB}`,
  );
  console.log(`     ${text}`);
  for (const problem of problems) console.log(`     ${problem}`);
}

/** One after another: two at once would share the processors, and the figures would be of both. */
async function runAll(
  isChosen: (one: { readonly name: string }) => boolean,
  cgroup: string | undefined,
): Promise<RunReport> {
  const found = { attacks: [] as AttackReport[], faults: [] as FaultReport[] };
  for (const scenario of scenarios.filter(isChosen)) {
    const report = await runOne(scenario, cgroup);
    print(report, outcomesText(report.outcomes));
    found.attacks.push(report);
  }
  for (const fault of faults.filter(isChosen)) {
    const report = await runFault(fault, nodeOptions);
    print(report, trafficText(report));
    found.faults.push(report);
  }
  return found;
}

function trafficText({ traffic, backAfterMs }: FaultReport): string {
  const { requests, answered, refused, lost, doubled, unclear } = traffic;
  const counts = `${requests} requests, ${answered} answered, ${lost} lost, ${doubled} twice, ${unclear} unclear`;
  return `${counts}; back after ${backAfterMs ?? '-'} ms; refused: ${outcomesText(refused)}`;
}

/** The part of the page that `npm run bench:live` writes stays. */
function writeReport(file: string, page: string): void {
  const live = existsSync(file) ? livePart(readFileSync(file, 'utf8')) : '';
  writeFileSync(file, live === '' ? page : `${page}\n${live}\n`);
}

/** Exits 1 also when `--only` has chosen nothing, so that a wrong name in CI is not taken for success. */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      cgroup: { type: 'string' },
      only: { type: 'string', multiple: true },
      json: { type: 'string' },
      report: { type: 'string' },
      list: { type: 'boolean' },
      help: { type: 'boolean' },
    },
  });
  if (values.help) return console.log(usage);
  const all = [...scenarios, ...faults];
  if (values.list) return console.log(all.map(({ name, about }) => `${name}: ${about}`).join('\n'));
  const { only, json, report } = values;
  if (report !== undefined && only !== undefined) throw new Error('--report is of a whole run: leave --only out');
  const machine = { node: process.version, cores: availableParallelism(), load: loadavg()[0] ?? 0 };
  const found = await runAll(({ name }) => only === undefined || only.includes(name), values.cgroup);
  if (json !== undefined) writeFileSync(json, `${JSON.stringify({ limits: scenarioLimits, ...found }, null, 2)}\n`);
  if (report !== undefined) writeReport(report, reliabilityPage(found, packageVersion(), machine));
  const ran = [...found.attacks, ...found.faults];
  process.exitCode = ran.length > 0 && ran.every(({ problems }) => problems.length === 0) ? 0 : 1;
}

await main();
