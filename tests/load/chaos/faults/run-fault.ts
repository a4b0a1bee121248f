import { setTimeout as delay } from 'node:timers/promises';
import { type Reading, startMeter } from '../meter.ts';
import { scenarioLimits } from '../scenario.ts';
import type { Fault } from './faults.ts';
import { startTraffic, type Traffic, unanswered } from './traffic.ts';
import { openWorld, type World } from './world.ts';

/** What was seen during a fault. It is a failure when `problems` is not empty. */
export interface FaultReport {
  readonly name: string;
  readonly about: string;
  readonly traffic: Traffic;
  readonly reading: Reading;
  /** From the repair until a start, a read and a login have succeeded; undefined: not in time. */
  readonly backAfterMs: number | undefined;
  /** Sessions that were ended before the fault and work again. */
  readonly revived: number;
  readonly problems: readonly string[];
}

// `report.ts` has this figure and the next one in its text.
const beforeMs = 2_000;
const brokenMs = 5_000;
const afterMs = 1_500;
/** How long after the repair the gateway may take until a start, a read and a login have succeeded. */
const longestReturnMs = 15_000;

/**
 * Runs one fault under traffic, with processes of its own.
 * @param nodeOptions for the gateway: the heap of a pod
 * @throws when something does not start, at first or in the repair; all else is a problem of the report
 */
export async function runFault(fault: Fault, nodeOptions: string): Promise<FaultReport> {
  const world = await openWorld({ replicas: fault.replicas ?? 1, store: fault.store, nodeOptions });
  try {
    const token = await login(world);
    // Before the fault: a store that comes back with less, or a process that forgets, would let them work again.
    const ended = await endedSessions(world);
    // The replica that is never killed.
    const [replica] = world.replicas;
    const stopMeter = await startMeter(replica?.url ?? '', replica?.child()?.pid ?? 0);
    const traffic = startTraffic(world, token);
    await delay(beforeMs);
    await fault.break(world);
    await delay(brokenMs);
    await fault.repair(world);
    const backAfterMs = await untilBack(traffic.worksSince);
    await delay(afterMs);
    const seen = await traffic.stop();
    const reading = await stopMeter();
    const revived = await countLive(world, ended);
    const found = { traffic: seen, reading, backAfterMs, revived };
    return { name: fault.name, about: fault.about, ...found, problems: problemsOf(fault, found, world) };
  } finally {
    await world.close();
  }
}

/** @returns milliseconds since the call, which follows the repair; undefined when it takes too long */
async function untilBack(worksSince: (atMs: number) => boolean): Promise<number | undefined> {
  const repairedAt = performance.now();
  while (performance.now() - repairedAt < longestReturnMs) {
    if (worksSince(repairedAt)) return Math.round(performance.now() - repairedAt);
    await delay(50);
  }
  return undefined;
}

const post = (url: string, body: object, token?: string) =>
  fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
    body: JSON.stringify(body),
  });

async function login({ replicas, identityToken }: World): Promise<string> {
  const answer = await post(`${replicas[0]?.url}/api/auth/login`, { auth0_token: await identityToken('developer') });
  const { session_token } = (await answer.json()) as { session_token?: string };
  if (session_token === undefined) throw new Error(`login answered ${answer.status}`);
  return session_token;
}

/** @returns three tokens that were logged in and out */
async function endedSessions(world: World): Promise<readonly string[]> {
  const tokens: string[] = [];
  for (let n = 0; n < 3; n += 1) {
    const token = await login(world);
    await post(`${world.replicas[0]?.url}/api/auth/logout`, {}, token);
    tokens.push(token);
  }
  return tokens;
}

/**
 * How many of the tokens are not refused with 401 by a replica, over all replicas. Another status is no proof that the
 * session is over.
 */
async function countLive({ replicas }: World, tokens: readonly string[]): Promise<number> {
  const statuses = await Promise.all(
    replicas.flatMap(({ url }) =>
      tokens.map(async (token) => (await post(`${url}/graphql`, { query: '{ __typename }' }, token)).status),
    ),
  );
  return statuses.filter((status) => status !== 401).length;
}

type Found = Pick<FaultReport, 'traffic' | 'reading' | 'backAfterMs' | 'revived'>;

/**
 * One text for each limit that was broken.
 * @returns empty when all held
 */
function problemsOf(fault: Fault, { traffic, reading, backAfterMs, revived }: Found, world: World): string[] {
  const { lost, doubled, refused } = traffic;
  // Each request gets an answer, be it an error, unless its process was killed.
  const silent = fault.mayLeaveUnanswered === true ? 0 : (refused[unanswered] ?? 0);
  const checks: readonly (readonly [isWrong: boolean, problem: string])[] = [
    [world.replicas.some(({ child }) => child()?.exitCode !== null), 'a gateway has ended by itself'],
    [lost > 0, `${lost} starts were lost`],
    [doubled > 0, `${doubled} starts were sent twice`],
    [silent > 0, `${silent} requests got no answer`],
    [refused['ERR_INTERNAL'] !== undefined, 'the gateway answered ERR_INTERNAL'],
    [backAfterMs === undefined, `not back within ${longestReturnMs / 1_000} s`],
    [revived > 0, `${revived} ended sessions work again`],
    [reading.healthFailures > 0, `/health failed ${reading.healthFailures} times`],
    [reading.healthMedianMs >= scenarioLimits.healthMedianMs, `/health: ${reading.healthMedianMs} ms at the median`],
    [reading.peakMiB >= scenarioLimits.peakMiB, `memory reached ${reading.peakMiB} MiB`],
  ];
  return checks.filter(([isWrong]) => isWrong).map(([, problem]) => problem);
}
