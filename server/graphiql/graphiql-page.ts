import { type Answer, text } from '../http/answer.ts';
import { createStaticFiles } from '../http/static-files.ts';

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

/** Serves the files of the built page. */
export function createGraphiqlPage(candidates: readonly URL[] = folders): GraphiqlPage {
  const files = createStaticFiles(candidates);
  return {
    async page(acceptEncoding) {
      const headers = { 'cache-control': 'no-cache', ...pageHeaders };
      return (
        files.file('index.html', acceptEncoding, headers) ??
        text(503, notBuilt, { ...pageHeaders, 'content-type': 'text/html; charset=utf-8' })
      );
    },
    async asset(name, acceptEncoding, ifNoneMatch) {
      return name === 'index.html' ? undefined : files.hashed(name, acceptEncoding, ifNoneMatch);
    },
  };
}
