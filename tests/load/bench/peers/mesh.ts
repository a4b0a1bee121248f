import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { processConfig } from '@graphql-mesh/config';
import { createMeshHTTPHandler } from '@graphql-mesh/http';
import { getMesh } from '@graphql-mesh/runtime';
import { meshConfig, meshFiles } from '../../../../generator/mesh/mesh-config.ts';
import { operations } from '../../../../mesh/generated/operations.ts';
import { given, reportPeer } from './peer-process.ts';

/**
 * Mesh's own runtime, on the sources that `generate` gives to Mesh, fields under the wire's names; without a session.
 * ADR 0001 has why Mesh makes the schema of the gateway and does not run it.
 */
const folder = await mkdtemp(join(tmpdir(), 'bench-mesh-'));
for (const name of Object.values(meshFiles)) {
  const text = await readFile(new URL(`../../../../mesh/generated/${name}`, import.meta.url), 'utf8');
  await writeFile(join(folder, name), text);
}
const config = meshConfig(operations, '.');
for (const handler of config.sources.flatMap((source) => Object.values(source.handler))) {
  // `generate` gives Mesh an address that does not exist, as it makes no call.
  handler['endpoint'] = given('BENCH_UPSTREAM');
}
const options = await processConfig(config as Parameters<typeof processConfig>[0], { dir: folder });
const mesh = await getMesh(options);
// Mesh has read the sources by now; a peer that ends removes nothing.
await rm(folder, { recursive: true });

const handler = createMeshHTTPHandler({ baseDir: folder, getBuiltMesh: async () => mesh });
const server = createServer((request, response) => void handler(request, response));
server.listen(0, '127.0.0.1', () => reportPeer((server.address() as AddressInfo).port));
