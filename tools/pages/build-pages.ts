// Builds the pages that the gateway serves into dist/pages: bundled, split, hashed, compressed. With --if-stale it
// builds the pages whose sources, or the lock, have changed since their last build, and nothing where the build tools
// are not installed.
import { createHash } from 'node:crypto';
import { existsSync, globSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';

/** The pages that the gateway serves, by the name of their folders in `web/` and in `dist/pages/`. */
const pages = [
  { name: 'graphiql', title: 'GraphiQL' },
  { name: 'console', title: 'the console' },
] as const;
type Page = (typeof pages)[number];
// A start from the sources asks for it, so it must cost little when nothing has changed.
const ifStale = process.argv.includes('--if-stale');

for (const page of pages) {
  const out = join('dist', 'pages', page.name);
  const wanted = sourcesHash(page.name);
  if (ifStale && isBuiltFrom(wanted, out)) continue;
  if (existsSync('node_modules/vite')) await build(page, out, wanted);
  else console.error(`${page.title} is not built: the dev dependencies are not installed`);
}

/**
 * Of everything that a build depends on: its own files, the session that pages share, these tools, and the versions of
 * all packages.
 */
function sourcesHash(name: string): string {
  const own = [`web/${name}/**/*.*`, 'web/session/*.ts', 'plugins/noetl-auth/access/grant.ts', 'tools/pages/*.ts'];
  const hash = createHash('sha256');
  for (const file of [...globSync(own), 'package-lock.json'].sort())
    hash.update(`${file}\0`).update(readFileSync(file));
  return hash.digest('hex');
}

/** The stamp is written last, so a build that broke off has none. */
function isBuiltFrom(wanted: string, out: string): boolean {
  const stamp = join(out, '.sources');
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted;
}

/** Builds beside the folder and moves at the end, so that a build that fails or is repeated leaves a whole page. */
async function build({ name, title }: Page, out: string, wanted: string): Promise<void> {
  console.error(`building ${title}, once for these sources …`);
  // Vite is loaded only where something is built.
  const { builders, compressFolder } = await import('./page-build.ts');
  const made = `${out}-${process.pid}`;
  await builders[name](made);
  // Someone waits for a build that is stale; a package is compressed once and sent often.
  await compressFolder(made, ifStale ? 10 : 11);
  writeFileSync(join(made, '.sources'), wanted);
  rmSync(out, { recursive: true, force: true });
  renameSync(made, out);
}
