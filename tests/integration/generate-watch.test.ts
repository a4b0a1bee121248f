import { spawn } from 'node:child_process';
import { on, once } from 'node:events';
import { copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
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
    expect(await mistake).toEqual([expect.stringContaining('does not match the OpenAPI document')]);
    expect(await schema()).toContain(' health: ');

    await writeFile(config(), text.replace('health: {', 'upstreamHealth: {'));
    await until(done, /files, \d+ changed/);
    expect(await schema()).toContain(' upstreamHealth: ');
  } finally {
    child.kill();
  }
}, 60_000);

it('follows the files that the config imports, and reads them again', async () => {
  const text = await readFile(config(), 'utf8');
  const rows = join(project.path, 'parts', 'rows.ts');
  const row = (name: string) => `${name}: { upstream: 'GET /api/health', access: { kind: 'authenticated' } }`;
  await mkdir(join(project.path, 'openapi'), { recursive: true });
  await copyFile('openapi/noetl.json', join(project.path, 'openapi', 'noetl.json'));
  await mkdir(join(project.path, 'parts'));
  await writeFile(rows, `export const rows = { ${row('first')} } as const;\n`);
  await writeFile(
    config(),
    `import { rows } from './parts/rows.ts';\n${text.replace('operations: {', 'operations: { ...rows,')}`,
  );
  const child = spawn(process.execPath, ['cli/main.ts', 'generate', '--watch', '-C', project.path]);
  const errors = createInterface(child.stderr);
  const lines = createInterface(child.stdout);
  try {
    const done = on(lines, 'line', { signal: AbortSignal.timeout(100_000) });
    await until(done, /^watching/);
    expect(await schema()).toContain(' first: ');

    const mistake = on(errors, 'line', { signal: AbortSignal.timeout(100_000) });
    await writeFile(rows, '\nexport const rows = {');
    await until(mistake, /does not load/);
    await until(mistake, /parts.rows\.ts:2: /);

    await writeFile(rows, `export const rows = { ${row('second')} } as const;\n`);
    await until(done, /files, \d+ changed/);
    expect(await schema()).toContain(' second: ');
  } finally {
    child.kill();
  }
}, 120_000);

async function until(lines: AsyncIterator<unknown[]>, wanted: RegExp): Promise<void> {
  for (;;) {
    const { done, value } = await lines.next();
    if (done === true) throw new Error('the output ended');
    if (wanted.test(String(value?.[0]))) return;
  }
}
