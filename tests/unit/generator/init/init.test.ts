import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type InitOptions, type InitSteps, init } from '../../../../generator/init.ts';
import { GatewayError } from '../../../../plugins/errors.ts';

let parent: string;
let done: string[][];

beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'init-'));
  done = [];
});
afterEach(() => rm(parent, { recursive: true }));

/** Steps that succeed, on a machine that has or lacks the packages which read documents. */
const steps = (canPull: boolean, changes: Partial<InitSteps> = {}): InitSteps => ({
  pull: async (source, dir) => {
    done.push([canPull ? 'pull' : 'look', source, dir]);
    return canPull;
  },
  install: async (dir) => void done.push(['install', dir]),
  pullInstalled: async (source, dir) => void done.push(['pullInstalled', source, dir]),
  ...changes,
});

const document = 'https://noetl.example.com/openapi.json';

const options = (changes: Partial<InitOptions> = {}): InitOptions => ({
  dir: join(parent, 'My Gateway'),
  openapi: document,
  package: { spec: '1.2.3', tools: { '@graphql-mesh/cli': '1.0.0' }, overrides: { graphql: '16.0.0' } },
  steps: steps(true),
  ...changes,
});

const read = (...path: string[]) => readFile(join(parent, ...path), 'utf8');

describe('init in a new folder', () => {
  test('pulls first, then writes and installs', async () => {
    const result = await init(options());
    expect(done).toEqual([
      ['pull', document, result.dir],
      ['install', result.dir],
    ]);
    expect((await readdir(result.dir)).sort()).toEqual([...result.files].sort());
    expect(result.nextSteps.slice(1)).toEqual(['npm run generate', 'npm run dev']);
    expect(JSON.parse(await read('My Gateway', 'package.json'))).toMatchObject({
      name: 'my-gateway',
      private: true,
      type: 'module',
      dependencies: { 'noetl-gateway': '1.2.3' },
      devDependencies: { '@graphql-mesh/cli': '1.0.0' },
      overrides: { graphql: '16.0.0' },
    });
  });

  test('looks at the document, and pulls with what it has installed, when nothing here can read it', async () => {
    const { dir } = await init(options({ steps: steps(false) }));
    expect(done).toEqual([
      ['look', document, dir],
      ['install', dir],
      ['pullInstalled', document, dir],
    ]);
  });

  test('leaves installing to the user, and names every step', async () => {
    const { dir, nextSteps } = await init(options({ steps: steps(false), install: false }));
    expect(done).toEqual([['look', document, dir]]);
    expect(nextSteps).toEqual([
      expect.stringMatching(/^cd '.*My Gateway'$/),
      'npm install',
      `npx noetl-gateway pull ${document}`,
      'npm run generate',
      'npm run dev',
    ]);
  });

  test('the config is the one that ships, imported from the package', async () => {
    await init(options());
    const shipped = await readFile(new URL('../../../../gateway.config.ts', import.meta.url), 'utf8');
    const declaration = (text: string) => text.slice(text.indexOf('/** What of NoETL is open'));
    const written = await read('My Gateway', 'gateway.config.ts');
    expect(declaration(written)).toBe(declaration(shipped));
    expect(written).not.toContain("'./core");
  });

  test.each([
    ['NoETL’s', { '/api/execute': { post: {} } }, 2],
    ['another API’s', { '/things/{id}': { get: {} }, '/things': { post: {}, get: {} } }, 3],
  ])('the next steps fit %s document', async (_name, paths, count) => {
    const pull: InitSteps['pull'] = async (_source, dir) => {
      await mkdir(join(dir, 'openapi'));
      await writeFile(join(dir, 'openapi', 'noetl.json'), JSON.stringify({ paths }));
      return true;
    };
    const { nextSteps } = await init(options({ steps: steps(true, { pull }) }));
    expect(nextSteps.slice(1)).toHaveLength(count);
    if (count === 3) expect(nextSteps[1]).toMatch(/gateway\.config\.ts: .* not NoETL.*'GET \/things'/);
  });

  test.each([
    [{ '/api/auth/login': { post: {} }, '/api/auth/session/validate': { post: {} } }, true],
    [{ '/api/auth/session/validate': { post: {} } }, false],
  ])('logs in by calls of NoETL where the document has them: %o', async (paths, want) => {
    const pull: InitSteps['pull'] = async (_source, dir) => {
      await mkdir(join(dir, 'openapi'));
      await writeFile(join(dir, 'openapi', 'noetl.json'), JSON.stringify({ paths }));
      return true;
    };
    await init(options({ steps: steps(true, { pull }) }));
    const config = await read('My Gateway', 'gateway.config.ts');
    expect(config.includes("\n  auth: { login: { kind: 'http' }, validator: { kind: 'http' } },\n")).toBe(want);
  });

  test('a path of a document is taken from where the caller stands', async () => {
    await init(options({ openapi: 'openapi.json' }));
    expect(done[0]?.[1]).toBe(join(process.cwd(), 'openapi.json'));
  });

  test.each([
    ['Étoile 7', 'toile-7'],
    ['../..', 'gateway'],
    ['a.b_c', 'a.b_c'],
  ])('a project called %s is %s to npm', async (name, want) => {
    await init(options({ name }));
    expect(JSON.parse(await read('My Gateway', 'package.json')).name).toBe(want);
  });
});

describe('init where something is', () => {
  test('goes on from an installed package: the manifest is completed', async () => {
    await mkdir(join(parent, 'node_modules'));
    await writeFile(join(parent, 'package-lock.json'), '{}');
    const dependencies = { 'noetl-gateway': 'file:../noetl-gateway.tgz' };
    await writeFile(join(parent, 'package.json'), JSON.stringify({ dependencies }));
    const { files } = await init(options({ dir: parent }));
    expect(files).toContain('package.json');
    const manifest = JSON.parse(await read('package.json'));
    expect(manifest).toMatchObject({ type: 'module', dependencies, scripts: { generate: 'noetl-gateway generate' } });
    expect(await read('package-lock.json')).toBe('{}');
  });

  test('the document and the package it is begun with may lie in the folder', async () => {
    await writeFile(join(parent, 'noetl.yaml'), '');
    await writeFile(join(parent, 'gateway.tgz'), '');
    const facts = { ...options().package, spec: 'file:gateway.tgz' };
    await init(options({ dir: parent, openapi: join(parent, 'noetl.yaml'), package: facts }));
    expect(await readdir(parent)).toContain('gateway.config.ts');
  });

  test.each([
    ['index.js', 'the folder is not empty'],
    ['gateway.config.ts', 'a project is here already'],
    ['tsconfig.json', 'the folder is not empty'],
  ])('%s is in the way: nothing is changed', async (file, message) => {
    await writeFile(join(parent, file), 'mine');
    await writeFile(join(parent, 'package.json'), '{}');
    const problems = expect.arrayContaining([`in the way: ${file}`]);
    await expect(init(options({ dir: parent }))).rejects.toMatchObject({
      code: 'ERR_CONFIG_INVALID',
      message,
      problems,
    });
    expect(done).toEqual([]);
    expect((await readdir(parent)).sort()).toEqual([file, 'package.json'].sort());
    expect(await read('package.json')).toBe('{}');
  });

  test('a new repository is fine; its own files stay', async () => {
    await mkdir(join(parent, '.git'));
    await writeFile(join(parent, 'README.md'), 'mine');
    const { files } = await init(options({ dir: parent }));
    expect(files).not.toContain('README.md');
    expect(await read('README.md')).toBe('mine');
  });
});

describe('init that fails', () => {
  const refusal = new GatewayError('ERR_SPEC_INVALID', 'The document cannot be read.');

  test('nothing is written when the document cannot be pulled', async () => {
    const failing = steps(true, { pull: () => Promise.reject(refusal) });
    await expect(init(options({ steps: failing }))).rejects.toBe(refusal);
    expect(await readdir(join(parent, 'My Gateway'))).toEqual([]);
  });

  test('nothing is written when the existing manifest is invalid', async () => {
    await writeFile(join(parent, 'package.json'), 'secret');
    const failure = await init(options({ dir: parent })).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'ERR_CONFIG_INVALID' });
    expect(String(failure)).not.toContain('secret');
    expect(done).toEqual([]);
    expect(await readdir(parent)).toEqual(['package.json']);
  });

  test.each([
    ['install', "npm install && npx noetl-gateway pull '<url>' && npm run generate && npm run dev"],
    ['pullInstalled', "My Gateway' && npx noetl-gateway pull '<url>' && npm run generate && npm run dev"],
  ] as const)('a failed %s names what is left to do, without what a URL hides', async (step, left) => {
    const failing = steps(false, { [step]: () => Promise.reject(refusal) });
    const openapi = 'https://user:secret@noetl.example.com/openapi.json?key=secret';
    const failure = await init(options({ steps: failing, openapi })).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'ERR_SPEC_INVALID', problems: [expect.stringContaining(left)] });
    expect(JSON.stringify(failure)).not.toContain('secret');
    expect(await readdir(join(parent, 'My Gateway'))).toContain('gateway.config.ts');
  });
});
