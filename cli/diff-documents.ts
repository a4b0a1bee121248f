import { basename, join, resolve } from 'node:path';
import type { GatewayConfig } from '../gateway/config/gateway-config.ts';
import { buildSchema } from '../generator/build-schema.ts';
import { diff } from '../generator/diff/diff.ts';
import type { DiffReport } from '../generator/diff/diff-report.ts';
import { renderDiffMarkdown, renderDiffText } from '../generator/diff/render-diff.ts';
import { dropProse } from '../generator/document/prose.ts';
import { readIfPresent } from '../generator/files/write-atomically.ts';
import { gatewayLockPath, parseGatewayLock } from '../generator/lock/gateway-lock.ts';
import type { OpenApiDocument } from '../generator/openapi/open-api.ts';
import { loadSource, pullLimits } from '../generator/pull/load-source.ts';
import { parseDocument } from '../generator/pull/parse-document.ts';
import { GatewayError } from '../plugins/errors.ts';

export type DiffForm = 'text' | 'json' | 'markdown';

export interface DiffOptions {
  readonly projectDir: string;
  readonly config: GatewayConfig;
  readonly form: DiffForm;
  /** In text: every change of NoETL's API, line by line. */
  readonly all: boolean;
}

/**
 * Reads both documents, compares them under a config, and renders what changed.
 * @param old a URL or a file, as seen from where the command was given
 * @returns `breaks`: something that is open breaks
 * @throws ERR_SPEC_INVALID, ERR_SPEC_UNSUPPORTED naming the document; ERR_POLICY_INVALID for a lock that cannot be read
 */
export async function diffDocuments(
  old: string,
  now: string,
  { projectDir, config, form, all }: DiffOptions,
): Promise<{ readonly text: string; readonly breaks: boolean }> {
  const [before, after] = await Promise.all([read(old, projectDir), read(now, projectDir)]);
  const report = await diff({
    before: before.document,
    after: after.document,
    names: { before: before.name, after: after.name },
    config,
    lock: parseGatewayLock(await readIfPresent(join(projectDir, gatewayLockPath))),
    buildSchema: (document, fitting, lock) =>
      // Changed meanings are what is asked for here, so they must not stop the comparison.
      buildSchema(document, fitting, { lock, accept: { changes: true, members: [] } }),
  });
  return { text: renderers[form](report, { all }).trimEnd(), breaks: report.breaks };
}

const renderers: Readonly<Record<DiffForm, (report: DiffReport, options: { readonly all: boolean }) => string>> = {
  text: renderDiffText,
  markdown: renderDiffMarkdown,
  json: (report) => JSON.stringify(report, undefined, 2),
};

async function read(source: string, projectDir: string): Promise<{ name: string; document: OpenApiDocument }> {
  const isUrl = /^[a-z]+:\/\//i.test(source);
  try {
    const { bytes } = await loadSource(isUrl ? source : resolve(source), {
      ...pullLimits,
      projectDir,
      fetch: globalThis.fetch,
      onProgress: () => {},
    });
    // Without prose on both sides: a pulled document has no prose.
    return { name: isUrl ? new URL(source).host : basename(source), document: dropProse(await parseDocument(bytes)) };
  } catch (error) {
    throw error instanceof GatewayError ? naming(source, error) : error;
  }
}

/** Which of the two documents it was. */
function naming(source: string, { code, message, problems, cause }: GatewayError): GatewayError {
  return new GatewayError(code, `${source}: ${message}`, { problems, cause });
}
