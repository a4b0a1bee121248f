import { join } from 'node:path';
import { readIfPresent } from '../files/write-atomically.ts';
import { pulledFiles } from './pulled-files.ts';

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
