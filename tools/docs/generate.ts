// npm run generate: what the package's own command writes, and then the reference pages of the docs, which only this
// repository has. With --check nothing is written, and a stale page ends with 1.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { enableCompileCache } from 'node:module';
import { dirname } from 'node:path';
import process from 'node:process';

// As the command itself does; what is imported before is compiled at each run.
enableCompileCache();
const { runProgram } = await import('../../cli/program.ts');

const args = process.argv.slice(2);
await runProgram([process.execPath, 'noetl-gateway', 'generate', ...args]);

const isCheck = args.includes('--check');
if (!args.includes('--help') && (process.exitCode ?? 0) === 0) {
  // After `generate` and only when it succeeded: the pages read files that it writes.
  const { referencePages } = await import('./reference-pages.ts');
  const { errorPagesFolder } = await import('./errors-page.ts');
  const pages = await referencePages();
  // Pages of codes that are gone.
  const found = existsSync(errorPagesFolder) ? readdirSync(errorPagesFolder) : [];
  const left = found
    .map((file) => `${errorPagesFolder}/${file}`)
    .filter((file) => !pages.some(({ path }) => path === file));
  for (const file of left) {
    if (isCheck) {
      console.error(`stale: ${file}; run npm run generate`);
      process.exitCode = 1;
    } else {
      rmSync(file);
      console.log(`removed ${file}`);
    }
  }
  for (const { path, content } of pages) {
    if (existsSync(path) && readFileSync(path, 'utf8') === content) continue;
    if (isCheck) {
      console.error(`stale: ${path}; run npm run generate`);
      process.exitCode = 1;
    } else {
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, content);
      console.log(`wrote ${path}`);
    }
  }
}
