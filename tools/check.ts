// Runs every check of the sources, as many at once as there are processors: `npm run check`. Prints how long each took,
// and the output of those that fail.
import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import process from 'node:process';

/** The longest first, so that none of them runs alone at the end. */
const checks = [
  'tsc -p .',
  'npm run --silent generate -- --check',
  'knip',
  'npm run --silent lint',
  'tsc -p web',
  'tsc -p web/console',
  'tsc -p examples/react-app',
  'npm run --silent prose',
];

const waiting = [...checks];
const failed: string[] = [];
await Promise.all(Array.from({ length: availableParallelism() }, runWaiting));
if (failed.length > 0) {
  console.error(`failed: ${failed.join(', ')}`);
  process.exitCode = 1;
}

/** Takes one check after another from those that wait. */
async function runWaiting(): Promise<void> {
  for (let command = waiting.shift(); command !== undefined; command = waiting.shift()) await run(command);
}

async function run(command: string): Promise<void> {
  const startedAt = performance.now();
  const { code, output } = await outputOf(command);
  const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1);
  console.log(`${code === 0 ? 'ok    ' : 'failed'} ${seconds.padStart(5)} s  ${command}`);
  if (code === 0) return;
  failed.push(command);
  console.error(output);
}

/** npm puts the programs of `node_modules/.bin` on the path. */
function outputOf(command: string): Promise<{ readonly code: number | null; readonly output: string }> {
  const child = spawn(command, { shell: true, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, output }));
  });
}
