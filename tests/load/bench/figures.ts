import { readFileSync } from 'node:fs';
import type { Server } from './processes.ts';
import { type PeerName, peersOf, type Row, requestsFor } from './rows.ts';
import { type LoadRequest, type LoadResult, load } from './wrk.ts';

/** One row of one peer in one round. */
export interface Result extends LoadResult {
  readonly row: string;
  readonly peer: PeerName;
  /** Of the peer's process alone, user and system, microseconds. */
  readonly cpuMicrosPerRequest: number;
  /** Of the peer at the end of the round, MiB. */
  readonly rssMib: number;
}

/** What a run measures with. `seconds` is the length of one load, `rounds` how often each kind is measured. */
export interface Measuring {
  readonly rows: readonly Row[];
  readonly peers: ReadonlyMap<PeerName, Server>;
  readonly rounds: number;
  readonly seconds: number;
}

/** Code is compiled after some 30,000 requests; the rows that follow share most of it. Seconds. */
const [firstWarmSecs, warmSecs] = [8, 2];
/** Of the load before each measured one: a peer that has waited connects again, and some code is compiled again. */
const settleSecs = 1;

/**
 * Every peer in turn, round after round, so that what else the machine does meets all of them alike.
 * @returns the results of each round, in the order of rows and peers
 * @throws when a peer answers an error
 */
export async function measureAll({ rows, peers, rounds, seconds }: Measuring): Promise<Result[][]> {
  const measured = rows.flatMap((row) =>
    peersOf(row, peers.has('incumbent')).flatMap((name) => {
      const peer = peers.get(name);
      return peer === undefined ? [] : [{ row, name, peer, requests: requestsFor(row, name) }];
    }),
  );
  // All peers are warmed up before the first round, since a peer that warms up in it would lose it.
  const warm = new Set<Server>();
  for (const { row, peer, requests } of measured) {
    await check(peer.url, requests);
    await load(peer.url, requests, warm.has(peer) ? warmSecs : firstWarmSecs, row.connections);
    warm.add(peer);
  }
  const all: Result[][] = [];
  for (let round = 0; round < rounds; round += 1) {
    const results: Result[] = [];
    for (const { row, name, peer, requests } of measured) {
      await load(peer.url, requests, settleSecs, row.connections);
      const before = peer.numbers();
      const result = await load(peer.url, requests, seconds, row.connections);
      const { cpuMicros, rssMib } = peer.numbers();
      const cpuMicrosPerRequest = Math.round((cpuMicros - before.cpuMicros) / result.requests);
      results.push({ row: row.name, peer: name, ...result, cpuMicrosPerRequest, rssMib });
    }
    all.push(results);
  }
  return all;
}

/**
 * One request by hand: a peer that answers errors, or nothing, must not win. GraphQL answers both with 200.
 * @throws with the answer
 */
async function check(url: string, [request]: readonly LoadRequest[]): Promise<void> {
  const answer = await fetch(`${url}${request?.path}`, request);
  const text = await answer.text();
  if (!answer.ok || /"errors":|"data":\{"\w+":null/.test(text))
    throw new Error(`${url} answers ${answer.status}: ${text}`);
}

/** The median; the higher one of two. NaN of none, and where one of them is NaN, which has no place in an order. */
export const median = (numbers: readonly number[]): number =>
  numbers.some(Number.isNaN) ? Number.NaN : (numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? Number.NaN);

const twoDigits = (number: number): number => Math.round(number * 100) / 100;

/** The median round of every kind, by requests a second: one whole round, so that its figures belong together. */
export function medians(all: readonly Result[][]): Result[] {
  return (all[0] ?? []).map(({ peer, row }) => {
    const same = all.flatMap((round) => round.filter((result) => result.peer === peer && result.row === row));
    const sorted = same.toSorted((a, b) => a.requestsPerSecond - b.requestsPerSecond);
    return sorted[sorted.length >> 1] as Result;
  });
}

/**
 * `<row>: gateway/<peer>` by requests a second, `<row>: plugin/<peer>` of the gateway with a plugin, and
 * `<row>: p99 gateway/proxy`. Each within one round, then the median of the rounds.
 * @returns two digits each; above 1 is faster than the peer, for p99 slower
 */
export function ratiosOf(
  all: readonly Result[][],
  rows: readonly Row[],
  hasIncumbent: boolean,
): Record<string, number> {
  const ratios: Record<string, number> = {};
  for (const row of rows) {
    const [mine, plugin, ...others] = peersOf(row, hasIncumbent) as [PeerName, PeerName, ...PeerName[]];
    const ratio = (one: PeerName, other: PeerName, figure: 'requestsPerSecond' | 'p99Ms') => {
      const of = (round: readonly Result[], peer: PeerName) =>
        round.find((result) => result.row === row.name && result.peer === peer)?.[figure] ?? Number.NaN;
      return twoDigits(median(all.map((round) => of(round, one) / of(round, other))));
    };
    ratios[`${row.name}: plugin/gateway`] = ratio(plugin, mine, 'requestsPerSecond');
    for (const other of others) {
      ratios[`${row.name}: gateway/${other}`] = ratio(mine, other, 'requestsPerSecond');
      ratios[`${row.name}: plugin/${other}`] = ratio(plugin, other, 'requestsPerSecond');
    }
    ratios[`${row.name}: p99 gateway/proxy`] = ratio(mine, 'proxy', 'p99Ms');
  }
  return ratios;
}

/** The content of `floors.json`, by the names of figures: ratios that must not be lower, figures that must not be higher. */
type Floors = Readonly<Record<'atLeast' | 'atMost', Readonly<Record<string, number>>>>;

/**
 * What `floors.json` asks for and the figures do not hold.
 * @param figures by name: ratios, MiB, seconds. The name begins with its row, then `: `
 * @param isRun whether the figure of that name was to be measured
 * @returns one line for each, also for a figure that is missing; empty when all hold
 */
export function belowFloors(
  figures: Readonly<Record<string, number>>,
  isRun: (row: string, figure: string) => boolean,
): readonly string[] {
  const { atLeast, atMost } = JSON.parse(readFileSync(new URL('floors.json', import.meta.url), 'utf8')) as Floors;
  const missed = (bounds: Readonly<Record<string, number>>, word: 'below' | 'above') =>
    Object.entries(bounds)
      .filter(([name]) => isRun(name.slice(0, name.indexOf(': ')), name))
      .flatMap(([name, bound]) => {
        const figure = figures[name] ?? Number.NaN;
        if (!Number.isFinite(figure)) return [`${name} has no figure`];
        const holds = word === 'below' ? figure >= bound : figure <= bound;
        return holds ? [] : [`${name} is ${figure}, ${word} ${bound}`];
      });
  return [...missed(atLeast, 'below'), ...missed(atMost, 'above')];
}
