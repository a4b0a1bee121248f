import { readFileSync, writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { type ChildServer, startNats, startRedis } from '../../support/child-server.ts';
import { createLiveTraffic, type LiveTraffic } from '../../support/live-traffic.ts';
import { developers, type Replica, type Replicas, startReplicas } from '../../support/replicas.ts';
import { openSteadyListener, type SteadyListener } from '../../support/steady-listener.ts';
import { startMeter } from '../chaos/meter.ts';
import { type LiveFigures, liveCells, withLiveRow } from '../reliability-page.ts';

const usage = `usage: npm run bench:live -- [--clients 1000] [--rate 100] [--seconds 180] [--drops 10] [--store redis|nats]
                            [--faults none|replica|all] [--report docs/reliability.md]

Clients listen to two replicas, and so many executions a second are started for them at either one. Each second so many
of them lose their connection. In the middle a replica is killed and started again; with --faults all the store and the
other replica, too. Everything on loopback, with servers that the run starts for itself.`;

// While one is killed, its clients connect to the other.
const replicasPerRun = 2;
/**
 * Clients are spread over users, each with an address of its own: `events.streamsPerUser` and `streamsPerAddress` hold
 * for each.
 */
const userCount = 50;
/**
 * How long a playbook works, milliseconds, and how many of ten call back. The others end without a callback, so that
 * the gateway has to watch them.
 */
const playbooks = { workMs: 2_000, callingBack: 7 };
/** How long a store or a replica is away, milliseconds. */
const downMs = 2_000;
/** Results that are still on their way at the end are waited for as long as this, milliseconds. */
const lastMs = 90_000;

/** `rate`: executions that are started in a second. `drops`: connections that are broken in a second. */
type Run = Pick<LiveFigures, 'clients' | 'rate' | 'seconds' | 'faults'> & {
  readonly drops: number;
  readonly store: 'redis' | 'nats';
};

const chance = (n: number): number => Math.floor(Math.random() * n);

/**
 * Clients of `/events`, spread over users and replicas.
 * @returns all of them, each with its first connection made
 */
async function openListeners(replicas: Replicas, clients: number): Promise<readonly SteadyListener[]> {
  const urls = replicas.all.map(({ url }) => url);
  const tokens = await Promise.all(Array.from({ length: userCount }, (_, n) => replicas.login(`user${n}`)));
  const listeners: SteadyListener[] = [];
  for (let n = 0; n < clients; n += 1) {
    // A few at a time, each user from an address of its own.
    if (n % 50 === 0) await Promise.all(listeners.map(({ clientId }) => clientId));
    const [token = '', from] = [tokens[n % userCount], `127.0.0.${10 + (n % userCount)}`];
    listeners.push(openSteadyListener({ token, urls, first: n % urls.length, from }));
  }
  await Promise.all(listeners.map(({ clientId }) => clientId));
  return listeners;
}

/**
 * Starts at a fixed rate, however long each takes: a replica that is slow gets no fewer starts, so that its delay is
 * seen.
 * @returns what resolves when all are answered
 */
async function startAll(run: Run, traffic: LiveTraffic, listeners: readonly SteadyListener[], replicas: Replicas) {
  // A start goes to a replica that answers, as a load balancer would send it. Where all are down it goes to the first
  // one and is made again.
  const up = (): Replica => {
    const answering = replicas.all.filter((replica) => replica.isUp());
    return (answering[chance(answering.length)] ?? replicas.all[0]) as Replica;
  };
  const open: Promise<void>[] = [];
  const began = performance.now();
  for (let n = 0; n < run.rate * run.seconds; n += 1) {
    const aheadMs = (n * 1_000) / run.rate - (performance.now() - began);
    if (aheadMs > 0) await delay(aheadMs);
    open.push(traffic.start(listeners[chance(listeners.length)] as SteadyListener, up));
  }
  await Promise.all(open);
}

/** One after the other: the store at a quarter of the run, a replica in the middle, the other replica after it. */
async function breakThings({ faults, seconds }: Run, replicas: Replicas, store: ChildServer): Promise<void> {
  const [one, two] = replicas.all as [Replica, Replica];
  const outage = async (afterMs: number, stop: () => Promise<void>, start: () => Promise<void>) => {
    await delay(afterMs);
    await stop();
    await delay(downMs);
    await start();
  };
  const part = (seconds * 1_000) / 4;
  if (faults === 'all') await outage(part, store.stop, store.start);
  if (faults !== 'none') await outage(faults === 'all' ? part : 2 * part, one.kill, one.start);
  if (faults === 'all') await outage(part / 2, two.kill, two.start);
}

/**
 * Starts store and replicas, measures, and stops everything, after an error as well.
 * @throws when the store cannot be started, or the replicas
 */
async function measure(run: Run): Promise<LiveFigures> {
  // As Redis does by default; `startRedis` itself has `always`, which waits for the disk at each write.
  const store = run.store === 'redis' ? await startRedis(['--appendfsync', 'everysec']) : await startNats();
  try {
    const replicas = await startReplicas(replicasPerRun, `${run.store}://127.0.0.1:${store.port}`, {
      users: Array.from({ length: userCount }, (_, n) => `user${n}`),
      standIn: { users: developers(userCount), remember: 10 },
      environment: { LOG_LEVEL: 'error' },
    });
    try {
      return await measureOn(run, replicas, store);
    } finally {
      await replicas.stop();
    }
  } finally {
    await store.remove();
  }
}

/** Runs the traffic and the faults together, and waits for results that are still on their way. */
async function measureOn(run: Run, replicas: Replicas, store: ChildServer): Promise<LiveFigures> {
  let listeners: readonly SteadyListener[] = [];
  try {
    listeners = await openListeners(replicas, run.clients);
    const load = loadavg()[0] ?? 0;
    const traffic = createLiveTraffic(replicas, playbooks);
    // The second replica: the first one is killed in every run with faults. With `all` the second is killed as well,
    // later, and has no memory from then on.
    const [, { url, pid }] = replicas.all as [Replica, Replica];
    const stopMeter = await startMeter(url, pid() ?? 0);
    let dropped = 0;
    const dropping = setInterval(() => {
      for (let n = 0; n < run.drops; n += 1) listeners[chance(listeners.length)]?.drop();
      dropped += run.drops;
    }, 1_000);
    const began = performance.now();
    await Promise.all([startAll(run, traffic, listeners, replicas), breakThings(run, replicas, store)]);
    const seconds = (performance.now() - began) / 1_000;
    // A start costs one call. What is left is what the gateway asks to learn of results.
    const callsPerSecond = (traffic.calls() - traffic.started()) / seconds;
    clearInterval(dropping);
    for (const end = performance.now() + lastMs; traffic.arrived() < traffic.started() && performance.now() < end; )
      await delay(200);
    // A result that comes twice may come after all have come once.
    await delay(2_000);
    const reading = await stopMeter();
    return { ...run, ...traffic.count(), seconds, dropped, load, callsPerSecond, reading };
  } finally {
    for (const listener of listeners) listener.close();
  }
}

const text = { type: 'string' } as const;
const { values } = parseArgs({
  options: {
    clients: { ...text, default: '1000' },
    rate: { ...text, default: '100' },
    seconds: { ...text, default: '180' },
    drops: { ...text, default: '10' },
    store: { ...text, default: 'redis' },
    faults: { ...text, default: 'replica' },
    report: text,
    help: { type: 'boolean' },
  },
});

/** @throws with the usage when an argument is wrong */
function runOf(): Run {
  const number = (name: 'clients' | 'rate' | 'seconds' | 'drops'): number => {
    const value = Number(values[name]);
    if (!Number.isInteger(value) || value < 0) throw new Error(`--${name} must be a whole number\n${usage}`);
    return value;
  };
  const { store, faults } = values;
  if (store !== 'redis' && store !== 'nats') throw new Error(`--store is redis or nats\n${usage}`);
  if (faults !== 'none' && faults !== 'replica' && faults !== 'all') throw new Error(`--faults\n${usage}`);
  const sizes = { clients: number('clients'), rate: number('rate'), seconds: number('seconds') };
  return { ...sizes, drops: number('drops'), store, faults };
}

if (values.help === true) console.log(usage);
else {
  const figures = await measure(runOf());
  for (const [name, figure] of Object.entries(liveCells(figures))) console.log(`${name}: ${figure}`);
  const { report } = values;
  if (report !== undefined) writeFileSync(report, withLiveRow(readFileSync(report, 'utf8'), figures));
  // Lost and doubled results are failures; slow ones are figures.
  process.exitCode = figures.lost + figures.doubled > 0 ? 1 : 0;
}
