import { once } from 'node:events';
import { createDevIssuer } from '../../dev/issuer.ts';
import type { StandInUser } from '../../dev/noetl/accounts.ts';
import { createNoetlStandIn, type NoetlStandIn } from '../../dev/noetl/stand-in.ts';
import { hasEnded } from './child-server.ts';
import { freePort } from './free-port.ts';
import { keyPair } from './key-pairs.ts';
import { runServe } from './serve-process.ts';
import { startTcpProxy } from './tcp-proxy.ts';

/** One `noetl-gateway serve`, as its own process. */
export interface Replica {
  readonly url: string;
  readonly internalUrl: string;
  /** Whether it answers, as a load balancer learns it from the readiness of a pod. */
  isUp(): boolean;
  /** Of its process; undefined when that has ended. */
  pid(): number | undefined;
  /** SIGKILL. */
  kill(): Promise<void>;
  /** Starts it again, at the same ports. */
  start(): Promise<void>;
}

/** Replicas with one store, in front of one stand-in. */
export interface Replicas {
  readonly noetl: NoetlStandIn;
  /** In front of NoETL, when the options ask for it. */
  readonly proxy: Awaited<ReturnType<typeof startTcpProxy>> | undefined;
  readonly all: readonly Replica[];
  identityToken(user: string): Promise<string>;
  /** A session token of a user, by way of a replica. */
  login(user: string, by?: Replica): Promise<string>;
  /** What the playbook of a request was given. */
  workloadOf(requestId: string): { readonly request_id: string; readonly gateway_url: string } | undefined;
  stop(): Promise<void>;
}

export interface ReplicasOptions {
  /** Their names at the provider; each is `<name>@example.com`. Default: admin and developer. */
  readonly users?: readonly string[];
  /** Those that the stand-in has beside its own. */
  readonly standIn?: Parameters<typeof createNoetlStandIn>[0];
  readonly environment?: Readonly<Record<string, string>>;
  /** The replicas reach NoETL through a proxy, which can refuse connections. */
  readonly withProxy?: boolean;
}

const audience = 'test-app';

/**
 * @param store undefined: sessions in memory
 * @throws when a replica does not start; everything that was started has ended then
 */
export async function startReplicas(
  count: number,
  store: string | undefined,
  options: ReplicasOptions = {},
): Promise<Replicas> {
  const { users = ['admin', 'developer'], standIn = {}, environment = {} } = options;
  const issuer = await createDevIssuer({
    clock: Date.now,
    makeKeyPair: keyPair,
    audience,
    users: users.map((name) => ({ sub: `auth|${name}`, email: `${name}@example.com`, name })),
  });
  const noetl = await createNoetlStandIn(standIn);
  const proxy = options.withProxy === true ? await startTcpProxy(Number(noetl.url.port)) : undefined;
  const shared = {
    GATEWAY_BIND: '127.0.0.1',
    NOETL_BASE_URL: proxy === undefined ? noetl.url.href : `http://127.0.0.1:${proxy.port}`,
    GATEWAY_TRUSTED_ISSUERS: issuer.issuer,
    GATEWAY_AUDIENCES: audience,
    ...(store === undefined ? { GATEWAY_SESSION_ACCEPT_MEMORY: 'true' } : { GATEWAY_SESSION_STORE: store }),
    GATEWAY_SESSION_KEY: Buffer.alloc(32, 5).toString('base64'),
    LOG_LEVEL: 'warn',
    ...environment,
  };
  const all = await Promise.all(Array.from({ length: count }, () => createReplica(shared)));
  async function stop(): Promise<void> {
    await Promise.allSettled(all.map((replica) => replica.kill()));
    await Promise.allSettled([proxy?.close(), noetl.close(), issuer.close()]);
  }
  try {
    await Promise.all(all.map((replica) => replica.start()));
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    noetl,
    proxy,
    all,
    identityToken: (user) => issuer.token(`auth|${user}`),
    async login(user, by = all[0]) {
      // The first connection to the store may take a moment.
      for (let left = 100; ; left -= 1) {
        const answer = await fetch(`${by?.url}/api/auth/login`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ auth0_token: await issuer.token(`auth|${user}`) }),
        });
        const body = (await answer.json()) as { session_token?: string };
        if (body.session_token !== undefined) return body.session_token;
        if (left === 0) throw new Error(`login answered ${answer.status}: ${JSON.stringify(body)}`);
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    },
    workloadOf(requestId) {
      const start = noetl.requests.find(({ path, text }) => path === '/api/execute' && text.includes(requestId));
      return start === undefined ? undefined : JSON.parse(start.text).workload;
    },
    stop,
  };
}

/** Developers for a stand-in, named `<prefix>0`, `<prefix>1` and so on. */
export const developers = (count: number, prefix = 'user'): readonly StandInUser[] =>
  Array.from({ length: count }, (_, n) => ({
    userId: 100 + n,
    email: `${prefix}${n}@example.com`,
    displayName: `${prefix} ${n}`,
    roles: ['developer'],
  }));

async function createReplica(shared: Readonly<Record<string, string>>): Promise<Replica> {
  const [port, internalPort] = [await freePort(), await freePort()];
  const [url, internalUrl] = [`http://127.0.0.1:${port}`, `http://127.0.0.1:${internalPort}`];
  const environment = {
    ...shared,
    ROUTER_PORT: String(port),
    GATEWAY_INTERNAL_PORT: String(internalPort),
    GATEWAY_INTERNAL_URL: internalUrl,
  };
  let running: ReturnType<typeof runServe> | undefined;
  let isUp = false;
  return {
    url,
    internalUrl,
    isUp: () => isUp,
    pid: () => (running === undefined || hasEnded(running.child) ? undefined : running.child.pid),
    async kill() {
      isUp = false;
      const child = running?.child;
      running = undefined;
      if (child === undefined || hasEnded(child)) return;
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
    },
    async start() {
      running = runServe(environment);
      await untilUp(url, running);
      isUp = true;
    },
  };
}

async function untilUp(url: string, { child, output }: ReturnType<typeof runServe>): Promise<void> {
  for (let left = 1_200; left > 0; left -= 1) {
    if (hasEnded(child)) throw new Error(`serve exited ${child.exitCode}: ${output()}`);
    const isUp = await fetch(`${url}/health`).then(
      (answer) => answer.ok,
      () => false,
    );
    if (isUp) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`serve does not answer: ${output()}`);
}
