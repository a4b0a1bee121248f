import type { LoadResult } from './load.ts';
import type { Peer } from './peer.ts';
import { type PeerName, peersOf, type Row, requestsFor } from './rows.ts';

/** One row of one peer in one round. */
export interface Result extends LoadResult {
  readonly row: string;
  readonly peer: PeerName;
  /** Of the peer's process alone, user and system, microseconds. */
  readonly cpuMicrosPerRequest: number;
  /** Below 1 where requests share a call or are answered from memory, two digits. */
  readonly upstreamCallsPerRequest: number;
  /** Of the peer at the end of the round, MiB. */
  readonly rssMib: number;
}

export type Send = (
  url: string,
  requests: ReturnType<typeof requestsFor>,
  seconds: number,
  connections: number,
) => Promise<LoadResult>;

/** What a whole run measures with. `seconds` is the length of one load, `rounds` how often each kind is measured. */
export interface Measuring {
  readonly rows: readonly Row[];
  readonly peers: ReadonlyMap<PeerName, Peer>;
  readonly upstream: Peer;
  readonly token: string;
  readonly send: Send;
  readonly rounds: number;
  readonly seconds: number;
}

/**
 * One request by hand before the load: a peer that answers errors, or nothing, must not win. GraphQL answers both with
 * 200.
 * @throws with the answer
 */
async function check(peer: Peer, requests: ReturnType<typeof requestsFor>): Promise<void> {
  const [{ path, ...init } = { path: '/', method: 'GET' as const, headers: {} }] = requests;
  const answer = await fetch(`${peer.url}${path}`, init);
  const text = await answer.text();
  if (!answer.ok || /"errors":|"data":\{"\w+":null/.test(text))
    throw new Error(`${peer.url} answers ${answer.status}: ${text}`);
}

/**
 * One load. The counters of peer and upstream are read before and after it, so that only its own requests count. The same
 * load goes before it for a moment: a peer has waited for the others, its connections to the upstream are closed by then,
 * and the code that meets this for the first time is compiled again.
 */
async function measure({ send, upstream, token, seconds }: Measuring, row: Row, name: PeerName, peer: Peer) {
  const requests = requestsFor(row, name, token);
  await send(peer.url, requests, settleSecs, row.connections);
  const [before, callsBefore] = [await peer.numbers(), (await upstream.numbers()).calls];
  const result = await send(peer.url, requests, seconds, row.connections);
  const [after, callsAfter] = [await peer.numbers(), (await upstream.numbers()).calls];
  return {
    row: row.name,
    peer: name,
    ...result,
    cpuMicrosPerRequest: Math.round((after.cpuMicros - before.cpuMicros) / result.requests),
    upstreamCallsPerRequest: Math.round(((callsAfter - callsBefore) / result.requests) * 100) / 100,
    rssMib: Math.round(after.rssBytes / 2 ** 20),
  };
}

/** Code is compiled after some 30,000 requests; the rows that follow share most of it. Seconds. */
const [firstWarmSecs, warmSecs] = [8, 2];
/** Of the load before each measured one. */
const settleSecs = 1;

/**
 * Every peer in turn, round after round, so that what else the machine does meets all of them alike.
 * @returns the results of each round, in the order of rows and peers
 * @throws when a peer answers an error
 */
export async function measureAll(measuring: Measuring): Promise<Result[][]> {
  const { rows, peers, send, rounds, token } = measuring;
  const kinds = rows.flatMap((row) =>
    peersOf(row, peers.has('incumbent')).flatMap((name) => {
      const peer = peers.get(name);
      return peer === undefined ? [] : [{ row, name, peer }];
    }),
  );
  // All peers are warmed up before the first round, since a peer that warms up in it would lose it.
  const warm = new Set<Peer>();
  for (const { row, name, peer } of kinds) {
    const requests = requestsFor(row, name, token);
    await check(peer, requests);
    await send(peer.url, requests, warm.has(peer) ? warmSecs : firstWarmSecs, row.connections);
    warm.add(peer);
  }
  const all: Result[][] = [];
  for (let round = 0; round < rounds; round += 1) {
    const results: Result[] = [];
    for (const { row, name, peer } of kinds) results.push(await measure(measuring, row, name, peer));
    all.push(results);
  }
  return all;
}

/** The median; the higher one of two. NaN of none, and where one of them is NaN, which has no place in an order. */
export const middle = (numbers: readonly number[]): number =>
  numbers.some(Number.isNaN) ? Number.NaN : (numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? Number.NaN);
export const twoDigits = (number: number): number => Math.round(number * 100) / 100;

/** The median round of every kind, by requests a second: one whole round, so that its figures belong together. */
export function medians(all: readonly Result[][]): Result[] {
  return (all[0] ?? []).map(({ peer, row }) => {
    const same = all.flatMap((round) => round.filter((result) => result.peer === peer && result.row === row));
    const sorted = same.toSorted((a, b) => a.requestsPerSecond - b.requestsPerSecond);
    return sorted[sorted.length >> 1] as Result;
  });
}

/**
 * `<row>: gateway/<peer>`, requests a second; the same by processor time, which other programs of the machine disturb
 * less; and `<row>: p99 gateway/proxy`, milliseconds. Each within one round, then the median of the rounds.
 * The row `execution` is measured by the peer `fresh` and named `gateway`, since the names are those of floors.json.
 * @returns two digits each; above 1 is faster than the peer, for p99 slower
 */
export function ratiosOf(
  all: readonly Result[][],
  rows: readonly Row[],
  hasIncumbent: boolean,
): Record<string, number> {
  const ratios: Record<string, number> = {};
  for (const row of rows) {
    const ratio = (other: PeerName, read: (result: Result) => number) =>
      twoDigits(
        middle(
          all.map((round) => {
            const of = (peer: PeerName) => round.find((result) => result.row === row.name && result.peer === peer);
            const [mine, others] = [of(row.of), of(other)];
            // Without a figure of both there is no ratio, and a floor of it is missed.
            return mine === undefined || others === undefined ? Number.NaN : read(mine) / read(others);
          }),
        ),
      );
    for (const other of peersOf(row, hasIncumbent).slice(1)) {
      ratios[`${row.name}: gateway/${other}`] = ratio(other, ({ requestsPerSecond }) => requestsPerSecond);
      ratios[`${row.name}: gateway/${other} by processor time`] = ratio(
        other,
        // The inverse, so that above 1 is better, as for requests a second.
        ({ cpuMicrosPerRequest }) => 1 / cpuMicrosPerRequest,
      );
    }
    ratios[`${row.name}: p99 gateway/proxy`] = ratio('proxy', ({ p99Ms }) => p99Ms);
  }
  return ratios;
}
