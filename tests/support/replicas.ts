import type { ChildProcess } from 'node:child_process';
import { createDevIssuer } from '../../dev/issuer/dev-issuer.ts';
import { createNoetlStandIn, type NoetlStandIn } from '../../dev/noetl/stand-in.ts';
import { freePort } from './free-port.ts';
import { runServe } from './serve-process.ts';

/** One `noetl-gateway serve`, as its own process. */
export interface Replica {
  readonly url: string;
  readonly internalUrl: string;
  readonly child: ChildProcess;
  readonly output: () => string;
}

/** Replicas with one store, in front of one stand-in. */
export interface Replicas {
  readonly noetl: NoetlStandIn;
  readonly all: readonly Replica[];
  /** A session token of a user, by way of a replica. */
  login(user: string, by?: Replica): Promise<string>;
  /** What the playbook of a request was given. */
  workloadOf(requestId: string): { readonly request_id: string; readonly gateway_url: string } | undefined;
  stop(): Promise<void>;
}

const audience = 'test-app';

export async function startReplicas(count: number, store: string): Promise<Replicas> {
  const issuer = await createDevIssuer({
    clock: Date.now,
    audience,
    users: ['admin', 'developer'].map((name) => ({ sub: `auth|${name}`, email: `${name}@example.com`, name })),
  });
  const noetl = await createNoetlStandIn();
  const all = await Promise.all(
    Array.from({ length: count }, async () => {
      const [port, internalPort] = [await freePort(), await freePort()];
      const internalUrl = `http://127.0.0.1:${internalPort}`;
      const { child, output } = runServe({
        ROUTER_PORT: String(port),
        GATEWAY_BIND: '127.0.0.1',
        GATEWAY_INTERNAL_PORT: String(internalPort),
        GATEWAY_INTERNAL_URL: internalUrl,
        NOETL_BASE_URL: noetl.url.href,
        GATEWAY_TRUSTED_ISSUERS: issuer.issuer,
        GATEWAY_AUDIENCES: audience,
        GATEWAY_SESSION_STORE: store,
        GATEWAY_SESSION_KEY: Buffer.alloc(32, 5).toString('base64'),
        LOG_LEVEL: 'warn',
      });
      return { url: `http://127.0.0.1:${port}`, internalUrl, child, output };
    }),
  );
  for (const { url, child, output } of all) await untilUp(url, child, output);
  return {
    noetl,
    all,
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
    async stop() {
      for (const { child } of all) child.kill('SIGKILL');
      await Promise.allSettled([noetl.close(), issuer.close()]);
    },
  };
}

async function untilUp(url: string, child: ChildProcess, output: () => string): Promise<void> {
  for (let left = 600; left > 0; left -= 1) {
    if (child.exitCode !== null) throw new Error(`serve exited ${child.exitCode}: ${output()}`);
    const isUp = await fetch(`${url}/health`).then(
      (answer) => answer.ok,
      () => false,
    );
    if (isUp) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`serve does not answer: ${output()}`);
}
