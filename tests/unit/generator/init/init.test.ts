import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { GatewayError } from '../../../../core/errors.ts';
import { type InitOptions, init } from '../../../../generator/init/init.ts';

let parent: string;
let pulled: string[][];

beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'init-'));
  pulled = [];
});
afterEach(() => rm(parent, { recursive: true }));

const options = (changes: Partial<InitOptions> = {}): InitOptions => ({
  dir: join(parent, 'My Gateway'),
  openapi: 'https://noetl.example.com/openapi.json',
  package: { spec: '^1.2.3', tools: { '@graphql-mesh/cli': '1.0.0' }, overrides: { graphql: '16.0.0' } },
  pull: async (source, projectDir) => void pulled.push([source, projectDir]),
  ...changes,
});

const read = (...path: string[]) => readFile(join(parent, ...path), 'utf8');

describe('init', () => {
  test('writes a project in a new folder, and pulls into it', async () => {
    const result = await init(options());
    expect(pulled).toEqual([['https://noetl.example.com/openapi.json', join(parent, 'My Gateway')]]);
    expect((await readdir(result.dir)).sort()).toEqual([...result.files].sort());
    const manifest = JSON.parse(await read('My Gateway', 'package.json'));
    expect(manifest).toMatchObject({
      name: 'my-gateway',
      private: true,
      type: 'module',
      dependencies: { 'noetl-gateway': '^1.2.3' },
      devDependencies: { '@graphql-mesh/cli': '1.0.0' },
      overrides: { graphql: '16.0.0' },
    });
  });

  test('the config is the one that ships, imported from the package', async () => {
    await init(options());
    const shipped = await readFile(new URL('../../../../gateway.config.ts', import.meta.url), 'utf8');
    const declaration = (text: string) => text.slice(text.indexOf('/** What of NoETL is open'));
    const written = await read('My Gateway', 'gateway.config.ts');
    expect(declaration(written)).toBe(declaration(shipped));
    expect(written).not.toContain("'./core");
  });

  test('a path of a document is taken from where the caller stands', async () => {
    await init(options({ openapi: 'openapi.json' }));
    expect(pulled[0]?.[0]).toBe(join(process.cwd(), 'openapi.json'));
  });

  test('a folder that holds something is refused, and left as it is', async () => {
    await writeFile(join(parent, 'package.json'), 'mine');
    await expect(init(options({ dir: parent }))).rejects.toMatchObject({
      code: 'ERR_CONFIG_INVALID',
      problems: ['in the way: package.json', expect.any(String)],
    });
    expect(pulled).toEqual([]);
    expect(await readdir(parent)).toEqual(['package.json']);
  });

  test('a new repository is fine; its own files stay', async () => {
    await mkdir(join(parent, '.git'));
    await writeFile(join(parent, 'README.md'), 'mine');
    const { files } = await init(options({ dir: parent }));
    expect(files).not.toContain('README.md');
    expect(await read('README.md')).toBe('mine');
  });

  test('nothing is written when the document cannot be pulled', async () => {
    const pull = () => Promise.reject(new GatewayError('ERR_SPEC_INVALID', 'The document cannot be read.'));
    await expect(init(options({ pull }))).rejects.toMatchObject({ code: 'ERR_SPEC_INVALID' });
    expect(await readdir(join(parent, 'My Gateway'))).toEqual([]);
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
