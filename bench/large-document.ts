import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const [given] = process.argv.slice(2);
const operations = Number(given ?? 10_000);
const root = fileURLToPath(new URL('..', import.meta.url));
const text = { type: 'string' };

/** Operations with a parameter, a body and an answer each; four of them share a model that leads to itself. */
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

/** All of them open. */
const config = (count: number): string => `import { authenticated, defineGateway } from '${join(root, 'index.ts')}';
const operations = {};
for (let n = 0; n < ${count}; n += 1) {
  operations['field' + n] = { upstream: (n % 2 === 0 ? 'GET' : 'POST') + ' /things/' + n + '/{id}', access: authenticated() };
}
export default defineGateway({ operations, roles: [], grants: [] });
`;

/** Runs a command of the gateway. @returns seconds of processor time, seconds on the clock, and its most memory in MiB */
function measure(folder: string, ...args: readonly string[]) {
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
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  writeFileSync(join(folder, 'large.json'), JSON.stringify(largeDocument(operations)));
  writeFileSync(join(folder, 'gateway.config.ts'), config(operations));
  for (const args of [['pull', 'large.json'], ['generate'], ['generate', '--check']]) {
    console.log(JSON.stringify(measure(folder, ...args), null, 1));
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
