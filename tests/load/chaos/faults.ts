import { setTimeout as delay } from 'node:timers/promises';
import type { Interception, NoetlStandIn } from '../../../dev/noetl/stand-in.ts';
import { type ChildServer, startNats, startRedis } from '../../support/child-server.ts';
import { type Replicas, startReplicas } from '../../support/replicas.ts';
import { type Reading, startMeter } from './meter.ts';
import { heapOf, type Outcomes, post, problemsOf } from './scenario.ts';

/** Replicas of the gateway, NoETL behind a proxy, and the session store where there is one. */
interface World {
  readonly replicas: Replicas;
  readonly noetl: NoetlStandIn;
  readonly proxy: NonNullable<Replicas['proxy']>;
  readonly store: ChildServer | undefined;
}

/** Something that breaks, and is repaired a few seconds later. */
interface Fault {
  readonly name: string;
  /** One sentence for the report. */
  readonly about: string;
  /** Default 1. */
  readonly replicas?: number;
  /** Default: sessions in memory. */
  readonly store?: 'redis' | 'nats';
  break(world: World): Promise<void> | void;
  repair(world: World): Promise<void> | void;
  /** Requests in flight at a process that is killed get no answer. */
  readonly mayLeaveUnanswered?: boolean;
}

/** @param reply what NoETL does instead of answering; undefined: it answers */
const behaves = (reply: () => Interception | Promise<Interception>) => ({
  break: ({ noetl }: World) => {
    noetl.intercept = reply;
  },
  repair: ({ noetl }: World) => {
    noetl.intercept = undefined;
  },
});
const storeKilled = (store: 'redis' | 'nats') => ({
  store,
  break: (world: World) => world.store?.stop(),
  repair: (world: World) => world.store?.start(),
});

/** Pages, half of a JSON text, other shapes, an error with SQL's words, and a redirect to where nothing listens. */
const garbage: readonly Interception[] = [
  { status: 200, body: '<html><body>It works!</body></html>' },
  { status: 200, body: '{"execution_id": ' },
  { status: 200, body: [] },
  { status: 200, body: { execution_id: { nested: true }, status: 42 } },
  { status: 500, body: { detail: 'duplicate key value violates unique constraint' } },
  { status: 302, body: '', headers: { location: 'http://127.0.0.1:1/' } },
];
// Counts calls, so that each kind of garbage has its turn; at random one could be left out.
let turn = 0;

/** What `npm run chaos` breaks after the attacks, in this order. */
export const faults: readonly Fault[] = [
  {
    name: 'noetl-slow',
    about: 'NoETL takes 4 s for each call; the gateway waits 2 s',
    ...behaves(() => delay(4_000).then(() => undefined)),
  },
  {
    name: 'noetl-dead',
    about: 'NoETL closes its connections and refuses new ones',
    break: ({ proxy }) => proxy.refuse(true),
    repair: ({ proxy }) => proxy.refuse(false),
  },
  { name: 'noetl-hangs', about: 'NoETL takes calls and never answers', ...behaves(() => 'hang') },
  { name: 'noetl-resets', about: 'NoETL breaks each connection in the middle of a call', ...behaves(() => 'reset') },
  {
    name: 'noetl-garbage',
    about: 'NoETL answers with pages, half of a JSON text, other shapes, SQL errors and redirects',
    ...behaves(() => {
      turn += 1;
      return garbage[turn % garbage.length];
    }),
  },
  {
    name: 'redis-killed',
    about: 'the Redis with the sessions is killed and comes back with what it has written',
    ...storeKilled('redis'),
  },
  {
    name: 'nats-killed',
    about: 'the NATS with the sessions is killed and comes back with what it has written',
    ...storeKilled('nats'),
  },
  {
    name: 'replica-killed',
    about: 'one of two replicas is killed with requests in flight, and comes back; clients ask the other one',
    store: 'redis',
    replicas: 2,
    break: ({ replicas }) => replicas.all[1]?.kill(),
    repair: ({ replicas }) => replicas.all[1]?.start(),
    mayLeaveUnanswered: true,
  },
];

/** What clients saw of the gateway, and what NoETL saw of the clients. */
interface Traffic {
  /** Of all kinds; each is answered or counted in `refused`. */
  readonly requests: number;
  readonly answered: number;
  /** Requests that were refused or failed, by code. */
  readonly refused: Outcomes;
  /** Starts that were answered with an id which NoETL does not know. */
  readonly lost: number;
  /** Starts that NoETL got more than once. */
  readonly doubled: number;
  /** Starts that NoETL got although the caller was answered with an error, or not at all. */
  readonly unclear: number;
}

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

// The page has this figure and the next one in its text.
const beforeMs = 2_000;
const brokenMs = 5_000;
const afterMs = 1_500;
/** How long after the repair the gateway may take until a start, a read and a login have succeeded. */
const longestReturnMs = 15_000;
/** The code of a request without an answer. */
const unanswered = 'no answer';

/**
 * Runs one fault under traffic, with processes of its own.
 * @throws when something does not start, at first or in the repair; all else is a problem of the report
 */
export async function runFault(fault: Fault): Promise<FaultReport> {
  const { world, close } = await openWorld(fault);
  try {
    const { replicas } = world;
    // The replica that is never killed.
    const [replica] = replicas.all;
    const token = await replicas.login('developer');
    // Before the fault: a store that comes back with less, or a process that forgets, would let them work again.
    const ended: string[] = [];
    for (let n = 0; n < 3; n += 1) ended.push(await replicas.login('developer'));
    for (const session of ended) await post(`${replica?.url}/api/auth/logout`, {}, session);
    const stopMeter = await startMeter(replica?.url ?? '', replica?.pid() ?? 0);
    const traffic = startTraffic(world, token);
    await delay(beforeMs);
    await fault.break(world);
    await delay(brokenMs);
    await fault.repair(world);
    const backAfterMs = await untilBack(traffic.worksSince);
    await delay(afterMs);
    const seen = await traffic.stop();
    const reading = await stopMeter();
    const found = { traffic: seen, reading, backAfterMs, revived: await countLive(replicas, ended) };
    const exited = replicas.all.some(({ pid }) => pid() === undefined);
    const problems = [...(exited ? ['a gateway has ended by itself'] : []), ...problemsIn(fault, found)];
    return { name: fault.name, about: fault.about, ...found, problems };
  } finally {
    await close();
  }
}

/** Starts everything on loopback. Both stores write to disk, else a kill would end every session. */
async function openWorld({ replicas: count = 1, store: kind }: Fault) {
  // As Redis does by default. The first of all: its program may be missing.
  const store = kind && (await (kind === 'redis' ? startRedis(['--appendfsync', 'everysec']) : startNats()));
  const replicas = await startReplicas(count, store && `${kind}://127.0.0.1:${store.port}`, {
    users: ['developer', 'viewer'],
    // All of a fault, in which starts are then counted.
    standIn: { remember: 100_000 },
    withProxy: true,
    environment: {
      // Shorter than by default, so that a fault of five seconds shows what follows a timeout.
      NOETL_TIMEOUT_SECS: '2',
      AUTH_PLAYBOOK_TIMEOUT_SECS: '3',
      NODE_OPTIONS: heapOf(),
      LOG_LEVEL: 'fatal',
    },
  });
  const { noetl, proxy } = replicas;
  if (proxy === undefined) throw new Error('NoETL has no proxy');
  const close = () => Promise.allSettled([replicas.stop(), store?.remove()]);
  return { world: { replicas, noetl, proxy, store }, close };
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

/** How many of the tokens a replica does not refuse with 401. Another status is no proof that the session is over. */
async function countLive({ all }: Replicas, tokens: readonly string[]): Promise<number> {
  const asked = all.flatMap(({ url }) =>
    tokens.map((token) => post(`${url}/graphql`, { query: '{ __typename }' }, token)),
  );
  return (await Promise.all(asked)).filter(({ status }) => status !== 401).length;
}

type Found = Pick<FaultReport, 'traffic' | 'reading' | 'backAfterMs' | 'revived'>;

/** One text for each limit that was broken. */
function problemsIn(fault: Fault, { traffic, reading, backAfterMs, revived }: Found): readonly string[] {
  const { lost, doubled, refused } = traffic;
  // Each request gets an answer, be it an error, unless its process was killed.
  const silent = fault.mayLeaveUnanswered === true ? 0 : (refused[unanswered] ?? 0);
  return [
    ...(lost > 0 ? [`${lost} starts were lost`] : []),
    ...(doubled > 0 ? [`${doubled} starts were sent twice`] : []),
    ...(silent > 0 ? [`${silent} requests got no answer`] : []),
    ...(refused['ERR_INTERNAL'] === undefined ? [] : ['the gateway answered ERR_INTERNAL']),
    ...(backAfterMs === undefined ? [`not back within ${longestReturnMs / 1_000} s`] : []),
    ...(revived > 0 ? [`${revived} ended sessions work again`] : []),
    ...problemsOf(reading),
  ];
}

type Kind = 'start' | 'read' | 'login';

/**
 * A few clients that start, read and log in, one request after the other each; with several replicas they take turns.
 * @param token of the session that starts and reads; logins make sessions of their own
 */
function startTraffic(world: World, token: string) {
  const refused: Outcomes = {};
  const starts: { readonly mark: string; readonly id: string | undefined }[] = [];
  const lastOk: Record<Kind, number> = { start: 0, read: 0, login: 0 };
  let [requests, answered, stopped] = [0, 0, false];

  /** @returns the text of a good answer */
  async function ask(kind: Kind, path: string, body: object): Promise<string | undefined> {
    requests += 1;
    const reply = await post(urlFor(world, requests) + path, body, kind === 'login' ? undefined : token);
    if (reply.code === undefined && reply.status === 200) {
      answered += 1;
      lastOk[kind] = performance.now();
      return reply.text;
    }
    const code = reply.code ?? (reply.status === 0 ? unanswered : `status ${reply.status}`);
    refused[code] = (refused[code] ?? 0) + 1;
    return undefined;
  }
  async function start(n: number): Promise<void> {
    const mark = `mark-${n}-${requests}`;
    const query = 'mutation ($v: JSON) { executePlaybook(name: "regression_test/hello_world", variables: $v) { id } }';
    const text = await ask('start', '/graphql', { query, variables: { v: { mark } } });
    starts.push({ mark, id: /"id":"(\d+)"/.exec(text ?? '')?.[1] });
  }
  const read = () => ask('read', '/graphql', { query: '{ executions(pageSize: 5) { id status } }' });
  const login = async () =>
    ask('login', '/api/auth/login', { auth0_token: await world.replicas.identityToken('developer') });
  const client = async (pauseMs: number, work: () => Promise<unknown>) => {
    while (!stopped) {
      await work();
      await delay(pauseMs);
    }
  };
  const clients = [
    ...[1, 2, 3].map((n) => client(120, () => start(n))),
    ...[1, 2, 3, 4].map(() => client(60, read)),
    client(400, login),
  ];
  return {
    /** Whether a start, a read and a login have each been answered well since, by performance.now(). */
    worksSince: (atMs: number) => Object.values(lastOk).every((at) => at > atMs),
    /** Resolves when the requests in flight have ended, so that every start is counted. */
    async stop(): Promise<Traffic> {
      stopped = true;
      await Promise.all(clients);
      const counted = starts.map(({ mark, id }) => ({ id, times: timesSeen(world.noetl, mark) }));
      return {
        requests,
        answered,
        refused,
        lost: counted.filter(({ id, times }) => id !== undefined && times === 0).length,
        doubled: counted.filter(({ times }) => times > 1).length,
        unclear: counted.filter(({ id, times }) => id === undefined && times > 0).length,
      };
    },
  };
}

/** How often NoETL got the start with a mark, whatever it then did. */
const timesSeen = ({ requests }: NoetlStandIn, mark: string): number =>
  requests.filter(({ path, text }) => path === '/api/execute' && text.includes(`"${mark}"`)).length;

/** In turn; a replica that is dead is left out, as a load balancer does. When all are, the first is asked. */
function urlFor({ replicas: { all } }: World, n: number): string {
  const alive = all.filter(({ isUp }) => isUp());
  return (alive[n % Math.max(1, alive.length)] ?? all[0])?.url ?? '';
}
