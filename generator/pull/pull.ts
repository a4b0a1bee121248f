import { isAbsolute, join, relative, resolve } from 'node:path';
import { GatewayError } from '../../plugins/errors.ts';
import { canonicalJson, sha256 } from '../document/canonical.ts';
import { documentHash } from '../document/document-hash.ts';
import { readIfPresent, writeAtomically } from '../files/write-atomically.ts';
import { normalise } from '../normalise/normalise.ts';
import { resolveReferences } from '../normalise/rules/resolve-references.ts';
import { listOperations, type OpenApiDocument } from '../openapi/open-api.ts';
import type { Overlay } from './apply-overlays.ts';
import { type DocumentLock, readLock } from './document-lock.ts';
import { dropProse } from './drop-prose.ts';
import { emitTypes } from './emit-types.ts';
import { loadSource, pullLimits, type SourceOptions } from './load-source.ts';
import { parseDocument, parseOverlay, unrepaired } from './parse-document.ts';
import { pulledFiles } from './pulled-files.ts';

export interface PullOptions extends Partial<Omit<SourceOptions, 'projectDir'>> {
  readonly projectDir: string;
  /** Keep descriptions, titles and examples. Default false. */
  readonly keepDocs?: boolean;
  /**
   * The release that the document is of, `v4.27.0` for example: `info.version` is not always different between
   * releases.
   */
  readonly label?: string;
  /** Files that repair the document, OpenAPI Overlay 1.0, in this order; paths absolute or relative to the project. */
  readonly overlays?: readonly string[];
  readonly now?: () => Date;
}

export interface PullResult {
  readonly document: OpenApiDocument;
  readonly lock: DocumentLock;
  /** Files whose text changed. */
  readonly changed: readonly string[];
}

/**
 * Fetches a NoETL's OpenAPI document into the project: `openapi/noetl.json`, its types and its lock, all or nothing.
 * @param source an `http(s)` or `file` URL, or a path relative to the project.
 * @returns `changed` is empty when the document is the one that is there
 * @throws ERR_SPEC_INVALID, ERR_SPEC_UNSUPPORTED with `problems`; nothing is written then.
 */
export async function pull(source: string, options: PullOptions): Promise<PullResult> {
  const { projectDir, keepDocs = false, now = () => new Date() } = options;
  const { bytes, origin } = await loadSource(source, {
    projectDir,
    fetch: options.fetch ?? globalThis.fetch,
    timeoutMs: options.timeoutMs ?? pullLimits.timeoutMs,
    maxBytes: options.maxBytes ?? pullLimits.maxBytes,
    maxRedirects: options.maxRedirects ?? pullLimits.maxRedirects,
    onProgress: options.onProgress ?? (() => {}),
  });
  const { overlays = [] } = options;
  const parsed = await parseDocument(bytes, await readOverlays(projectDir, overlays));
  const document = keepDocs ? parsed : dropProse(parsed);
  const facts = {
    source: origin,
    upstreamVersion: parsed.info?.version ?? '',
    ...(options.label === undefined ? {} : { label: options.label }),
    ...(overlays.length === 0 ? {} : { overlays: overlays.map((file) => inProject(projectDir, file)) }),
    sha256: sha256(bytes),
    // Of the document as the server has it: what overlays repair is not drift.
    apiSha256: documentHash(unrepaired(bytes)),
    operations: countOperations(parsed),
  };
  const lock = await dated(projectDir, facts, now);
  const files = [
    { path: pulledFiles.document, content: canonicalJson(document) },
    { path: pulledFiles.types, content: emitTypes(document) },
    { path: pulledFiles.lock, content: canonicalJson(lock) },
  ];
  const before = await Promise.all(files.map(({ path }) => readIfPresent(join(projectDir, path))));
  const changed = files.filter(({ content }, index) => before[index] !== content);
  await writeAtomically(projectDir, changed);
  return { document, lock, changed: changed.map(({ path }) => path) };
}

/** With those of path items that refer to others. */
const countOperations = (document: OpenApiDocument): number =>
  listOperations(normalise(document, [resolveReferences]).document).length;

/** The lock is committed, so a file is named as seen from the project. */
const inProject = (projectDir: string, file: string): string =>
  isAbsolute(file) ? relative(resolve(projectDir), file) : file;

async function readOverlays(projectDir: string, files: readonly string[]): Promise<readonly Overlay[]> {
  return Promise.all(
    files.map(async (file) => {
      const text = await readIfPresent(resolve(projectDir, file));
      if (text === undefined) {
        throw new GatewayError('ERR_SPEC_INVALID', 'An overlay cannot be read.', {
          problems: [`${file}: there is no such file`],
        });
      }
      return parseOverlay(file, Buffer.from(text));
    }),
  );
}

/** The date stays that of the first pull of the same bytes, so that a pull without news changes nothing. */
async function dated(projectDir: string, facts: Omit<DocumentLock, 'date'>, now: () => Date): Promise<DocumentLock> {
  const before = await readLock(projectDir);
  const isSame = before?.sha256 === facts.sha256 && before.source === facts.source;
  return { ...facts, date: isSame && before !== undefined ? before.date : now().toISOString() };
}
