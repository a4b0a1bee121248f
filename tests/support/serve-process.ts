import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createDevIssuer, type DevIssuer } from '../../dev/issuer.ts';
import { createNoetlStandIn, type NoetlStandIn } from '../../dev/noetl/stand-in.ts';
import { freePort } from './free-port.ts';
import { keyPair } from './key-pairs.ts';

const audience = 'test-app';

/** `noetl-gateway serve` as its own process, in front of a stand-in and an issuer. */
export interface ServeProcess {
  readonly url: string;
  readonly internalUrl: string;
  readonly noetl: NoetlStandIn;
  readonly issuer: DevIssuer;
  readonly child: ChildProcess;
  /** Everything that the process wrote so far. */
  readonly output: () => string;
  login(email: string): Promise<string>;
  /** Sends SIGTERM. @returns the exit code, or the signal that ended it. */
  terminate(): Promise<number | string | null>;
  close(): Promise<void>;
}

/**
 * Runs the command and collects what it says.
 * @param cgroup folder of a cgroup, which the process enters before it starts
 */
export function runServe(
  environment: Record<string, string>,
  cgroup?: string,
): { child: ChildProcess; output: () => string } {
  const command = [process.execPath, 'cli/main.ts', 'serve'] as const;
  const [program, ...args] =
    cgroup === undefined
      ? command
      : (['sh', '-c', 'echo $$ > "$0/cgroup.procs" && exec "$@"', cgroup, ...command] as const);
  const child = spawn(program, args, {
    env: { PATH: process.env['PATH'] ?? '', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (text += chunk));
  return { child, output: () => text };
}

export async function startServe(environment: Record<string, string> = {}, cgroup?: string): Promise<ServeProcess> {
  const issuer = await createDevIssuer({
    clock: Date.now,
    makeKeyPair: keyPair,
    audience,
    users: ['admin', 'developer', 'analyst', 'viewer'].map((name) => ({
      sub: `auth|${name}`,
      email: `${name}@example.com`,
      name,
    })),
  });
  const noetl = await createNoetlStandIn();
  const [port, internalPort] = [await freePort(), await freePort()];
  const internalUrl = `http://127.0.0.1:${internalPort}`;
  const { child, output } = runServe(
    {
      ROUTER_PORT: String(port),
      GATEWAY_BIND: '127.0.0.1',
      GATEWAY_INTERNAL_PORT: String(internalPort),
      GATEWAY_INTERNAL_URL: internalUrl,
      NOETL_BASE_URL: noetl.url.href,
      GATEWAY_TRUSTED_ISSUERS: issuer.issuer,
      GATEWAY_AUDIENCES: audience,
      GATEWAY_SESSION_ACCEPT_MEMORY: 'true',
      ...environment,
    },
    cgroup,
  );
  const url = `http://127.0.0.1:${port}`;
  await answers(`${url}/health`, child, output);
  return {
    url,
    internalUrl,
    noetl,
    issuer,
    child,
    output,
    async login(email) {
      const name = email.slice(0, email.indexOf('@'));
      const logIn = async () =>
        fetch(`${url}/api/auth/login`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ auth0_token: await issuer.token(`auth|${name}`) }),
        });
      let answer = await logIn();
      // On a busy machine a real NoETL may not have run the playbook in time: a client tries again.
      for (let left = 3; answer.status === 503 && left > 0; left -= 1) answer = await logIn();
      const body = (await answer.json()) as { session_token?: string; error?: string };
      if (body.session_token === undefined) throw new Error(`login answered ${answer.status}: ${body.error}`);
      return body.session_token;
    },
    async terminate() {
      const exit = once(child, 'exit');
      child.kill('SIGTERM');
      const [code, signal] = (await exit) as [number | null, string | null];
      return code ?? signal;
    },
    async close() {
      child.kill('SIGKILL');
      await Promise.allSettled([noetl.close(), issuer.close()]);
    },
  };
}

async function answers(url: string, child: ChildProcess, output: () => string): Promise<void> {
  for (let left = 1_200; left > 0; left -= 1) {
    if (child.exitCode !== null) throw new Error(`serve exited ${child.exitCode}: ${output()}`);
    const ok = await fetch(url).then(
      (answer) => answer.ok,
      () => false,
    );
    if (ok) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`serve does not answer: ${output()}`);
}
