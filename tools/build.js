// Compiles the package into dist/, bundles it, and builds the pages that it serves. Sources whose text is part of an output of `generate`
// are copied. With --if-stale nothing is built when the sources are those of the last build.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import process from 'node:process';

/** What `readAsset` of generator/emit/emitter.ts reads, by the same paths in the package. */
const assets = [
  'generator/emit/assets/*',
  'generator/emit/client/client-runtime.ts',
  'deploy/helm/noetl-gateway/templates/*',
  'deploy/monitoring/grafana-dashboard.json',
];
const stamp = 'node_modules/.cache/noetl-gateway/built-from';
const sources = sourcesHash();
if (!process.argv.includes('--if-stale') || !isBuilt()) await build();

async function build() {
  rmSync('dist', { recursive: true, force: true });
  const compiler = ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json'];
  execFileSync(process.execPath, compiler, { stdio: 'inherit' });
  for (const file of globSync(assets)) {
    mkdirSync(`dist/${dirname(file)}`, { recursive: true });
    copyFileSync(file, `dist/${file}`);
  }
  const { bundle } = await import('./bundle.ts');
  await bundle('dist');
  execFileSync(process.execPath, ['tools/pages/build-pages.ts'], { stdio: 'inherit' });
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, sources);
}

function isBuilt() {
  return existsSync('dist/cli/main.js') && existsSync(stamp) && readFileSync(stamp, 'utf8') === sources;
}

function sourcesHash() {
  const folders = '{cli,deploy,dev,gateway,generator,mesh,plugins,tools,web}';
  const hash = createHash('sha256');
  for (const file of globSync(['*.ts', 'package*.json', 'tsconfig*.json', `${folders}/**/*.*`]).sort()) {
    hash.update(`${file}\0`).update(readFileSync(file));
  }
  return hash.digest('hex');
}
