import { readdirSync, statSync } from 'node:fs';
import { basename, extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Answer, plainText } from './answer.ts';

/** The files of one folder, as a build wrote them. Their names are read once; a request chooses among them. */
interface StaticFiles {
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
function createStaticFiles(folders: readonly URL[]): StaticFiles {
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

/** A page that a build wrote, served whole from here: the page and its assets, nothing from another host. */
export interface BuiltPage {
  /** The page itself; an explanation with status 503 when it is not built. */
  page(acceptEncoding: string | undefined): Answer;
  /** @returns undefined when there is no such asset. */
  asset(name: string, acceptEncoding: string | undefined, ifNoneMatch: string | undefined): Answer | undefined;
}

/** Which page, and what it may load. */
interface BuiltPageOptions {
  /** The page's folder below `pages`. */
  readonly name: string;
  readonly title: string;
  /** Content-Security-Policy: what the page may load, beside what every page here may not. */
  readonly policy: readonly string[];
  /** Default: where builds write. */
  readonly folders?: readonly URL[];
}

/** Nothing from other hosts, no frames, no plugins, no code in the page itself. */
const everyPage = [
  "default-src 'none'",
  "script-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
];

/** Where the build writes pages: beside the compiled server in the package, under dist in a clone. */
const foldersOf = (name: string): readonly URL[] => [
  new URL(`../../pages/${name}/`, import.meta.url),
  new URL(`../../dist/pages/${name}/`, import.meta.url),
];

/** Serves the files of a built page. */
export function createBuiltPage({ name, title, policy, folders = foldersOf(name) }: BuiltPageOptions): BuiltPage {
  const files = createStaticFiles(folders);
  const headers = {
    'content-security-policy': [...everyPage, ...policy].join('; '),
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
  };
  return {
    page: (acceptEncoding) =>
      files.file('index.html', acceptEncoding, { 'cache-control': 'no-cache', ...headers }) ??
      plainText(503, notBuilt(title), { ...headers, 'content-type': 'text/html; charset=utf-8' }),
    asset: (asset, acceptEncoding, ifNoneMatch) =>
      asset === 'index.html' ? undefined : files.hashed(asset, acceptEncoding, ifNoneMatch),
  };
}

const notBuilt = (title: string): string => `<!doctype html>
<html lang="en">
<title>NoETL Gateway · ${title}</title>
<p>${title} is not built. Run <code>npm run build</code> in the gateway's folder, and restart the gateway. <code>POST /graphql</code> works
without it.</p>
</html>
`;

/** Workers and fonts from here only. Monaco writes styles at run time. */
const policy = ["style-src 'self' 'unsafe-inline'", "worker-src 'self'", "img-src 'self' data:", "font-src 'self'"];

/** GraphiQL: the page at `/graphql`, its assets under `/graphql/…`. */
export const createGraphiqlPage = (folders?: readonly URL[]): BuiltPage =>
  createBuiltPage({ name: 'graphiql', title: 'GraphiQL', policy, ...(folders !== undefined && { folders }) });
