import { type Answer, plainText } from './answer.ts';
import { createStaticFiles } from './static-files.ts';

/** A page that a build wrote, served whole from here: the page and its assets, nothing from another host. */
export interface BuiltPage {
  /** The page itself; an explanation with status 503 when it is not built. */
  page(acceptEncoding: string | undefined): Answer;
  /** @returns undefined when there is no such asset. */
  asset(name: string, acceptEncoding: string | undefined, ifNoneMatch: string | undefined): Answer | undefined;
}

/** Which page, and what it may load. */
export interface BuiltPageOptions {
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
