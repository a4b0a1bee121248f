// Compiles the package into dist/, bundles it, and builds the pages that it serves. Sources whose text is part of an output of `generate`
// are copied.
import { execFileSync } from 'node:child_process';
import { copyFileSync, readdirSync, rmSync } from 'node:fs';
import process from 'node:process';

rmSync('dist', { recursive: true, force: true });
execFileSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json'], { stdio: 'inherit' });
for (const file of readdirSync('generator/emit/client').filter((name) => name.startsWith('client-'))) {
  copyFileSync(`generator/emit/client/${file}`, `dist/generator/emit/client/${file}`);
}
const { bundle } = await import('./bundle.ts');
await bundle('dist');
execFileSync(process.execPath, ['tools/pages/build-pages.ts'], { stdio: 'inherit' });
