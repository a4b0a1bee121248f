import { spawnSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { benchToken } from './bench-config.ts';
import { belowFloors } from './floors.ts';
import { load } from './load.ts';
import { measureAll, medians, ratiosOf } from './measure.ts';
import { readOptions } from './options.ts';
import { type Peer, startPeer } from './peer.ts';
import { measureGenerate, measureStart, type StartResult } from './process-rows.ts';
import { startIncumbent } from './processes.ts';
import { layersOf } from './profile-layers.ts';
import { type PeerName, peersOf, type Row, rows } from './rows.ts';
import { cores, hasWrk, loadByWrk, pin } from './wrk.ts';

// Usage: docs/performance.md. Warnings and the folder of profiles go to stderr, so that `--json` writes JSON alone to stdout.
const options = readOptions();
const wantedRows = rows.filter(({ name }) => options.wants(name));
const tool = options.byWrk ? 'wrk, the peers alone on one core' : 'autocannon';

/** In a process of its own, since what this one has compiled and kept would be measured as well. */
function decisions(): unknown {
  const file = fileURLToPath(new URL('decisions.bench.ts', import.meta.url));
  const { stdout } = spawnSync(process.execPath, [file, '--json'], { encoding: 'utf8' });
  return (JSON.parse(stdout) as { results: unknown }).results;
}

/** The servers that the wanted rows need, started and pinned. @param profiles where the gateway's profile is written */
async function startPeers(upstream: Peer, profiles: string | undefined): Promise<Map<PeerName, Peer>> {
  const needed = new Set(wantedRows.flatMap((row) => peersOf(row, options.incumbent !== undefined)));
  const environment = { BENCH_UPSTREAM: upstream.url };
  const peers = new Map<PeerName, Peer>();
  for (const name of needed) peers.set(name, await startNeeded(name, environment, upstream, profiles));
  if (options.byWrk) for (const { pid } of peers.values()) pin(pid, cores.measured);
  return peers;
}

/** `fresh` is the gateway in a second process, with another config. Only the gateway's own code is profiled. */
async function startNeeded(
  name: PeerName,
  environment: Readonly<Record<string, string>>,
  upstream: Peer,
  profiles: string | undefined,
): Promise<Peer> {
  if (name === 'incumbent') {
    const store = await startPeer('session-store', {});
    if (options.byWrk) pin(store.pid, cores.others);
    return startIncumbent(options.incumbent ?? '', upstream.url, store);
  }
  const isGateway = name === 'gateway' || name === 'fresh';
  const flags = isGateway && profiles !== undefined ? ['--cpu-prof', `--cpu-prof-dir=${profiles}`] : [];
  if (name === 'fresh') return startPeer('gateway', { ...environment, BENCH_FRESH: '1' }, flags);
  return startPeer(name, environment, flags);
}

/**
 * Measures everything that is wanted and stops all processes, also after an error.
 * @returns the report, as `--json` prints it
 */
async function run() {
  const upstream = await startPeer('upstream', {});
  const profiles = options.profile ? mkdtempSync(join(tmpdir(), 'bench-profile-')) : undefined;
  if (profiles !== undefined) console.error(`profiles of the gateway: ${profiles}`);
  let peers = new Map<PeerName, Peer>();
  const send = options.byWrk ? loadByWrk : load;
  const { rounds, seconds, wants } = options;
  const measuring = { rows: wantedRows, upstream, token: benchToken, send, rounds, seconds };
  try {
    if (options.byWrk) pin(upstream.pid, cores.others);
    peers = await startPeers(upstream, profiles);
    const all = await measureAll({ ...measuring, peers });
    // Before the processes are measured, which share the cores with what runs; and before `layersOf`, since a profile
    // is written at the end of its process.
    await Promise.all([...peers.values()].map((peer) => peer.stop()));
    peers.clear();
    const ofProcesses = options.byWrk ? await measureProcesses(upstream) : {};
    return {
      machine: { processor: cpus()[0]?.model, cores: cpus().length, node: process.version, tool },
      results: medians(all),
      ratios: ratiosOf(all, wantedRows, options.incumbent !== undefined),
      ...ofProcesses,
      ...(wants('generate') && { generate: measureGenerate() }),
      ...(profiles !== undefined && { layers: layersOf(profiles) }),
      ...(wants('decisions') && { decisions: decisions() }),
    };
  } finally {
    await Promise.all([upstream, ...peers.values()].map((peer) => peer.stop()));
  }
}

/** The row `start`, under the load of starts. */
async function measureProcesses(upstream: Peer): Promise<{ start?: StartResult }> {
  const { rounds, seconds, wants } = options;
  const under = (name: string) => ({
    upstream: upstream.url,
    token: benchToken,
    row: rows.find((row) => row.name === name) as Row,
    rounds,
    seconds,
  });
  return {
    ...(wants('start') && { start: await measureStart(under('executePlaybook')) }),
  };
}

type Report = Awaited<ReturnType<typeof run>>;

function print({ machine, results, ratios, ...rest }: Report): void {
  console.log(`${machine.processor}, ${machine.cores} cores, Node ${machine.node}, ${machine.tool}`);
  console.table(results);
  console.table(ratios);
  for (const part of Object.values(rest)) console.table(part);
}

if (options.byWrk && !hasWrk()) {
  console.error('--wrk needs wrk and taskset: apt-get install wrk util-linux');
  process.exit(2);
}
/**
 * Code that gets no processor is not compiled, and is measured as it is not used. Read before the run, whose own load
 * counts in the average.
 */
const isBusy = (loadavg()[0] ?? 0) > cpus().length * 1.5;
const report = await run();
// By the names of floors.json.
const figures = {
  ...report.ratios,
  ...(report.start && {
    'start: MiB idle': report.start.rssIdleMib,
    'start: MiB after load': report.start.rssAfterLoadMib,
    'start: processor seconds': report.start.cpuSeconds,
  }),
  ...(report.generate && { 'generate: processor seconds': report.generate.cpuSeconds }),
};
// The load of autocannon takes part of what is measured, so its ratios are higher: floors are for wrk.
const isMeasured = options.byWrk && !options.profile && !isBusy;
if (isBusy)
  console.error(
    'other programs keep this machine busy: the figures are not compared with tests/load/bench/floors.json',
  );
const missed = isMeasured ? belowFloors(figures, options.wants) : [];
if (options.json) console.log(JSON.stringify({ ...report, missed }, undefined, 2));
else print(report);
for (const line of missed) console.error(`tests/load/bench/floors.json: ${line}`);
process.exitCode = missed.length === 0 ? 0 : 1;
