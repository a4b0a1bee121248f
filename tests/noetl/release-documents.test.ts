import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, expect, test } from 'vitest';
import shipped from '../../gateway.config.ts';
import { emitters } from '../../generator/emit/emitters.ts';
import { generate } from '../../generator/generate.ts';
import { pull } from '../../generator/pull/pull.ts';
import { temporaryFolder } from '../support/project.ts';

/**
 * Documents of releases of the Python server, oldest first: `npm run test:noetl-documents`. Each is pulled and generated from with the
 * config that ships, in a new project, and in one that goes from release to release and accepts nothing.
 */
const releases = [
  ...['2.10.2', '2.10.9', '2.10.18', '2.10.27', '2.10.42', '2.11.0', '2.12.8', '2.13.1', '2.14.14', '2.15.2', '2.16.7'],
  ...['2.24.2', '2.26.2', '2.30.0', '2.35.9', '2.37.2', '2.37.8', '2.39.3', '2.45.0', '2.60.0', '2.75.0', '2.90.0'],
  ...['2.103.4', '3.0.0', '4.0.1', '4.5.3', '4.10.1', '4.12.1', '4.15.0', '4.18.0', '4.20.0', '4.22.0', '4.24.0'],
  '4.26.0',
];

const run = promisify(execFile);
const kept = temporaryFolder();
const seen: string[] = [];
afterAll(() => {
  kept.remove();
  console.log(seen.join('\n'));
});

async function documentOf(release: string): Promise<string> {
  const { stdout } = await run('sh', ['tools/noetl/document.sh', release], { timeout: 600_000 });
  return stdout.trim();
}

async function regenerate(projectDir: string, document: string, release: string) {
  const { lock } = await pull(document, { projectDir, label: `v${release}` });
  const made = await generate({ projectDir, config: shipped, emitters });
  const { differences } = await generate({ projectDir, config: shipped, emitters, check: true });
  expect(differences).toEqual([]);
  return { ...made, operations: lock.operations };
}

test.each(releases)('%s', { timeout: 900_000 }, async (release) => {
  const document = await documentOf(release);
  const fresh = temporaryFolder();
  try {
    const alone = await regenerate(fresh.path, document, release);
    expect(alone.pending).toEqual([]);
    const left = alone.notes.filter((note) => note.includes('left out (optional)')).length;
    const { pending, news, operations } = await regenerate(kept.path, document, release);
    expect(news?.breaks ?? false).toBe(false);
    seen.push(`${release}: ${operations} operations, ${left} rows left out, ${pending.length} new and closed`);
  } finally {
    fresh.remove();
  }
});
