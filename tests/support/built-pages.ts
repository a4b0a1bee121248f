import { execFileSync } from 'node:child_process';
import process from 'node:process';

/** Vitest's global set-up: the pages that the gateway serves are built once, when their sources have changed. */
export function setup(): void {
  execFileSync(process.execPath, ['tools/pages/build-pages.ts', '--if-stale'], { stdio: 'inherit' });
}
