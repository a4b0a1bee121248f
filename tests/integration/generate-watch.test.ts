import { spawn } from 'node:child_process';
import { on, once } from 'node:events';
import { copyFile, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { cliProject } from '../support/cli-process.ts';

let project: Awaited<ReturnType<typeof cliProject>>;
const config = () => join(project.path, 'gateway.config.ts');
const schema = () => readFile(join(project.path, 'mesh', 'generated', 'schema.graphql'), 'utf8');

beforeAll(async () => {
  project = await cliProject(
    `operations: { health: { upstream: 'GET /api/health', access: authenticated() } }, roles: ['admin'], grants: []`,
  );
  await rm(join(project.path, 'openapi'), { recursive: true });
});
afterAll(() => project.remove());

it('generates when the document comes, when the config changes, and goes on after a mistake', async () => {
  const child = spawn(process.execPath, ['cli/main.ts', 'generate', '--watch', '-C', project.path]);
  const errors = createInterface(child.stderr);
  const lines = createInterface(child.stdout);
  try {
    const missing = once(errors, 'line');
    const done = on(lines, 'line', { signal: AbortSignal.timeout(50_000) });
    await until(done, /^watching/);
    expect(await missing).toEqual([expect.stringContaining('cannot be used')]);

    await copyFile('openapi/noetl.json', join(project.path, 'openapi', 'noetl.json'));
    await until(done, /files, \d+ changed/);
    expect(await schema()).toContain(' health: ');

    const text = await readFile(config(), 'utf8');
    const mistake = once(errors, 'line');
    await writeFile(config(), text.replace('/api/health', '/api/helth'));
    expect(await mistake).toEqual([expect.stringContaining('do not fit together')]);
    expect(await schema()).toContain(' health: ');

    await writeFile(config(), text.replace('health: {', 'upstreamHealth: {'));
    await until(done, /files, \d+ changed/);
    expect(await schema()).toContain(' upstreamHealth: ');
  } finally {
    child.kill();
  }
}, 60_000);

async function until(lines: AsyncIterator<unknown[]>, wanted: RegExp): Promise<void> {
  for (;;) {
    const { done, value } = await lines.next();
    if (done === true) throw new Error('the output ended');
    if (wanted.test(String(value?.[0]))) return;
  }
}
