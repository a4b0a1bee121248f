import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Answer } from '../http/answer.ts';
import { exampleTabs } from './example-tabs.ts';
import { pageHtml, pageScript, pageStyle } from './page-parts.ts';

const compress = promisify(gzip);

interface Asset {
  readonly type: string;
  readonly load: () => Promise<string>;
}

/**
 * GraphiQL, served whole from here: the page and its assets under `/graphql/…`, nothing from elsewhere. The editor is
 * Yoga's build of it, loaded at the first visit, compressed once and kept.
 */
export interface GraphiqlPage {
  /** The page itself. */
  page(acceptEncoding: string | undefined): Promise<Answer>;
  /** @returns undefined when there is no such asset. */
  asset(name: string, acceptEncoding: string | undefined, ifNoneMatch: string | undefined): Promise<Answer | undefined>;
}

const bundle = () => import('@graphql-yoga/render-graphiql/graphiql');

const assets: Readonly<Record<string, Asset>> = {
  'graphiql.js': { type: 'text/javascript', load: async () => (await bundle()).js },
  'graphiql.css': { type: 'text/css', load: async () => (await bundle()).css },
  'editor-worker.js': { type: 'text/javascript', load: async () => (await bundle()).editorWorkerService },
  'graphql-worker.js': { type: 'text/javascript', load: async () => (await bundle()).graphqlWorker },
  'json-worker.js': { type: 'text/javascript', load: async () => (await bundle()).jsonWorker },
  'page.js': { type: 'text/javascript', load: async () => pageScript(exampleTabs) },
  'page.css': { type: 'text/css', load: async () => pageStyle },
};

/** Only from here, no frames, no plugins; Monaco needs inline styles. */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "worker-src 'self' blob:",
  "img-src 'self' data:",
  "font-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

interface Loaded {
  readonly plain: Buffer;
  readonly zipped: Buffer;
  readonly etag: string;
}

export function createGraphiqlPage(): GraphiqlPage {
  const loaded = new Map<string, Promise<Loaded>>();
  const load = (name: string, source: () => Promise<string>): Promise<Loaded> => {
    const known = loaded.get(name) ?? prepare(source);
    loaded.set(name, known);
    known.catch(() => loaded.delete(name));
    return known;
  };
  return {
    async page(acceptEncoding) {
      const file = await load('', async () => pageHtml);
      return answer(file, 'text/html; charset=utf-8', acceptEncoding, {
        'cache-control': 'no-cache',
        'content-security-policy': policy,
        'referrer-policy': 'no-referrer',
        'x-frame-options': 'DENY',
      });
    },
    async asset(name, acceptEncoding, ifNoneMatch) {
      const asset = Object.hasOwn(assets, name) ? assets[name] : undefined;
      if (asset === undefined) return undefined;
      const file = await load(name, asset.load);
      const headers = { 'cache-control': 'public, max-age=3600', etag: file.etag };
      if (ifNoneMatch === file.etag) return { status: 304, headers, body: '' };
      return answer(file, `${asset.type}; charset=utf-8`, acceptEncoding, headers);
    },
  };
}

async function prepare(source: () => Promise<string>): Promise<Loaded> {
  const plain = Buffer.from(await source());
  const etag = `"${createHash('sha256').update(plain).digest('base64url').slice(0, 22)}"`;
  return { plain, zipped: await compress(plain), etag };
}

function answer(file: Loaded, type: string, acceptEncoding: string | undefined, headers: Answer['headers']): Answer {
  const zip = /\bgzip\b/.test(acceptEncoding ?? '');
  return {
    status: 200,
    headers: {
      'content-type': type,
      vary: 'Accept-Encoding',
      ...(zip ? { 'content-encoding': 'gzip' } : {}),
      ...headers,
    },
    body: zip ? file.zipped : file.plain,
  };
}
