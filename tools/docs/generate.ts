// npm run generate: what the package's own command writes, and then the reference pages of the docs, which only this repository
// has. With --check nothing is written, and a stale page ends with 1.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import process from 'node:process';
import { runProgram } from '../../cli/program.ts';
import { referencePages } from './reference-pages.ts';

const args = process.argv.slice(2);
await runProgram([process.execPath, 'noetl-gateway', 'generate', ...args]);

const isCheck = args.includes('--check');
if (!args.includes('--help') && (process.exitCode ?? 0) === 0) {
  for (const { path, content } of await referencePages()) {
    if (existsSync(path) && readFileSync(path, 'utf8') === content) continue;
    if (isCheck) {
      console.error(`stale: ${path}; run npm run generate`);
      process.exitCode = 1;
    } else {
      writeFileSync(path, content);
      console.log(`wrote ${path}`);
    }
  }
}
