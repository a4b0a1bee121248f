import { spawnSync } from 'node:child_process';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { type LoadRequest, type LoadResult, load } from './load.ts';
import { type Peer, startPeer } from './peer.ts';
import { cores, hasWrk, loadByWrk, pin } from './wrk.ts';

const token = 'noetl-session-of-the-bench';
const names = ['gateway', 'bare', 'mesh', 'proxy'] as const;
const rounds = 3;
const secondsEach = 1.2;
const byWrk = process.argv.includes('--wrk');
const tool = byWrk ? 'wrk, the peers alone on one core' : 'autocannon';
const send = byWrk ? loadByWrk : load;
const ids = Array.from({ length: 64 }, (_, n) => `${767_008_253_774_397_000n + BigInt(n)}`);

type PeerName = (typeof names)[number];

/** What is asked: as GraphQL of the gateway and of Mesh, as the one call that is behind it of the proxy. */
const operations: Readonly<
  Record<
    string,
    {
      readonly graphql: readonly { readonly query: string; readonly variables?: unknown }[];
      readonly rest: readonly Omit<LoadRequest, 'headers'>[];
    }
  >
> = {
  dashboardStats: {
    graphql: [{ query: '{ dashboardStats { status totalExecutions failedExecutions activeWorkflows } }' }],
    rest: [{ method: 'GET', path: '/api/dashboard/stats' }],
  },
  execution: {
    graphql: ids.map((id) => ({
      query: 'query Status($id: ID!) { execution(id: $id) { status path } }',
      variables: { id },
    })),
    rest: ids.map((id) => ({ method: 'GET', path: `/api/executions/${id}?include_events=false` })),
  },
  executePlaybook: {
    graphql: [
      {
        query:
          'mutation Execute($name: String!, $vars: JSON) { executePlaybook(name: $name, variables: $vars) { status } }',
        variables: { name: 'data/report', vars: { city: 'Berlin' } },
      },
    ],
    rest: [{ method: 'POST', path: '/api/execute', body: '{"path": "data/report", "workload": {"city": "Berlin"}}' }],
  },
};

interface Measured extends LoadResult {
  readonly cpuMicrosPerRequest: number;
  readonly upstreamCallsPerRequest: number;
  /** What the peer holds at the end of the round, MiB. */
  readonly rssMib: number;
}

interface Result extends Measured {
  readonly peer: PeerName;
  readonly operation: string;
}

function requestsFor(peer: PeerName, operation: string): LoadRequest[] {
  const { graphql = [], rest = [] } = operations[operation] ?? {};
  if (peer === 'proxy') return rest.map((request) => ({ ...request, headers: { 'content-type': 'application/json' } }));
  const headers = { 'content-type': 'application/json', accept: 'application/json', authorization: `Bearer ${token}` };
  return graphql.map((body) => ({
    method: 'POST',
    path: '/graphql',
    headers,
    body: JSON.stringify(namedFor(peer, body)),
  }));
}

/** The names that `generate` gives are the gateway's; Mesh has the wire's. */
const namedFor = (peer: PeerName, body: { readonly query: string }) =>
  peer === 'mesh' ? { ...body, query: body.query.replace(/ (total|failed|active)([EW])/g, wireName) } : body;
const wireName = (_all: string, word: string, next: string) => ` ${word}_${next.toLowerCase()}`;

/** One request by hand: a peer that answers errors, or nothing, must not win. */
async function check(peer: Peer, requests: readonly LoadRequest[]): Promise<void> {
  const [{ path, ...init } = { path: '/', method: 'GET' as const, headers: {} }] = requests;
  const answer = await fetch(`${peer.url}${path}`, init);
  const text = await answer.text();
  if (!answer.ok || /"errors":|"data":\{"\w+":null/.test(text))
    throw new Error(`${peer.url} answers ${answer.status}: ${text}`);
}

async function measure(peer: Peer, upstream: Peer, requests: readonly LoadRequest[]): Promise<Measured> {
  const [before, callsBefore] = [await peer.numbers(), (await upstream.numbers()).calls];
  const result = await send(peer.url, requests, secondsEach);
  const [after, callsAfter] = [await peer.numbers(), (await upstream.numbers()).calls];
  return {
    ...result,
    cpuMicrosPerRequest: Math.round((after.cpuMicros - before.cpuMicros) / result.requests),
    upstreamCallsPerRequest: Math.round(((callsAfter - callsBefore) / result.requests) * 100) / 100,
    rssMib: Math.round(after.rssBytes / 2 ** 20),
  };
}

/** Every peer in turn, round after round, so that what else the machine does meets all of them alike. */
async function measureAll(peers: Readonly<Record<PeerName, Peer>>, upstream: Peer): Promise<Result[][]> {
  const kinds = Object.keys(operations).flatMap((operation) => names.map((peer) => ({ operation, peer })));
  for (const { operation, peer } of kinds) {
    const requests = requestsFor(peer, operation);
    await check(peers[peer], requests);
    await send(peers[peer].url, requests, 2);
  }
  const all: Result[][] = [];
  for (let round = 0; round < rounds; round += 1) {
    const results: Result[] = [];
    for (const { operation, peer } of kinds) {
      const measured = await measure(peers[peer], upstream, requestsFor(peer, operation));
      results.push({ peer, operation, ...measured });
    }
    all.push(results);
  }
  return all;
}

const middle = (numbers: readonly number[]): number => numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? 0;
const twoDigits = (number: number): number => Math.round(number * 100) / 100;

/** Requests a second of the gateway over those of another peer, in the same round; the median of the rounds. */
function ratio(all: readonly Result[][], operation: string, other: PeerName): number {
  const of = (round: readonly Result[], peer: PeerName) =>
    round.find((result) => result.peer === peer && result.operation === operation)?.requestsPerSecond ?? Number.NaN;
  return twoDigits(middle(all.map((round) => of(round, 'gateway') / of(round, other))));
}

/** The median round of every kind. */
function medians(all: readonly Result[][]): Result[] {
  return (all[0] ?? []).map(({ peer, operation }) => {
    const same = all.flatMap((round) =>
      round.filter((result) => result.peer === peer && result.operation === operation),
    );
    const [first, ...rest] = same.toSorted((a, b) => a.requestsPerSecond - b.requestsPerSecond);
    return rest[(same.length >> 1) - 1] ?? first ?? { ...({} as Result), peer, operation };
  });
}

function decisions(): unknown {
  const file = fileURLToPath(new URL('decisions.bench.ts', import.meta.url));
  const { stdout } = spawnSync(process.execPath, [file, '--json'], { encoding: 'utf8' });
  return (JSON.parse(stdout) as { results: unknown }).results;
}

async function run() {
  const upstream = await startPeer('upstream', {});
  const started: Peer[] = [upstream];
  try {
    const environment = { BENCH_TOKEN: token, BENCH_UPSTREAM: upstream.url };
    for (const name of names) started.push(await startPeer(name, environment));
    if (byWrk) for (const peer of started) pin(peer.pid, peer === upstream ? cores.others : cores.measured);
    const [, gateway = upstream, bare = upstream, mesh = upstream, proxy = upstream] = started;
    const all = await measureAll({ gateway, bare, mesh, proxy }, upstream);
    const ratios = Object.fromEntries(
      (['bare', 'mesh', 'proxy'] as const).flatMap((other) => [
        [`gateway/${other}`, ratio(all, 'dashboardStats', other)],
        [`gateway/${other}, execution`, ratio(all, 'execution', other)],
        [`gateway/${other}, executePlaybook`, ratio(all, 'executePlaybook', other)],
      ]),
    );
    const machine = { processor: cpus()[0]?.model, cores: cpus().length, node: process.version, tool };
    return { machine, results: medians(all), ratios, decisions: decisions() };
  } finally {
    await Promise.all(started.map((peer) => peer.stop()));
  }
}

if (byWrk && !hasWrk()) {
  console.error('--wrk needs wrk and taskset: apt-get install wrk util-linux');
  process.exit(2);
}
const report = await run();
if (process.argv.includes('--json')) console.log(JSON.stringify(report, undefined, 2));
else {
  console.log(
    `${report.machine.processor}, ${report.machine.cores} cores, Node ${report.machine.node}, ${tool}, 32 connections`,
  );
  console.table(report.results);
  console.table(report.ratios);
  console.table(report.decisions);
}
