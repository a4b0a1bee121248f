import { readdirSync, statSync } from 'node:fs';
import { basename, extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Answer } from './answer.ts';

/** The files of one folder, as a build wrote them. Their names are read once; a request chooses among them. */
export interface StaticFiles {
  has(name: string): boolean;
  /**
   * A file, streamed, in the best encoding that the client accepts.
   * @returns undefined when there is no such file
   */
  file(name: string, acceptEncoding: string | undefined, headers?: Answer['headers']): Answer | undefined;
  /**
   * A file whose name holds a hash of its content, so that a copy never gets old. 304 for a client that has it.
   * @returns undefined when there is no such file
   */
  hashed(name: string, acceptEncoding: string | undefined, ifNoneMatch: string | undefined): Answer | undefined;
}

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.txt': 'text/plain; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ttf': 'font/ttf',
  '.woff2': 'font/woff2',
};

/** Written by the build beside each file that gets smaller by it; the first one that is accepted is sent. */
const encodings = [
  { name: 'br', suffix: '.br' },
  { name: 'gzip', suffix: '.gz' },
];

/** Serves the files of the first folder that has any. Files of types that are not in the list are not served. */
export function createStaticFiles(folders: readonly URL[]): StaticFiles {
  const folder = folders.find((candidate) => namesIn(candidate).length > 0);
  const names = new Set(folder === undefined ? [] : namesIn(folder));
  // A name is looked up in what the folder held at the start, so no path of a request reaches the disk.
  const typeOf = (name: string) => (names.has(name) ? types[extname(name)] : undefined);

  const file: StaticFiles['file'] = (name, acceptEncoding, headers = {}) => {
    const type = typeOf(name);
    if (type === undefined) return undefined;
    const encoding = encodings.find(
      ({ name: one, suffix }) => names.has(name + suffix) && accepts(acceptEncoding, one),
    );
    const path = fileURLToPath(new URL(name + (encoding?.suffix ?? ''), folder));
    // The size of now: a build can write the file anew while the gateway runs.
    const found = statSync(path, { throwIfNoEntry: false });
    if (found === undefined) return undefined;
    return {
      status: 200,
      headers: {
        'content-type': type,
        'x-content-type-options': 'nosniff',
        vary: 'Accept-Encoding',
        ...(encoding === undefined ? {} : { 'content-encoding': encoding.name }),
        ...headers,
      },
      body: '',
      file: { path, sizeBytes: found.size },
    };
  };
  return {
    has: (name) => typeOf(name) !== undefined,
    file,
    hashed(name, acceptEncoding, ifNoneMatch) {
      if (typeOf(name) === undefined) return undefined;
      const etag = `"${basename(name)}"`;
      const headers = { 'cache-control': 'public, max-age=31536000, immutable', etag };
      return ifNoneMatch === etag ? { status: 304, headers, body: '' } : file(name, acceptEncoding, headers);
    },
  };
}

/** Whether an `Accept-Encoding` names the encoding, and not with the weight 0 (RFC 9110, section 12.5.3). */
function accepts(header: string | undefined, name: string): boolean {
  return (header ?? '').split(',').some((part) => {
    const [coding, weight] = part.split(';').map((piece) => piece.trim().toLowerCase());
    return coding === name && !/^q=0(?:\.0*)?$/.test(weight ?? '');
  });
}

/** Names relative to the folder, with `/`; empty when there is no such folder. */
function namesIn(folder: URL): readonly string[] {
  try {
    return (readdirSync(folder, { recursive: true }) as string[]).map((name) => name.replaceAll('\\', '/'));
  } catch {
    return [];
  }
}
