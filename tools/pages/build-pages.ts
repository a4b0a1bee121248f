// Builds the pages that the gateway serves into dist/pages: bundled, split, hashed, compressed. With --if-stale it does nothing
// when the sources and the lock are those of the last build, and nothing where the build tools are not installed.
import { createHash } from 'node:crypto';
import { existsSync, globSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { buildGraphiql } from './build-graphiql.ts';
import { compressFolder } from './compress-folder.ts';

const out = join('dist', 'pages', 'graphiql');
const stamp = join(out, '.sources');

const sources = [...globSync('web/**/*.*'), ...globSync('tools/pages/*.ts'), 'package-lock.json'].sort();
const hash = createHash('sha256');
for (const file of sources) hash.update(`${file}\0`).update(readFileSync(file));
const wanted = hash.digest('hex');

const ifStale = process.argv.includes('--if-stale');
const isFresh = existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted;
if (!ifStale || !isFresh) await (existsSync('node_modules/vite') ? build() : refuse());

/** Builds beside the folder and moves at the end, so that a build that fails or is repeated leaves a whole page. */
async function build(): Promise<void> {
  console.error('building GraphiQL, once for these sources …');
  const made = `${out}-${process.pid}`;
  await buildGraphiql(made);
  await compressFolder(made, ifStale ? 9 : 11);
  writeFileSync(join(made, '.sources'), wanted);
  rmSync(out, { recursive: true, force: true });
  renameSync(made, out);
}

function refuse(): void {
  console.error('GraphiQL is not built: the dev dependencies are not installed');
}
