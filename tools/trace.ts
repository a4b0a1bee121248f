// Prints the files and functions of this project that one warm request enters, from V8's precise coverage: `npm run trace`.
import { type Profiler, Session } from 'node:inspector/promises';
import { type AddressInfo, createServer } from 'node:net';
import { relative } from 'node:path';
import process from 'node:process';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { readSchema } from '../cli/commands/serve.ts';
import { loadConfig } from '../cli/load-config.ts';
import { packageVersion } from '../cli/package.ts';
import { startDev } from '../dev/start-dev.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
/** What serves requests; the stand-in for NoETL runs in the same process and does not count. */
const own = /^(?:gateway|plugins)\//;
const query =
  'mutation Execute($name: String!, $vars: JSON) { executePlaybook(name: $name, variables: $vars) { id status } }';
const body = JSON.stringify({ query, variables: { name: 'regression_test/one_step', vars: { message: 'trace' } } });
/** So many requests go before, so that caches are filled. */
const warmUps = 20;
/** For lines of logs, which leave after the answer, milliseconds. */
const afterMs = 100;

const dev = await startDev({
  config: await loadConfig(root),
  sdl: await readSchema(root),
  environment: { ROUTER_PORT: await freePort(), GATEWAY_INTERNAL_PORT: await freePort() },
  version: packageVersion(),
  noetl: { openapiFile: `${root}/openapi/noetl.json` },
});
const { sessionToken } = await dev.login('developer');
for (let sent = 0; sent < warmUps; sent += 1) await start();

const session = new Session();
session.connect();
await session.post('Profiler.enable');
await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: false });
await start();
await wait(afterMs);
const { result } = await session.post('Profiler.takePreciseCoverage');
report(result);
await dev.stop();
process.exit(0);

/** Callbacks of the stand-in need a port that is known before. */
function freePort(): Promise<string> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(String(port)));
    });
  });
}

async function start(): Promise<void> {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${sessionToken}` };
  const response = await fetch(`${dev.url}/graphql`, { method: 'POST', headers, body });
  const text = await response.text();
  if (!response.ok || text.includes('"errors"')) throw new Error(text);
}

function report(scripts: readonly Profiler.ScriptCoverage[]): void {
  const files = scripts
    .filter(({ url }) => url.startsWith('file:'))
    .map(({ url, functions }) => ({ file: relative(root, fileURLToPath(url)), entered: functions.filter(isEntered) }))
    .filter(({ file, entered }) => own.test(file) && entered.length > 0)
    .toSorted((a, b) => a.file.localeCompare(b.file));
  for (const { file, entered } of files) {
    console.log(`${file} (${entered.length})`);
    console.log(`  ${entered.map(({ functionName }) => functionName || '(anonymous)').join(', ')}`);
  }
  const functions = files.reduce((sum, { entered }) => sum + entered.length, 0);
  console.log(`\none warm executePlaybook: ${files.length} files, ${functions} functions`);
}

function isEntered({ ranges }: Profiler.FunctionCoverage): boolean {
  return ranges.some(({ count }) => count > 0);
}
