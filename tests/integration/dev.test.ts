import { execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { graphql } from '../support/dev-gateway.ts';
import { freePort } from '../support/free-port.ts';
import { temporaryFolder } from '../support/project.ts';

const run = promisify(execFile);
const hasTools = ['bash', 'curl', 'sed'].every((tool) => spawnSync(tool, ['--version']).status === 0);

interface Started {
  readonly printed: string;
  readonly url: string;
  readonly internalUrl: string;
  /** The session of a user, from the link that was printed for them. */
  readonly tokenOf: (user: string) => string;
  readonly stop: () => Promise<number | null>;
}

/** `noetl-gateway dev`, and what it has printed when it is ready. */
async function startDevCommand(args: readonly string[], environment: Record<string, string> = {}): Promise<Started> {
  const [port, internalPort] = [await freePort(), await freePort()];
  const child = spawn(process.execPath, ['cli/main.ts', 'dev', ...args], {
    env: { ...process.env, ROUTER_PORT: String(port), GATEWAY_INTERNAL_PORT: String(internalPort), ...environment },
  });
  let printed = '';
  for await (const chunk of child.stdout) {
    printed += String(chunk);
    if (printed.includes('Ctrl-C')) break;
  }
  return {
    printed,
    url: `http://localhost:${port}`,
    internalUrl: `http://127.0.0.1:${internalPort}`,
    tokenOf: (user) => new RegExp(`^  ${user} \\(.*\\n.*/graphql#token=(\\w+)`, 'm').exec(printed)?.[1] ?? '',
    async stop() {
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      return (await ended)[0] as number | null;
    },
  };
}

describe.skipIf(!hasTools)('what dev prints is ready to paste (needs bash, curl and sed)', () => {
  it.each(['python', 'rust'])(
    'with a stand-in that speaks %s',
    async (speak) => {
      const { printed, stop } = await startDevCommand(['--speak', speak, '--user', 'admin']);
      try {
        const lines = printed.slice(printed.indexOf('# Log in'), printed.indexOf('Ctrl-C'));
        const { stdout } = await run('bash', ['-euo', 'pipefail', '-c', lines]);
        expect(stdout).toContain('"status":"authenticated"');
        expect(stdout).toMatch(/"execution":\{"id":"\d{17,19}","status":"(?:RUNNING|COMPLETED)"/);
        expect(stdout).toMatch(/"executionUpdates":\{"status":"RUNNING","currentStep":"\w+"/);
        expect(stdout).toContain('"executionUpdates":{"status":"COMPLETED"');
        expect(stdout).toContain('Your flight XX 101 is booked.');
        expect(stdout).toContain('"allowed":true');
        expect(printed).toContain('for development only');
      } finally {
        expect(await stop()).toBe(0);
      }
    },
    40_000,
  );
});

describe('dev', () => {
  const folder = temporaryFolder();
  const policyFile = join(folder.path, 'policy.yaml');
  let dev: Started;
  beforeAll(async () => {
    await writeFile(policyFile, "grants:\n  - { role: developer, allow: all, patterns: '*' }\n");
    dev = await startDevCommand([], { GATEWAY_POLICY_FILE: policyFile });
  }, 30_000);
  afterAll(async () => {
    await dev.stop();
    folder.remove();
  });

  const start = async (user: string) => {
    const { body } = await graphql(dev.url, dev.tokenOf(user), {
      query: 'mutation { executePlaybook(name: "regression_test/hello_world") { id } }',
    });
    return body.errors?.[0]?.extensions.code ?? 'started';
  };

  it.each(['admin', 'developer', 'analyst', 'viewer'])('prints links with a session for %s', async (user) => {
    const token = dev.tokenOf(user);
    expect(dev.printed).toContain(`${dev.internalUrl}/console#token=`);
    const answer = await fetch(`${dev.url}/api/auth/validate`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ session_token: token }),
    });
    expect(await answer.json()).toMatchObject({ valid: true, user: { email: `${user}@example.com` } });
  });

  it('decides by GATEWAY_POLICY_FILE, and follows it', async () => {
    expect(await start('viewer')).toBe('ERR_ACCESS_DENIED');
    await writeFile(
      policyFile,
      "grants:\n  - { role: viewer, allow: [execute, view], patterns: 'regression_test/*' }\n",
    );
    await vi.waitFor(async () => expect(await start('viewer')).toBe('started'), { timeout: 15_000, interval: 250 });
    expect(await start('developer')).toBe('ERR_ACCESS_DENIED');
  }, 20_000);

  it.each(['http://localhost:5173', 'http://127.0.0.1:3000', 'http://[::1]:8080'])(
    'lets a page of this machine read, without cookies: %s',
    async (origin) => {
      const { headers } = await fetch(`${dev.url}/graphql`, { method: 'OPTIONS', headers: { origin } });
      expect(headers.get('access-control-allow-origin')).toBe(origin);
      expect(headers.get('access-control-allow-credentials')).toBeNull();
    },
  );

  it.each(['https://app.example.com', 'http://localhost.example.com', 'null'])('and no other: %s', async (origin) => {
    const { status, headers } = await fetch(`${dev.url}/graphql`, { method: 'OPTIONS', headers: { origin } });
    expect([status, headers.get('access-control-allow-origin')]).toEqual([403, null]);
  });
});

it('ends when npm, which has started it, is killed', async () => {
  const [port, internalPort] = [await freePort(), await freePort()];
  const npm = spawn('npm', ['run', '--silent', 'dev'], {
    env: { ...process.env, ROUTER_PORT: String(port), GATEWAY_INTERNAL_PORT: String(internalPort) },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let printed = '';
  npm.stdout.on('data', (chunk) => (printed += String(chunk)));
  await vi.waitFor(() => expect(printed).toContain('Ctrl-C'), { timeout: 40_000, interval: 100 });
  npm.kill('SIGKILL');
  const answers = () => fetch(`http://127.0.0.1:${port}/health`).then((answer) => answer.status);
  await vi.waitFor(() => expect(answers()).rejects.toThrow(), { timeout: 15_000, interval: 100 });
}, 60_000);
