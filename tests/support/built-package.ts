import { execFileSync } from 'node:child_process';
import process from 'node:process';

/** Vitest's global set-up of the tests with services: the package, with its pages, is built once for all files. */
export function setup(): void {
  execFileSync(process.execPath, ['tools/build.js', '--if-stale'], { stdio: 'inherit' });
}
