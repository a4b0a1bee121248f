import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { createDevIssuer } from '../../../../dev/issuer.ts';
import { createNoetlStandIn, type NoetlStandIn } from '../../../../dev/noetl/stand-in.ts';
import { type ChildServer, hasEnded, startNats, startRedis } from '../../../support/child-server.ts';
import { freePort } from '../../../support/free-port.ts';
import { runServe } from '../../../support/serve-process.ts';
import { startTcpProxy } from '../../../support/tcp-proxy.ts';

const audience = 'chaos';

/** One process of the gateway, which can be killed and started again at the same address. */
export interface Replica {
  readonly url: string;
  /** Undefined before the first start. */
  child(): ChildProcess | undefined;
  /** Whether it answers, as a load balancer learns it from the readiness of a pod: as of the last start or kill. */
  isUp(): boolean;
  /** SIGKILL: nothing is drained. Resolves when it has ended. */
  kill(): Promise<void>;
  /**
   * Resolves when `/health` answers.
   * @throws with the output of the process when it ends, or has not answered after 300 tries
   */
  start(): Promise<void>;
}

/** Replicas of the gateway, NoETL behind a proxy, an issuer, and the session store where there is one. */
export interface World {
  readonly replicas: readonly Replica[];
  readonly noetl: NoetlStandIn;
  readonly proxy: Awaited<ReturnType<typeof startTcpProxy>>;
  readonly store: ChildServer | undefined;
  /** A new identity token of a user. */
  identityToken(user: string): Promise<string>;
  /** Ends all of it, even when a part does not end well. */
  close(): Promise<void>;
}

/** `nodeOptions` are for the gateway alone; without a store, sessions are in memory. */
export interface WorldOptions {
  readonly replicas: number;
  readonly store: 'redis' | 'nats' | undefined;
  readonly nodeOptions: string;
}

/** Both write to disk, else a kill would end every session. Redis writes as it does by default. */
const startStore = {
  redis: () => startRedis(['--appendfsync', 'everysec']),
  nats: () => startNats(),
} as const;

/**
 * Starts everything on loopback.
 * @throws when a part does not start
 */
export async function openWorld({ replicas: count, store: kind, nodeOptions }: WorldOptions): Promise<World> {
  // The first of all: its program may be missing.
  const store = kind && (await startStore[kind]());
  const users = ['developer', 'viewer'].map((name) => ({ sub: `auth|${name}`, email: `${name}@example.com`, name }));
  const issuer = await createDevIssuer({ clock: Date.now, audience, users });
  // It keeps ten requests only; `traffic.ts` counts them as they come.
  const noetl = await createNoetlStandIn({ remember: 10 });
  const proxy = await startTcpProxy(Number(noetl.url.port));
  const environment = {
    GATEWAY_BIND: '127.0.0.1',
    NOETL_BASE_URL: `http://127.0.0.1:${proxy.port}`,
    // Shorter than by default, so that a fault of five seconds shows what follows a timeout.
    NOETL_TIMEOUT_SECS: '2',
    AUTH_PLAYBOOK_TIMEOUT_SECS: '3',
    GATEWAY_TRUSTED_ISSUERS: issuer.issuer,
    GATEWAY_AUDIENCES: audience,
    ...(store === undefined
      ? { GATEWAY_SESSION_ACCEPT_MEMORY: 'true' }
      : { GATEWAY_SESSION_STORE: `${kind}://127.0.0.1:${store.port}` }),
    // The same for all replicas: with it each checks the records that the others have signed in the store.
    GATEWAY_SESSION_KEY: Buffer.alloc(32, 7).toString('base64'),
    NODE_OPTIONS: nodeOptions,
    LOG_LEVEL: 'fatal',
  };
  const replicas = await Promise.all(Array.from({ length: count }, () => createReplica(environment)));
  const world: World = {
    replicas,
    noetl,
    proxy,
    store,
    identityToken: (user) => issuer.token(`auth|${user}`),
    async close() {
      await Promise.allSettled(replicas.map((replica) => replica.kill()));
      await Promise.allSettled([proxy.close(), noetl.close(), issuer.close(), store?.remove()]);
    },
  };
  try {
    await Promise.all(replicas.map((replica) => replica.start()));
  } catch (error) {
    await world.close();
    throw error;
  }
  return world;
}

/** Not started yet. */
async function createReplica(environment: Readonly<Record<string, string>>): Promise<Replica> {
  const [port, internalPort] = [await freePort(), await freePort()];
  const url = `http://127.0.0.1:${port}`;
  const own = {
    ROUTER_PORT: String(port),
    GATEWAY_INTERNAL_PORT: String(internalPort),
    GATEWAY_INTERNAL_URL: `http://127.0.0.1:${internalPort}`,
  };
  let child: ChildProcess | undefined;
  let isUp = false;
  async function start(): Promise<void> {
    const running = runServe({ ...environment, ...own });
    child = running.child;
    for (let left = 300; left > 0; left -= 1) {
      if (hasEnded(running.child)) throw new Error(`serve exited: ${running.output()}`);
      isUp = await fetch(`${url}/health`).then(
        (answer) => answer.ok,
        () => false,
      );
      if (isUp) return;
      await delay(50);
    }
    throw new Error(`serve does not answer: ${running.output()}`);
  }
  return {
    url,
    child: () => child,
    isUp: () => isUp,
    start,
    async kill() {
      if (child === undefined || hasEnded(child)) return;
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
      isUp = false;
    },
  };
}
