import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

// Usage: node tests/load/bench/large-document.ts [operations]. Measures `pull` and `generate` with a document of so many
// operations: no stage may look at every operation for every operation.
const [given] = process.argv.slice(2);
const operations = Number(given ?? 10_000);
const root = fileURLToPath(new URL('../../..', import.meta.url));
const text = { type: 'string' };

/**
 * An OpenAPI 3.1 document: operations with a parameter, a body and an answer each. Four of them share a model that
 * leads to itself, so that a stage that follows references has to stop.
 */
function largeDocument(count: number): object {
  const paths: Record<string, object> = {};
  const schemas: Record<string, object> = {};
  for (let n = 0; n < count; n += 1) {
    const name = `Model${Math.floor(n / 4)}`;
    const ref = { $ref: `#/components/schemas/${name}` };
    schemas[name] ??= {
      type: 'object',
      required: ['id', 'name'],
      properties: {
        id: { type: 'integer', format: 'int64' },
        name: text,
        state: { type: 'string', enum: ['new', 'running', 'done'] },
        labels: { type: 'object', additionalProperties: text },
        parent: ref,
        children: { type: 'array', items: ref },
      },
    };
    const media = { 'application/json': { schema: ref } };
    const responses = { '200': { description: 'ok', content: media } };
    const parameters = [{ name: 'id', in: 'path', required: true, schema: text }];
    const isRead = n % 2 === 0;
    paths[`/things/${n}/{id}`] = isRead
      ? { get: { operationId: `read${n}`, parameters, responses } }
      : { post: { operationId: `write${n}`, parameters, requestBody: { required: true, content: media }, responses } };
  }
  return { openapi: '3.1.0', info: { title: 'Large', version: '1' }, paths, components: { schemas } };
}

/**
 * The gateway.config.ts of the project: a field for each operation, all of them open to every user who is logged in.
 */
const config = (count: number): string => `import { authenticated, defineGateway } from '${join(root, 'index.ts')}';
const operations = {};
for (let n = 0; n < ${count}; n += 1) {
  operations['field' + n] = { upstream: (n % 2 === 0 ? 'GET' : 'POST') + ' /things/' + n + '/{id}', access: authenticated() };
}
export default defineGateway({ operations, roles: [], grants: [] });
`;

/**
 * Runs a command of the gateway as a process of its own.
 * @returns seconds of processor time, seconds on the clock, its most memory in MiB, and what it said about its stages
 * @throws with its output when it fails
 */
function measure(folder: string, ...args: readonly string[]) {
  // A module that is loaded before the command and writes its usage as it exits, since spawnSync gives no usage of its
  // child.
  const preload = `data:text/javascript,process.on('exit',()=>{const u=process.resourceUsage();console.error('USAGE '+JSON.stringify(u))})`;
  const startedAt = performance.now();
  const child = spawnSync(process.execPath, ['--import', preload, join(root, 'cli/main.ts'), ...args], {
    cwd: folder,
    encoding: 'utf8',
    maxBuffer: 256 * 1024 * 1024,
  });
  const clock = (performance.now() - startedAt) / 1000;
  const usage = /^USAGE (.*)$/m.exec(child.stderr)?.[1];
  if (child.status !== 0 || usage === undefined) throw new Error(`${args[0]}: ${child.stderr}\n${child.stdout}`);
  // Node gives microseconds and KiB (process.resourceUsage).
  const { userCPUTime, systemCPUTime, maxRSS } = JSON.parse(usage) as Record<string, number>;
  return {
    command: args[0],
    cpuSecs: Number((((userCPUTime ?? 0) + (systemCPUTime ?? 0)) / 1e6).toFixed(1)),
    clockSecs: Number(clock.toFixed(1)),
    mostMib: Math.round((maxRSS ?? 0) / 1024),
    said: child.stdout
      .split('\n')
      .filter((line) => line.startsWith('stages') || line.includes('operations of version')),
  };
}

const folder = mkdtempSync(join(tmpdir(), 'noetl-gateway-large-'));
try {
  writeFileSync(join(folder, 'package.json'), '{"type":"module","version":"1.0.0"}');
  // Mesh and the other libraries are found from the folder of the project.
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  writeFileSync(join(folder, 'large.json'), JSON.stringify(largeDocument(operations)));
  writeFileSync(join(folder, 'gateway.config.ts'), config(operations));
  // In this order: `generate` writes what `generate --check` then compares.
  for (const args of [['pull', 'large.json'], ['generate'], ['generate', '--check']]) {
    console.log(JSON.stringify(measure(folder, ...args), null, 1));
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
