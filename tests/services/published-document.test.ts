import { rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { emitters } from '../../generator/emit/emitters.ts';
import { generate } from '../../generator/generate.ts';
import { pull } from '../../generator/pull/pull.ts';
import { openWhatCanBe } from '../support/foreign-project.ts';
import { install, newFolder, npmReady } from '../support/npm-project.ts';

/** GitHub's document as it is published: 1,223 operations, 13 MB. */
const published = '@octokit/openapi@23.0.2';
const file = 'node_modules/@octokit/openapi/generated/api.github.com.json';

const ready = await npmReady();
const folder = newFolder();
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.skipIf(!ready)('a large published document', { timeout: 600_000 }, () => {
  test('is pulled and generated with everything open that can be, without an edit', async () => {
    const installed = await install(['install', '--no-audit', '--no-fund', '--prefix', folder, published], {
      cwd: folder,
    });
    expect(installed.code, installed.text).toBe(0);
    const { document, lock } = await pull(file, { projectDir: folder });
    expect(lock.operations).toBeGreaterThan(1_200);
    const { config, problems } = openWhatCanBe(document);
    // What takes or answers bytes cannot be a field.
    expect(problems.filter((problem) => !/is not JSON|answers bytes/.test(problem))).toEqual([]);
    expect(problems.length).toBeLessThan(20);
    await generate({ projectDir: folder, config, emitters });
    const sdl = await readFile(join(folder, 'mesh/generated/schema.graphql'), 'utf8');
    expect(sdl.match(/@httpOperation\(/g)).toHaveLength(lock.operations - problems.length + 1);
    expect(sdl).not.toMatch(/_200_response/);
  });
});
