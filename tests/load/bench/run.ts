import { cpus, loadavg } from 'node:os';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { belowFloors, measureAll, medians, ratiosOf } from './figures.ts';
import { build, measureStart, type Server, startGateway, startIncumbent, startPeer } from './processes.ts';
import { type PeerName, peersOf, type Row, rows } from './rows.ts';
import { cores, hasWrk, pin } from './wrk.ts';

// Usage: docs/performance.md. Warnings go to stderr, so that `--json` writes JSON alone to stdout.
const { values } = parseArgs({
  options: {
    // What every run is; accepted, since scripts give it.
    wrk: { type: 'boolean' },
    json: { type: 'boolean' },
    incumbent: { type: 'string' },
    rows: { type: 'string' },
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '2' },
  },
});
const { incumbent } = values;
const [rounds, seconds] = [Number(values.rounds), Number(values.seconds)];
const known = [...rows.map(({ name }) => name), 'start'];
// By `;`, since names of rows hold commas.
const wanted = values.rows?.split(/\s*;\s*/) ?? known;
const unknown = wanted.filter((name) => !known.includes(name));
if (unknown.length > 0) {
  console.error(`unknown rows: ${unknown.join('; ')}\n--rows takes these, with ; between them: ${known.join('; ')}`);
  process.exit(2);
}
if (!hasWrk()) {
  console.error('the bench needs wrk and taskset: apt-get install wrk util-linux');
  process.exit(2);
}

/** The servers that the rows need, each alone on the measured core while it is under load. Ends are left to `stops`. */
async function startPeers(upstream: Server, wantedRows: readonly Row[], stops: Server[]) {
  const peers = new Map<PeerName, Server>();
  const start = async (name: PeerName): Promise<Server> => {
    if (name === 'proxy') return startPeer('proxy', upstream.url);
    if (name !== 'incumbent') return startGateway(name, upstream.url);
    const store = await startPeer('session-store');
    stops.push(store);
    pin(store.pid, cores.others);
    return startIncumbent(incumbent ?? '', upstream.url, store);
  };
  for (const name of new Set(wantedRows.flatMap((row) => peersOf(row, incumbent !== undefined)))) {
    const server = await start(name);
    stops.push(server);
    pin(server.pid, cores.measured);
    peers.set(name, server);
  }
  return peers;
}

/** Measures everything that is wanted and stops all processes, also after an error. */
async function run() {
  const wantedRows = rows.filter(({ name }) => wanted.includes(name));
  const stops: Server[] = [];
  const stopAll = () => Promise.all(stops.splice(0).map((server) => server.stop()));
  const upstream = await startPeer('upstream');
  try {
    pin(upstream.pid, cores.others);
    const peers = await startPeers(upstream, wantedRows, stops);
    const all = await measureAll({ rows: wantedRows, peers, rounds, seconds });
    // Before the start is measured, which has the cores for itself.
    await stopAll();
    const figures: Record<string, number> = {
      ...ratiosOf(all, wantedRows, incumbent !== undefined),
      ...(wanted.includes('start') ? await measureStart(upstream.url, rows[0] as Row, rounds, seconds) : {}),
    };
    return { results: medians(all), figures };
  } finally {
    await stopAll();
    await upstream.stop();
  }
}

/**
 * Code that gets no processor is not compiled, and is measured as it is not used. Read before the run, whose own load
 * counts in the average.
 */
const isBusy = (loadavg()[0] ?? 0) > cpus().length * 1.5;
if (isBusy) console.error('other programs keep this machine busy: the figures are not compared with floors.json');
build();
const { results, figures } = await run();
const isRun = (row: string, figure: string) =>
  wanted.includes(row) && (incumbent !== undefined || !figure.endsWith('/incumbent'));
const missed = isBusy ? [] : belowFloors(figures, isRun);
const machine = { processor: cpus()[0]?.model, cores: cpus().length, node: process.version };
if (values.json) console.log(JSON.stringify({ machine, results, figures, missed }, undefined, 2));
else {
  console.log(`${machine.processor}, ${machine.cores} cores, Node ${machine.node}`);
  console.table(results);
  console.table(figures);
}
for (const line of missed) console.error(`tests/load/bench/floors.json: ${line}`);
process.exitCode = missed.length === 0 ? 0 : 1;
