import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DevGateway } from '../../dev/start-dev.ts';
import { startDevGateway } from '../support/dev-gateway.ts';

let dev: DevGateway;
beforeAll(async () => {
  dev = await startDevGateway();
});
afterAll(async () => dev?.stop());

/** Runs an example as a user. */
async function example(program: string, user: string, ...args: string[]) {
  return run(program, { GATEWAY_URL: dev.url, SESSION: (await dev.login(user)).sessionToken }, ...args);
}

function run(program: string, environment: Record<string, string>, ...args: string[]) {
  const env = { PATH: process.env['PATH'], ...environment };
  return new Promise<{ code: number; out: string; err: string }>((resolve) => {
    execFile(program, args, { env, timeout: 60_000 }, (error, out, err) =>
      resolve({ code: error === null ? 0 : Number(error.code), out, err }),
    );
  });
}
const node = (file: string, user: string, ...args: string[]) =>
  example(process.execPath, user, `examples/${file}`, ...args);

describe('examples/run-playbook.ts', () => {
  it('prints steps as they happen, and the result', async () => {
    const { code, out } = await node('run-playbook.ts', 'developer', 'regression_test/live', '{"seconds": 2}');
    expect(code).toBe(0);
    expect(out).toMatch(/^\d+: RUNNING \w+$/m);
    expect(out).toContain('Your flight XX 101 is booked.');
  });

  it('ends with 1 for a playbook that failed, and with 2 for what is denied', async () => {
    expect((await node('run-playbook.ts', 'developer', 'regression_test/failing')).code).toBe(1);
    const denied = await node('run-playbook.ts', 'viewer');
    expect(denied).toMatchObject({ code: 2, err: expect.stringContaining('ERR_ACCESS_DENIED') });
  });
});

describe('examples/python_client.py', () => {
  const python = (user: string, ...args: string[]) => example('python3', user, 'examples/python_client.py', ...args);

  it('waits for the result', async () => {
    const { code, out, err } = await python('developer', 'regression_test/hello_world');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(JSON.parse(out)).toMatchObject({ status: 'COMPLETED', error: null });
  });

  it('ends with 2 for what is denied', async () => {
    expect(await python('viewer')).toMatchObject({ code: 2, err: expect.stringContaining('ERR_ACCESS_DENIED') });
  });
});

describe('examples/agent.ts', () => {
  it('runs a playbook with the tools of its grants', async () => {
    const { code, out } = await node('agent.ts', 'developer');
    expect(code).toBe(0);
    expect(out).toMatch(/^tools: .*executePlaybook/m);
    expect(out).toMatch(/^executePlaybook: [\s\S]*COMPLETED/m);
  });

  it('is not offered what the grants do not give', async () => {
    const { code, out } = await node('agent.ts', 'viewer');
    expect(code).toBe(0);
    expect(out).not.toContain('executePlaybook');
  });
});

describe.each([
  ['run-playbook.ts', process.execPath],
  ['python_client.py', 'python3'],
  ['agent.ts', process.execPath],
])('examples/%s, used wrongly', (file, program) => {
  it.each([
    ['without a session', () => ({ GATEWAY_URL: dev.url })],
    ['with an invalid token', () => ({ GATEWAY_URL: dev.url, SESSION: 'nonsense' })],
    ['without a gateway', () => ({ GATEWAY_URL: 'http://127.0.0.1:1', SESSION: 'x' })],
  ])('%s, says it in one line', async (_name, environment) => {
    const { code, err } = await run(program, environment(), `examples/${file}`);
    expect(code).toBe(2);
    expect(err.trim().split('\n')).toHaveLength(1);
    expect(err).toMatch(/SESSION|ERR_/);
  });
});

it('each example has fewer than 100 lines', () => {
  const files = readdirSync('examples', { recursive: true, encoding: 'utf8' }).filter((name) =>
    /\.(tsx?|py)$/.test(name),
  );
  expect(files.length).toBeGreaterThanOrEqual(4);
  const long = files.filter((name) => readFileSync(`examples/${name}`, 'utf8').split('\n').length > 100);
  expect(long).toEqual([]);
});
