import { setTimeout as delay } from 'node:timers/promises';
import type { Outcomes } from '../scenario.ts';
import type { World } from './world.ts';

/** What clients saw of the gateway, and what NoETL saw of the clients. */
export interface Traffic {
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

/** Clients at work, until they are stopped. */
export interface RunningTraffic {
  /**
   * Whether a start, a read and a login have each been answered well since.
   * @param atMs by performance.now()
   */
  worksSince(atMs: number): boolean;
  /** Resolves when the requests in flight have ended, so that every start is counted. */
  stop(): Promise<Traffic>;
}

type Kind = 'start' | 'read' | 'login';

/**
 * A start as its client knows it: `mark` is in the workload, by which NoETL's requests are found; `id` is what was
 * answered.
 */
interface Start {
  readonly mark: string;
  readonly id: string | undefined;
}

/** Longer than the gateway of `world.ts` waits for NoETL, so that it can answer with an error. */
const timeoutMs = 15_000;
/** The code of a request without an answer. */
export const unanswered = 'no answer';

/**
 * A few clients that start, read and log in, one request after the other each; with several replicas they take turns.
 * @param token of the session that starts and reads; logins make sessions of their own
 */
export function startTraffic(world: World, token: string): RunningTraffic {
  const refused: Outcomes = {};
  const starts: Start[] = [];
  const lastOk: Record<Kind, number> = { start: 0, read: 0, login: 0 };
  const seenByNoetl = countMarks(world);
  let [requests, answered, stopped] = [0, 0, false];

  async function ask(kind: Kind, path: string, body: object): Promise<Reply> {
    requests += 1;
    const reply = await send(urlFor(world, requests), path, body, kind === 'login' ? undefined : token);
    if (reply.code === undefined) {
      answered += 1;
      lastOk[kind] = performance.now();
    } else refused[reply.code] = (refused[reply.code] ?? 0) + 1;
    return reply;
  }
  async function startOnce(n: number): Promise<void> {
    const mark = `mark-${n}-${requests}`;
    const query = 'mutation ($v: JSON) { executePlaybook(name: "regression_test/hello_world", variables: $v) { id } }';
    const { data } = await ask('start', '/graphql', { query, variables: { v: { mark } } });
    starts.push({ mark, id: data?.executePlaybook?.id });
  }
  const readOnce = () => ask('read', '/graphql', { query: '{ executions(pageSize: 5) { id status } }' });
  const loginOnce = async () =>
    ask('login', '/api/auth/login', { auth0_token: await world.identityToken('developer') });
  const client = async (pauseMs: number, work: () => Promise<unknown>) => {
    while (!stopped) {
      await work();
      await delay(pauseMs);
    }
  };
  const clients = [
    ...[1, 2, 3].map((n) => client(120, () => startOnce(n))),
    ...[1, 2, 3, 4].map(() => client(60, readOnce)),
    client(400, loginOnce),
  ];
  return {
    worksSince: (atMs) => Object.values(lastOk).every((at) => at > atMs),
    async stop() {
      stopped = true;
      await Promise.all(clients);
      const counted = starts.map(({ mark, id }) => ({ id, times: seenByNoetl.get(mark) ?? 0 }));
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

/**
 * How often NoETL got the start with each mark, whatever it then did. Counted as requests come: this stand-in remembers
 * ten.
 */
function countMarks({ noetl }: World): ReadonlyMap<string, number> {
  const seen = new Map<string, number>();
  const push = noetl.requests.push.bind(noetl.requests);
  noetl.requests.push = (...requests) => {
    for (const { path, body } of requests) {
      const mark = path === '/api/execute' ? (body as { workload?: { mark?: unknown } })?.workload?.mark : undefined;
      if (typeof mark === 'string') seen.set(mark, (seen.get(mark) ?? 0) + 1);
    }
    return push(...requests);
  };
  return seen;
}

/**
 * In turn; a replica that is known to be dead is left out, as a load balancer does. When all are, the first is asked.
 */
function urlFor({ replicas }: World, n: number): string {
  const alive = replicas.filter(({ isUp }) => isUp());
  const [first] = replicas;
  return (alive[n % Math.max(1, alive.length)] ?? first)?.url ?? '';
}

/** An answer, or what stands for it. */
interface Reply {
  /** Undefined: success. */
  readonly code: string | undefined;
  readonly data?: { readonly executePlaybook?: { readonly id?: string } | null } | null;
}

/**
 * Does not throw: an error of the gateway has its code, another status `status <n>`, and no answer, or one that is not
 * JSON, {@link unanswered}.
 */
async function send(url: string, path: string, body: object, token: string | undefined): Promise<Reply> {
  try {
    const answer = await fetch(url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(timeoutMs),
    });
    const text = await answer.text();
    // In the whole text, since GraphQL may answer an error with 200.
    const code = /ERR_[A-Z_]+/.exec(text)?.[0];
    if (code !== undefined) return { code };
    return answer.ok ? { code: undefined, data: JSON.parse(text).data } : { code: `status ${answer.status}` };
  } catch {
    return { code: unanswered };
  }
}
