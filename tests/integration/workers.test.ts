import { once } from 'node:events';
import { createServer } from 'node:net';
import { describe, expect, test } from 'vitest';
import { freePort } from '../support/free-port.ts';
import { runServe } from '../support/serve-process.ts';

const environment = {
  GATEWAY_TRUSTED_ISSUERS: 'https://id.example.com/',
  GATEWAY_AUDIENCES: 'app',
  GATEWAY_BIND: '127.0.0.1',
  GATEWAY_WORKERS: '2',
  GATEWAY_SESSION_ACCEPT_MEMORY: 'true',
};

describe('workers that cannot start', () => {
  test('a port that another program shares with this user is still taken', async () => {
    const other = createServer().listen({ port: 0, host: '127.0.0.1', reusePort: process.platform === 'linux' });
    await once(other, 'listening');
    const { port } = other.address() as { port: number };
    const { child, output } = runServe({
      ...environment,
      ROUTER_PORT: String(port),
      GATEWAY_INTERNAL_PORT: String(await freePort()),
    });
    const [code] = await once(child, 'exit');
    other.close();
    expect(code).toBe(1);
    expect(output()).toContain(`127.0.0.1:${port}`);
    expect(output()).toContain('ROUTER_PORT');
    expect(output()).not.toContain('listening');
  }, 60_000);

  test('what is wrong with all of them is written once, and the exit code is 1', async () => {
    const { child, output } = runServe({
      ...environment,
      ROUTER_PORT: String(await freePort()),
      GATEWAY_INTERNAL_PORT: String(await freePort()),
      GATEWAY_POLICY_FILE: '/nonexistent/policy.json',
    });
    const [code] = await once(child, 'exit');
    expect(code).toBe(1);
    expect(output().split('GATEWAY_POLICY_FILE is refused').length).toBe(2);
    expect(output()).toContain('a worker cannot start');
  }, 60_000);
});
