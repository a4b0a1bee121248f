import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { startServe } from '../../support/serve-process.ts';
import { outcomesText, writeReliabilityPage } from '../reliability-page.ts';
import { type Attack, attacks } from './attacks.ts';
import { type FaultReport, faults, runFault } from './faults.ts';
import { startMeter } from './meter.ts';
import { type AttackReport, heapOf, limits, type Outcomes, problemsOf, type Target } from './scenario.ts';

const usage = `npm run chaos -- [--only <name>]... [--cgroup <folder>] [--json <file>] [--report <file>] [--list]

Runs attacks and faults, one after another, each against a gateway of its own on loopback. Exits 1 when /health answers
slower than ${limits.healthMedianMs} ms at the median, memory grows by more than ${limits.growthMiB} MiB or beyond ${limits.peakMiB} MiB, a start is lost or sent
twice, an ended session works again, or a fault outlasts its repair. Faults of stores need redis-server and nats-server, which the
run starts for itself. --cgroup starts the gateways of attacks in a memory cgroup of Linux, which must exist. --report writes
docs/reliability.md, of a whole run only.`;

/** A catalog of 8 MB, as text: large answers of NoETL are an attack when a user can ask for many. */
const entries = Array.from({ length: 20_000 }, (_, n) => ({
  path: `data/reports/of/some/department/report_${n}`,
  kind: 'Playbook',
  version: 1,
  name: `report_${n}`,
  content: null,
  meta: { description: 'x'.repeat(200), tags: ['a', 'b'], owner: `owner-${n}` },
  created_at: '2026-01-02T03:04:05Z',
}));
const catalog = { status: 200, body: JSON.stringify({ entries }), headers: { 'content-type': 'application/json' } };

/**
 * One attack against a gateway of its own, so that what one leaves behind is not counted for the next.
 * @throws when the gateway does not start
 */
async function runAttack(attack: Attack, cgroup: string | undefined): Promise<AttackReport> {
  const gateway = await startServe(
    {
      NODE_OPTIONS: attack.heapMiB === undefined ? heapOf() : heapOf(attack.heapMiB, 4),
      LOG_LEVEL: 'fatal',
      // A flood of refused logins is the subject of other tests.
      AUTH_PLAYBOOK_TIMEOUT_SECS: '5',
    },
    cgroup,
  );
  try {
    const { url, login, noetl } = gateway;
    noetl.intercept = ({ path }) => (path === '/api/catalog/list' ? catalog : undefined);
    const { hostname: host, port } = new URL(url);
    const [viewer, developer] = [await login('viewer@example.com'), await login('developer@example.com')];
    // What the first requests of a process take does not count as growth.
    for (let i = 0; i < 200; i += 1) await (await fetch(`${url}/health`)).text();
    const stop = await startMeter(url, gateway.child.pid ?? 0, await login('analyst@example.com'));
    const outcomes = await inThread(attack.name, { host, port: Number(port), url, viewer, developer });
    const reading = await stop();
    const growth = reading.peakMiB - reading.startMiB;
    const problem = attack.problem?.(outcomes);
    const problems = [
      ...(gateway.child.exitCode === null ? [] : [`the gateway exited ${gateway.child.exitCode}`]),
      ...(reading.refusedQueries > 0 ? [`another user was refused ${reading.refusedQueries} times`] : []),
      ...(growth >= limits.growthMiB ? [`memory grew by ${growth} MiB`] : []),
      ...problemsOf(reading),
      ...(problem === undefined ? [] : [problem]),
    ];
    return { name: attack.name, about: attack.about, outcomes, reading, problems };
  } finally {
    await gateway.close();
  }
}

/** @throws what the attack throws */
async function inThread(name: string, target: Target): Promise<Outcomes> {
  const worker = new Worker(new URL('./attacks.ts', import.meta.url), { workerData: { name, target } });
  const failed = once(worker, 'error').then(([error]) => Promise.reject(error));
  const [outcomes] = (await Promise.race([once(worker, 'message'), failed])) as [Outcomes];
  await worker.terminate();
  return outcomes;
}

/** One scenario as it ends: a whole run takes minutes. */
function print({ name, about, reading, problems }: AttackReport | FaultReport, text: string): void {
  const { healthMedianMs, healthMaxMs, startMiB, peakMiB, kernelMiB } = reading;
  const memory = `memory ${startMiB} → ${peakMiB} MiB, of it the kernel ${kernelMiB}`;
  console.log(`${problems.length === 0 ? 'ok  ' : 'FAIL'} ${name}: ${about}`);
  console.log(`     /health ${healthMedianMs} ms median, ${healthMaxMs} ms most; ${memory}`);
  console.log(`     ${text}`);
  for (const problem of problems) console.log(`     ${problem}`);
}

function faultText({ traffic, backAfterMs }: FaultReport): string {
  const { requests, answered, refused, lost, doubled, unclear } = traffic;
  const counts = `${requests} requests, ${answered} answered, ${lost} lost, ${doubled} twice, ${unclear} unclear`;
  return `${counts}; back after ${backAfterMs ?? '-'} ms; refused: ${outcomesText(refused)}`;
}

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

async function main(): Promise<void> {
  const { only, json, report, cgroup } = values;
  if (report !== undefined && only !== undefined) throw new Error('--report is of a whole run: leave --only out');
  const load = loadavg()[0] ?? 0;
  const isChosen = ({ name }: { readonly name: string }) => only === undefined || only.includes(name);
  const found = { attacks: [] as AttackReport[], faults: [] as FaultReport[] };
  // One after another: two at once would share the processors, and the figures would be of both.
  for (const attack of attacks.filter(isChosen)) {
    const one = await runAttack(attack, cgroup);
    print(one, outcomesText(one.outcomes));
    found.attacks.push(one);
  }
  for (const fault of faults.filter(isChosen)) {
    const one = await runFault(fault);
    print(one, faultText(one));
    found.faults.push(one);
  }
  if (json !== undefined) writeFileSync(json, `${JSON.stringify({ limits, ...found }, null, 2)}\n`);
  if (report !== undefined) writeReliabilityPage(report, found.attacks, found.faults, load);
  const ran = [...found.attacks, ...found.faults];
  // Also when `--only` has chosen nothing, so that a wrong name in CI is not taken for success.
  process.exitCode = ran.length > 0 && ran.every(({ problems }) => problems.length === 0) ? 0 : 1;
}

if (values.help === true) console.log(usage);
else if (values.list === true) for (const { name, about } of [...attacks, ...faults]) console.log(`${name}: ${about}`);
else await main();
