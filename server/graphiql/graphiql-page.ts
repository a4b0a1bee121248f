import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, extname } from 'node:path';
import { type Answer, text } from '../http/answer.ts';

/** GraphiQL, served whole from here: the page and its assets under `/graphql/…`, nothing from another host. */
export interface GraphiqlPage {
  /** The page itself; an explanation with status 503 when it is not built. */
  page(acceptEncoding: string | undefined): Promise<Answer>;
  /** @returns undefined when there is no such asset. */
  asset(name: string, acceptEncoding: string | undefined, ifNoneMatch: string | undefined): Promise<Answer | undefined>;
}

/** Scripts, workers, fonts and connections from here only; no frames, no plugins. Monaco writes styles at run time. */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "worker-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const pageHeaders = {
  'content-security-policy': policy,
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.txt': 'text/plain; charset=utf-8',
  '.ttf': 'font/ttf',
};

/** Where the build writes the page: beside the compiled server in the package, under dist in a clone. */
const folders = [
  new URL('../../pages/graphiql/', import.meta.url),
  new URL('../../dist/pages/graphiql/', import.meta.url),
];

const notBuilt = `<!doctype html>
<html lang="en">
<title>NoETL Gateway · GraphiQL</title>
<p>GraphiQL is not built. Run <code>npm run build</code> in the gateway's folder, and restart the gateway. <code>POST /graphql</code> works
without it.</p>
</html>
`;

/**
 * Serves the files of the built page. Their names are read once, so that a request only ever chooses among them; contents
 * are read when they are asked for, in the best encoding that the client accepts.
 */
export function createGraphiqlPage(candidates: readonly URL[] = folders): GraphiqlPage {
  const folder = candidates.find((candidate) => filesOf(candidate).length > 0);
  const files = new Set(folder === undefined ? [] : filesOf(folder));
  const serve = async (name: string, acceptEncoding: string | undefined, headers: Answer['headers']) => {
    const encoding = encodings.find((one) => files.has(`${name}.${one.suffix}`) && accepts(acceptEncoding, one.name));
    return {
      status: 200,
      headers: {
        'content-type': types[extname(name)] ?? 'application/octet-stream',
        vary: 'Accept-Encoding',
        ...(encoding === undefined ? {} : { 'content-encoding': encoding.name }),
        ...headers,
      },
      body: await readFile(new URL(encoding === undefined ? name : `${name}.${encoding.suffix}`, folder)),
    };
  };
  return {
    async page(acceptEncoding) {
      if (!files.has('index.html'))
        return text(503, notBuilt, { ...pageHeaders, 'content-type': types['.html'] ?? '' });
      return serve('index.html', acceptEncoding, { 'cache-control': 'no-cache', ...pageHeaders });
    },
    async asset(name, acceptEncoding, ifNoneMatch) {
      const isAsset = files.has(name) && extname(name) in types && name !== 'index.html';
      if (!isAsset) return undefined;
      // The name of an asset holds a hash of its content, so that a copy is good for ever.
      const etag = `"${basename(name)}"`;
      const headers = { 'cache-control': 'public, max-age=31536000, immutable', etag };
      if (ifNoneMatch === etag) return { status: 304, headers, body: '' };
      return serve(name, acceptEncoding, { ...headers, 'x-content-type-options': 'nosniff' });
    },
  };
}

const encodings = [
  { name: 'br', suffix: 'br' },
  { name: 'gzip', suffix: 'gz' },
];

/** Whether an `Accept-Encoding` names the encoding, and not with the weight 0 (RFC 9110, section 12.5.3). */
function accepts(header: string | undefined, name: string): boolean {
  return (header ?? '').split(',').some((part) => {
    const [coding, weight] = part.split(';').map((piece) => piece.trim().toLowerCase());
    return coding === name && !/^q=0(?:\.0*)?$/.test(weight ?? '');
  });
}

/** Names relative to the folder, with `/`; empty when there is no such folder. */
function filesOf(folder: URL): readonly string[] {
  try {
    const entries = readdirSync(folder, { recursive: true, withFileTypes: false }) as string[];
    return entries.map((name) => name.replaceAll('\\', '/'));
  } catch {
    return [];
  }
}
