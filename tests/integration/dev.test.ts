import { execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { freePort } from '../support/free-port.ts';

const run = promisify(execFile);
const hasTools = ['bash', 'curl', 'sed'].every((tool) => spawnSync(tool, ['--version']).status === 0);

/** `noetl-gateway dev`, and what it has printed when it is ready. */
async function startDevCommand(...args: string[]) {
  const [port, internalPort] = [await freePort(), await freePort()];
  const child = spawn(process.execPath, ['cli/main.ts', 'dev', ...args], {
    env: { ...process.env, ROUTER_PORT: String(port), GATEWAY_INTERNAL_PORT: String(internalPort) },
  });
  let printed = '';
  for await (const chunk of child.stdout) {
    printed += String(chunk);
    if (printed.includes('Ctrl-C')) break;
  }
  const stop = async () => {
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    return (await ended)[0] as number | null;
  };
  return { printed, stop };
}

describe.skipIf(!hasTools)('what dev prints is ready to paste (needs bash, curl and sed)', () => {
  it.each(['python', 'rust'])(
    'with a stand-in that speaks %s',
    async (speak) => {
      const { printed, stop } = await startDevCommand('--speak', speak, '--user', 'admin');
      try {
        const lines = printed.slice(printed.indexOf('# Log in'), printed.indexOf('Ctrl-C'));
        const { stdout } = await run('bash', ['-euo', 'pipefail', '-c', lines]);
        expect(stdout).toContain('"status":"authenticated"');
        expect(stdout).toMatch(/"execution":\{"id":"\d{17,19}","status":"(?:RUNNING|COMPLETED)"/);
        expect(stdout).toContain('"allowed":true');
        expect(printed).toContain('for development only');
      } finally {
        expect(await stop()).toBe(0);
      }
    },
    30_000,
  );
});
