import { setTimeout as delay } from 'node:timers/promises';
import { isJsonObject } from '../../plugins/noetl/json-object.ts';
import { graphql } from './dev-gateway.ts';
import type { Replica, Replicas } from './replicas.ts';
import type { GotResult, SteadyListener } from './steady-listener.ts';

/** A start whose client knows that a result will come. */
interface Started {
  readonly requestId: string;
  readonly listener: SteadyListener;
  /** When its execution ends by itself, milliseconds since the epoch. */
  readonly endsAt: number;
}

/** What became of all starts. */
export interface LiveCount {
  readonly started: number;
  /** Results that did not come to the client that was promised them. */
  readonly lost: number;
  /** Results that a client got more than once, or that another client got. */
  readonly doubled: number;
  /** Starts that were refused, or not answered, and made again, by code. */
  readonly repeated: Readonly<Record<string, number>>;
  /** Callbacks that were answered with something else than 200. */
  readonly unheard: number;
  /** From the end, in NoETL or by the callback, to the event at the client, ascending, milliseconds. */
  readonly delaysMs: readonly number[];
}

/** Starts playbooks for listeners, and plays the workers that call back. */
export interface LiveTraffic {
  /** Starts one for a listener by way of a replica; again and again until it is answered. */
  start(listener: SteadyListener, by: () => Replica): Promise<void>;
  /** Calls that NoETL got. */
  calls(): number;
  /** How many of the promised results have come. */
  arrived(): number;
  started(): number;
  count(): LiveCount;
}

export interface LiveTrafficOptions {
  /** Of ten playbooks so many call back; the others end without. */
  readonly callingBack: number;
  /** How long a playbook works, milliseconds. */
  readonly workMs: number;
}

const query =
  'mutation($vars: JSON, $clientId: String) { executePlaybook(name: "regression_test/slow", variables: $vars, clientId: $clientId) { id requestId } }';

export function createLiveTraffic(replicas: Replicas, options: LiveTrafficOptions): LiveTraffic {
  const { callingBack, workMs } = options;
  const all: Started[] = [];
  const calledBackAt = new Map<string, number>();
  const workloads = new Map<string, { readonly gateway_url: string }>();
  const count = { unheard: 0, made: 0, calls: 0 };
  const repeated: Record<string, number> = {};

  replicas.noetl.intercept = ({ path, body }) => {
    count.calls += 1;
    const workload = path === '/api/execute' && isJsonObject(body) ? body['workload'] : undefined;
    if (!isJsonObject(workload)) return undefined;
    const { request_id: requestId, gateway_url: gatewayUrl } = workload;
    workloads.set(String(requestId), { gateway_url: String(gatewayUrl) });
    return undefined;
  };

  /** As a worker does it: once, at whichever replica the service leads to. */
  async function callBack({ requestId }: Started): Promise<void> {
    const up = replicas.all.filter((replica) => replica.isUp());
    const base = up[Math.floor(Math.random() * up.length)]?.internalUrl;
    const { gateway_url = '' } = workloads.get(requestId) ?? {};
    const at = performance.timeOrigin + performance.now();
    const answer = await fetch(`${base}${new URL(gateway_url).pathname}/api/internal/callback/async`, {
      method: 'POST',
      body: JSON.stringify({ data: { answer: requestId }, status: 'COMPLETED', request_id: requestId }),
    }).catch(() => undefined);
    await answer?.arrayBuffer().catch(() => {});
    if (answer?.status === 200) calledBackAt.set(requestId, at);
    else count.unheard += 1;
  }

  /** @returns the code of the refusal */
  async function startOnce(listener: SteadyListener, { url }: Replica): Promise<Started | string> {
    const variables = { vars: { seconds: workMs / 1_000 }, clientId: await listener.clientId };
    const { body } = await graphql(url, listener.token, { query, variables });
    const found = body.data?.['executePlaybook'] as { id: string; requestId: string } | null | undefined;
    if (found == null) return body.errors?.[0]?.extensions.code ?? 'no code';
    const endsAt = replicas.noetl.endOf(found.id) ?? Number.POSITIVE_INFINITY;
    return { requestId: found.requestId, listener, endsAt };
  }

  return {
    async start(listener, by) {
      const n = count.made;
      count.made += 1;
      for (;;) {
        const started = await startOnce(listener, by()).catch(() => 'no answer');
        if (typeof started !== 'string') {
          all.push(started);
          if (n % 10 < callingBack) setTimeout(() => void callBack(started), workMs * Math.random());
          return;
        }
        repeated[started] = (repeated[started] ?? 0) + 1;
        await delay(100 + 200 * Math.random());
      }
    },
    calls: () => count.calls,
    started: () => all.length,
    arrived: () => all.filter(isThere).length,
    count() {
      const listeners = new Set(all.map(({ listener }) => listener));
      const owners = new Map(all.map(({ requestId, listener }) => [requestId, listener]));
      const doubled = [...listeners].map((listener) => strays(listener, owners)).reduce((sum, n) => sum + n, 0);
      const delaysMs = all.flatMap((started) => delayOf(started, calledBackAt) ?? []);
      const { unheard } = count;
      const lost = all.filter((started) => !isThere(started)).length;
      return { started: all.length, lost, doubled, repeated, unheard, delaysMs: delaysMs.toSorted((a, b) => a - b) };
    },
  };
}

const resultOf = ({ requestId, listener }: Started): GotResult | undefined =>
  listener.results.find((result) => result.requestId === requestId);
const isThere = (started: Started): boolean => resultOf(started) !== undefined;

/** Results that came twice, and those of other clients. A start that was not answered may have a result, too: once. */
function strays(listener: SteadyListener, owners: ReadonlyMap<string, SteadyListener>): number {
  const seen = new Set<string>();
  let found = 0;
  for (const { requestId } of listener.results) {
    const owner = owners.get(requestId);
    if (seen.has(requestId) || (owner !== undefined && owner !== listener)) found += 1;
    seen.add(requestId);
  }
  return found;
}

function delayOf(started: Started, calledBackAt: ReadonlyMap<string, number>): number | undefined {
  const got = resultOf(started)?.at;
  const end = Math.min(calledBackAt.get(started.requestId) ?? Number.POSITIVE_INFINITY, started.endsAt);
  return got === undefined || !Number.isFinite(end) ? undefined : Math.max(0, got - end);
}
