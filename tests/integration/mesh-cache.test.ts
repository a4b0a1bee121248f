import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cp, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type DocumentNode, Kind } from 'graphql';
import { afterEach, beforeEach, describe, expect, it, test } from 'vitest';
import type { GatewayConfig } from '../../gateway/config/gateway-config.ts';
import { generate } from '../../generator/generate.ts';
import { createMeshCache } from '../../generator/project-folder.ts';
import { authenticated } from '../../plugins/noetl-auth/access/access-rule.ts';
import { filesIn, temporaryFolder } from '../support/project.ts';

const config: GatewayConfig = {
  operations: { upstreamHealth: { upstream: 'GET /api/health', access: authenticated() } },
  roles: [],
  grants: [],
};
const made: DocumentNode = { kind: Kind.DOCUMENT, definitions: [] };

let folder: ReturnType<typeof temporaryFolder>;
beforeEach(async () => {
  folder = temporaryFolder();
  await mkdir(join(folder.path, 'openapi'));
  await cp('openapi/noetl.json', join(folder.path, 'openapi', 'noetl.json'));
});
afterEach(() => folder.remove());

const install = (lock: string) => {
  mkdirSync(join(folder.path, 'node_modules'), { recursive: true });
  writeFileSync(join(folder.path, 'node_modules', '.package-lock.json'), lock);
};
const cacheFolder = () => join(folder.path, 'node_modules', '.cache', 'noetl-gateway');
const run = (given = config) => generate({ projectDir: folder.path, config: given, emitters: [] });
const written = () => {
  const { 'mesh/generated/schema.graphql': schema, 'gateway.lock': lock } = filesIn(folder.path);
  return { schema, lock };
};

test('an operation that is gone is looked for among those that no row opens, unless its row may be without one', async () => {
  const row = (upstream: string) => ({ upstream, access: authenticated() });
  await run({ ...config, operations: { upstreamHealth: row('GET /api/health'), pools: row('GET /api/worker/pools') } });
  const file = join(folder.path, 'openapi', 'noetl.json');
  const { '/api/worker/pools': moved, ...paths } = JSON.parse(readFileSync(file, 'utf8')).paths;
  const write = (more: object) =>
    writeFileSync(
      file,
      JSON.stringify({ openapi: '3.1.0', ...JSON.parse(readFileSync(file, 'utf8')), paths: { ...paths, ...more } }),
    );
  write({ '/api/v2/pools': moved });
  const problemsOf = async (rows: GatewayConfig['operations']) => {
    const error = await run({ ...config, operations: { wrong: row('GET /api/helth'), ...rows } }).catch((one) => one);
    return (error as { problems: readonly string[] }).problems.filter((line) => line.includes('takes and answers'));
  };
  const pools = row('GET /api/worker/pools');
  expect(await problemsOf({ pools })).toEqual([expect.stringMatching(/write upstream: 'GET \/api\/v2\/pools'/)]);
  expect(await problemsOf({ pools: { ...pools, optional: true } as never })).toEqual([]);
  expect(await problemsOf({ pools, other: row('GET /api/v2/pools') })).toEqual([]);
});

describe('what Mesh has made', () => {
  it('is used again, and the files are the same as without it', async () => {
    await run();
    const without = written();
    install('{"packages": 1}');
    await run();
    const [file = ''] = readdirSync(cacheFolder());
    const path = join(cacheFolder(), file);
    expect(written()).toEqual(without);
    // The name of a type that only the kept file has; the lock would refuse it.
    rmSync(join(folder.path, 'gateway.lock'));
    const text = readFileSync(path, 'utf8');
    expect(text).toContain('"HealthCheckResponse"');
    writeFileSync(path, text.replaceAll('"HealthCheckResponse"', '"Kept"'));
    await run();
    expect(written().schema).toContain('type Kept');
    expect(readdirSync(cacheFolder())).toEqual([file]);
  });

  it('is made anew for other sources, for other packages, and from a file that is broken', async () => {
    install('{"packages": 1}');
    await run();
    const [first = ''] = readdirSync(cacheFolder());
    const schema = written();
    writeFileSync(join(cacheFolder(), first), '{"kind": "Docu');
    await run();
    expect(written()).toEqual(schema);
    install('{"packages": 2}');
    await run();
    expect(readdirSync(cacheFolder())).toHaveLength(2);
    await run({
      ...config,
      operations: { ...config.operations, pools: { upstream: 'GET /api/worker/pools', access: authenticated() } },
    });
    expect(readdirSync(cacheFolder())).toHaveLength(3);
    expect(written().schema).toContain('pools');
  });

  it('is kept four times at most, and nowhere without the lock of the packages', async () => {
    expect(await createMeshCache(folder.path)).toEqual({});
    install('{}');
    const { meshCache } = await createMeshCache(folder.path);
    for (const key of ['a', 'b', 'c', 'd', 'e', 'f']) await meshCache?.write(key, made);
    expect(readdirSync(cacheFolder())).toHaveLength(4);
    expect(await meshCache?.read('f')).toEqual(made);
    expect(await meshCache?.read('unknown')).toBeUndefined();
  });
});
