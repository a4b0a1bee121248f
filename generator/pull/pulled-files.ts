import { join } from 'node:path';
import { GatewayError } from '../../plugins/errors.ts';
import { isRecord, type OpenApiDocument } from '../openapi/open-api.ts';
import { readIfPresent } from '../project-folder.ts';

/** What `pull` writes, relative to the project. */
export const pulledFiles = {
  document: 'openapi/noetl.json',
  types: 'openapi/noetl.types.ts',
  lock: 'openapi/noetl.lock.json',
} as const;

/** `openapi/noetl.lock.json`: where the document came from. */
export interface DocumentLock {
  /** Without credentials and query; a file outside of the project by its name only. */
  readonly source: string;
  /** The document's `info.version`. */
  readonly upstreamVersion: string;
  /** What `pull --label` called the release. */
  readonly label?: string;
  /** What `pull --overlay` repaired it with. */
  readonly overlays?: readonly string[];
  /** Of the bytes that were read. */
  readonly sha256: string;
  /** Hash of the document's API ({@link documentHash}): drift is a live document with another. */
  readonly apiSha256: string;
  readonly operations: number;
  /** When these bytes were first pulled, ISO 8601. */
  readonly date: string;
}

/**
 * The lock of the project's document. Without one drift is unknown, which is not an error.
 * @returns undefined when there is no readable lock.
 */
export async function readLock(projectDir: string): Promise<DocumentLock | undefined> {
  const text = await readIfPresent(join(projectDir, pulledFiles.lock));
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as DocumentLock;
  } catch {
    return undefined;
  }
}

/**
 * The project's pulled document. It is checked no further: `pull` has checked it, and a review may have changed it
 * since.
 * @throws ERR_SPEC_INVALID when it is missing, or when it is not a document.
 */
export async function readDocument(projectDir: string): Promise<OpenApiDocument> {
  const text = await readIfPresent(join(projectDir, pulledFiles.document));
  if (text === undefined) throw invalid('it does not exist yet; run `npm run pull -- <url or file>`');
  const value = parse(text);
  if (!isRecord(value) || typeof value['openapi'] !== 'string' || !isRecord(value['paths'])) {
    throw invalid('it is not an OpenAPI document; pull it again');
  }
  return value as OpenApiDocument;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw invalid('it is not JSON; pull it again', error);
  }
}

const invalid = (why: string, cause?: unknown): GatewayError =>
  new GatewayError('ERR_SPEC_INVALID', 'The pulled document cannot be used.', {
    cause,
    problems: [`${pulledFiles.document}: ${why}`],
  });
