import {
  copyFileSync,
  existsSync,
  globSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePort } from '../support/free-port.ts';
import { answering, collect, install, newFolder, npmReady, run, start, terminate } from '../support/npm-project.ts';
import { configMistakes, ownCode } from '../support/project-configs.ts';

const ready = await npmReady();
const parent = newFolder();
const project = join(parent, 'gateway');
const bin = join('node_modules', '.bin', 'noetl-gateway');
let archive = '';

/** What npm has in its cache is not asked for again. */
const cached = { npm_config_prefer_offline: 'true' };
const here = (command: string, ...args: string[]) => run(command, args, { cwd: project, environment: cached });
const gateway = (...args: string[]) => here(bin, ...args);
const text = (file: string) => readFileSync(join(project, file), 'utf8');

/** Environment of a gateway that needs no real NoETL to say that it lives. */
async function ports() {
  return { ROUTER_PORT: String(await freePort()), GATEWAY_INTERNAL_PORT: String(await freePort()) };
}

async function servedHealth(cwd: string): Promise<number | null> {
  const environment = {
    ...(await ports()),
    GATEWAY_BIND: '127.0.0.1',
    GATEWAY_TRUSTED_ISSUERS: 'https://tenant.example.com/',
    GATEWAY_AUDIENCES: 'app',
    GATEWAY_SESSION_ACCEPT_MEMORY: 'true',
    NOETL_BASE_URL: 'http://127.0.0.1:9',
  };
  const child = start(bin, ['serve'], { cwd, environment });
  try {
    await answering(`http://127.0.0.1:${environment.ROUTER_PORT}/health`, child, collect(child));
  } finally {
    await terminate(child);
  }
  return child.exitCode;
}

// The tests go in order, as a person does: each one stands on what the one before has made.
describe.skipIf(!ready)('a project outside this repository', { timeout: 300_000 }, () => {
  beforeAll(async () => {
    const packed = await run('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', parent], {
      cwd: process.cwd(),
    });
    if (packed.code !== 0) throw new Error(packed.text);
    archive = join(parent, packed.text.trim().split('\n').at(-1) ?? '');
    mkdirSync(project);
    const installed = await install(['install', '--no-audit', '--no-fund', archive], { cwd: project });
    if (installed.code !== 0) throw new Error(installed.text);
  }, 300_000);
  afterAll(() => rmSync(parent, { recursive: true, force: true }));

  test('the package is in order', async () => {
    const tool = (name: string) => resolve('node_modules', '.bin', name);
    expect(await here(tool('publint'), '--strict', archive)).toMatchObject({ code: 0 });
    expect(await here(tool('attw'), archive, '--profile', 'esm-only')).toMatchObject({ code: 0 });
  });

  test('installing it brings nothing that only generating needs', () => {
    const packages = readdirSync(join(project, 'node_modules'));
    expect(packages).not.toContain('@graphql-mesh');
    expect(packages).not.toContain('typescript');
  });

  test('graphql is there once, also when the project names another version of it', async () => {
    const other = join(parent, 'own graphql');
    mkdirSync(other);
    writeFileSync(
      join(other, 'package.json'),
      JSON.stringify({ type: 'module', dependencies: { graphql: '16.11.0' } }),
    );
    expect(await install(['install', '--no-audit', '--no-fund', archive], { cwd: other })).toMatchObject({ code: 0 });
    for (const [folder, version] of [
      [project, /^16\./],
      [other, /^16\.11\.0$/],
    ] as const) {
      const copies = globSync('**/node_modules/graphql/package.json', { cwd: folder });
      expect(copies).toEqual([join('node_modules', 'graphql', 'package.json')]);
      const { version: found } = JSON.parse(readFileSync(join(folder, copies[0] ?? ''), 'utf8')) as { version: string };
      expect(found).toMatch(version);
    }
    // A plugin of the project throws its own GraphQLError; Yoga, which the gateway uses, recognises it.
    const script = `
      import { GraphQLError } from 'graphql';
      import { createRequire } from 'node:module';
      const inside = createRequire(import.meta.resolve('noetl-gateway'));
      const { GraphQLError: theirs } = inside('graphql');
      console.log(new GraphQLError('own') instanceof theirs);`;
    writeFileSync(join(other, 'own-error.mjs'), script);
    expect(await run(process.execPath, ['own-error.mjs'], { cwd: other })).toEqual({ code: 0, text: 'true\n' });
  });

  test('the contract of a session store runs in the test runner of a project', async () => {
    const script = `
      import { after, test } from 'node:test';
      import { sessionStoreContract } from 'noetl-gateway/testing';
      const store = { get: async () => undefined, put: async () => true, end: async () => {}, endAllOf: async () => {},
        notBefore: async () => undefined, onEnded: () => {}, ping: async () => {}, close: async () => {} };
      const { cases, close } = sessionStoreContract({ open: async () => store });
      for (const { name, run } of cases.filter(({ name }) => /unknown key|stays ended/.test(name))) test(name, run);
      after(close);`;
    writeFileSync(join(project, 'store.test.mjs'), script);
    const { code, text: said } = await here(process.execPath, '--test', '--test-reporter=tap', 'store.test.mjs');
    rmSync(join(project, 'store.test.mjs'));
    expect(said).toMatch(/^ok 1 - an unknown key/m);
    expect(said).toMatch(/^not ok 2 - an ended session stays ended/m);
    expect(code).toBe(1);
  });

  test('says its version and what it can do', async () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
    expect(await gateway('--version')).toEqual({ code: 0, text: `${version}\n` });
    const { code, text } = await gateway('--help');
    expect(code).toBe(0);
    for (const command of ['init', 'pull', 'generate', 'diff', 'explain', 'doctor', 'dev', 'serve']) {
      expect(text).toContain(`\n  ${command} `);
    }
  });

  test('an old Node gets one sentence', async () => {
    const older = "Object.defineProperty(process,'versions',{value:{...process.versions,node:'20.20.2'}})";
    const program = join('node_modules', 'noetl-gateway', 'dist', 'cli', 'main.js');
    const { code, text } = await here(process.execPath, '--import', `data:text/javascript,${older}`, program, 'serve');
    expect(code).toBe(2);
    expect(text).toMatch(/^noetl-gateway: this is Node 20\.20\.2, and Node 22\.19 or newer is needed.*\n$/);
  });

  test('init stops before it has changed anything when there is no document', async () => {
    const before = [readdirSync(project), text('package.json')];
    const { code, text: said } = await gateway('init', '--yes', '--openapi', 'none.json');
    expect(code).toBe(2);
    expect(said).toContain('there is no such file');
    expect([readdirSync(project), text('package.json')]).toEqual(before);
  });

  test('init makes a project of the folder in which the package was installed', async () => {
    copyFileSync('openapi/noetl.json', join(project, 'noetl-openapi.json'));
    const { code, text: said } = await here('npx', 'noetl-gateway', 'init', '--yes', '--openapi', 'noetl-openapi.json');
    expect(said).toContain('npm run generate');
    expect(code).toBe(0);
    const manifest = JSON.parse(text('package.json')) as Record<string, Record<string, string>>;
    expect(manifest['dependencies']?.['noetl-gateway']).toMatch(/^file:.*\.tgz$/);
    expect(manifest['devDependencies']).toHaveProperty('@graphql-mesh/cli');
    expect(JSON.parse(text('openapi/noetl.lock.json'))).toMatchObject({ source: 'noetl-openapi.json' });
  });

  test('init does not begin a second time', async () => {
    const { code, text: said } = await gateway('init', '--yes', '--openapi', 'noetl-openapi.json');
    expect(code).toBe(2);
    expect(said).toContain('a project is here already');
  });

  test('generates, and is fresh then', async () => {
    const first = await here('npm', 'run', 'generate');
    expect(first).toMatchObject({ code: 0 });
    expect(text('mesh/generated/schema.graphql')).toContain('executePlaybook(');
    expect(existsSync(join(project, 'Dockerfile'))).toBe(true);
    expect(await here('npm', 'test')).toMatchObject({ code: 0 });
    writeFileSync(join(project, 'gateway.lock'), `${text('gateway.lock')}\n`);
    expect(await gateway('generate', '--check')).toMatchObject({ code: 1 });
    expect(await gateway('generate')).toMatchObject({ code: 0 });
  });

  test('Mesh’s own command builds the same from the project', async () => {
    expect(await here('npx', 'mesh', 'build')).toMatchObject({ code: 0 });
    expect(text('.mesh/schema.graphql')).toContain('executePlaybook(');
  });

  test('a wrong key, argument, rule, role or permission is a type error; custom code is not', async () => {
    const shipped = text('gateway.config.ts');
    writeFileSync(join(project, 'own-code.ts'), ownCode);
    for (const [name, { write, wrong }] of Object.entries(configMistakes)) {
      expect(shipped).toContain(write);
      writeFileSync(join(project, `mistake-${name}.ts`), shipped.replace(write, wrong));
    }
    const { code, text: said } = await here('npx', 'tsc', '-p', '.', '--pretty', 'false');
    for (const name of Object.keys(configMistakes)) rmSync(join(project, `mistake-${name}.ts`));
    const files = said.match(/^[\w.-]+\.ts(?=\()/gm);
    expect([...new Set(files)].sort()).toEqual(
      Object.keys(configMistakes)
        .map((name) => `mistake-${name}.ts`)
        .sort(),
    );
    expect(code).not.toBe(0);
  });

  test('dev answers as the protocol says', async () => {
    const environment = await ports();
    const child = start(bin, ['dev'], { cwd: project, environment });
    const said = collect(child);
    const url = `http://127.0.0.1:${environment.ROUTER_PORT}`;
    try {
      await answering(`${url}/health`, child, said);
      await expect.poll(said, { timeout: 20_000 }).toContain('Ctrl-C stops everything.');
      const token = /Authorization: Bearer (\S+?)"/.exec(said())?.[1];
      const query = 'mutation { executePlaybook(name: "regression_test/hello_world") { id status } }';
      const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` };
      const answer = await fetch(`${url}/graphql`, { method: 'POST', headers, body: JSON.stringify({ query }) });
      expect(await answer.json()).toMatchObject({ data: { executePlaybook: { id: expect.stringMatching(/^\d+$/) } } });
    } finally {
      await terminate(child);
    }
  });

  test('serve needs only what a production install leaves', async () => {
    const production = /^RUN npm (ci .*)$/m.exec(text('Dockerfile'))?.[1]?.split(' ') ?? [];
    expect(await install(production, { cwd: project })).toMatchObject({ code: 0 });
    expect(existsSync(join(project, 'node_modules', '@graphql-mesh'))).toBe(false);
    expect(await servedHealth(project)).toBe(0);
    const { code, text: said } = await gateway('generate');
    expect(code).toBe(2);
    expect(said).toContain('npm install');
  });

  test('npx begins a project elsewhere, and leaves installing to the user with --no-install', async () => {
    const init = ['init', '--yes', '--no-install', '--openapi', join(project, 'noetl-openapi.json')];
    const args = ['--yes', '--package', archive, '--', 'noetl-gateway', ...init, '-C', 'another one'];
    const { code, text: said } = await run('npx', [...args, '--package', archive], { cwd: parent });
    expect(code).toBe(0);
    expect(said).toContain("cd 'another one'\n  npm install\n  npx noetl-gateway pull ../gateway/noetl-openapi.json");
    const manifest = JSON.parse(readFileSync(join(parent, 'another one', 'package.json'), 'utf8')) as object;
    const spec = `file:../${archive.slice(parent.length + 1)}`;
    expect(manifest).toMatchObject({ name: 'another-one', dependencies: { 'noetl-gateway': spec } });
  });

  test('a failed install leaves the files and says what is left to do', async () => {
    const init = ['init', '--yes', '--openapi', 'noetl-openapi.json', '-C', '../broken', '--package', '0.0.0-none'];
    const { code, text: said } = await gateway(...init);
    expect(code).toBe(2);
    expect(said).toMatch(/npm install did not succeed/);
    expect(said).toMatch(/when that is fixed: cd .*broken && npm install && .*npm run generate/);
    expect(readdirSync(join(parent, 'broken'))).toContain('gateway.config.ts');
  });
});
