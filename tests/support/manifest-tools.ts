import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { parseAllDocuments } from 'yaml';
import { at } from './manifests.ts';

const run = promisify(execFile);
const bin = resolve('node_modules/.cache/manifest-check/bin');

export interface ToolResult {
  readonly ok: boolean;
  readonly out: string;
  readonly error: string;
}

/** Whether kubectl, Helm's engine and the linters are there; in CI they are installed first. */
export async function manifestToolsReady(): Promise<boolean> {
  if (process.env['CI'] === 'true') await run('sh', ['tools/manifest-check/install.sh'], { timeout: 300_000 });
  if (existsSync(resolve(bin, '../ready'))) return true;
  console.warn(
    'skipped: run `sh tools/manifest-check/install.sh` to check the manifests with kubectl, Helm and linters',
  );
  return false;
}

/** Runs one of the tools; a refusal of theirs is an answer, not an error. */
export async function tool(name: string, ...args: readonly string[]): Promise<ToolResult> {
  try {
    const { stdout, stderr } = await run(resolve(bin, name), args, { maxBuffer: 2 ** 24 });
    return { ok: true, out: stdout, error: stderr };
  } catch (error) {
    if (typeof error !== 'object' || error === null || !('stdout' in error && 'stderr' in error)) throw error;
    return { ok: false, out: String(error.stdout), error: String(error.stderr) };
  }
}

/** The documents of a rendered stream, as `Kind/name`. */
export function byName(text: string): Readonly<Record<string, unknown>> {
  const documents = parseAllDocuments(text).map((document) => document.toJS() as unknown);
  return Object.fromEntries(
    documents.filter(Boolean).map((value) => [`${at(value, 'kind')}/${at(value, 'metadata', 'name')}`, value]),
  );
}
