import { readFile, stat } from 'node:fs/promises';
import { isAbsolute, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { GatewayError } from '../../plugins/errors.ts';

export interface SourceOptions {
  readonly projectDir: string;
  readonly fetch: typeof globalThis.fetch;
  /** The whole download, milliseconds. */
  readonly timeoutMs: number;
  readonly maxBytes: number;
  readonly maxRedirects: number;
  /** Bytes so far, and the total when the server names it. */
  readonly onProgress: (received: number, total: number | undefined) => void;
}

/** Limits of a download: milliseconds, bytes, and redirects that are followed. */
export const pullLimits = { timeoutMs: 30_000, maxBytes: 32 * 1024 * 1024, maxRedirects: 5 } as const;

/** A document's bytes, and where they came from: without credentials, query or absolute path. */
export interface Source {
  readonly bytes: Uint8Array;
  readonly origin: string;
}

/**
 * Reads a document from an `http(s)` or `file` URL or a path.
 * @throws ERR_SPEC_INVALID saying what kept it from being read: status, size, redirects, time.
 */
export async function loadSource(source: string, options: SourceOptions): Promise<Source> {
  if (/^https?:\/\//i.test(source)) return loadUrl(source, options);
  const path = /^file:\/\//i.test(source) ? fileURLToPath(source) : resolve(options.projectDir, source);
  return { bytes: await loadFile(path, options), origin: fileOrigin(path, options.projectDir) };
}

async function loadFile(path: string, { maxBytes, onProgress, projectDir }: SourceOptions): Promise<Uint8Array> {
  try {
    const { size } = await stat(path);
    // Before it is read: the limit is on memory.
    if (size > maxBytes) throw unreadable(`it is larger than ${maxBytes} bytes`);
    const bytes = await readFile(path);
    onProgress(bytes.length, size);
    return bytes;
  } catch (error) {
    if (error instanceof GatewayError) throw error;
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    const name = fileOrigin(path, projectDir);
    throw unreadable(
      code === 'ENOENT'
        ? `${name}: there is no such file. Name a file, or an address such as https://noetl.example.com/openapi.json`
        : `${name}: the file cannot be read (${code})`,
      error,
    );
  }
}

function fileOrigin(path: string, projectDir: string): string {
  const fromProject = relative(projectDir, path);
  const isOutside = fromProject.startsWith('..') || isAbsolute(fromProject);
  return (isOutside ? (path.split(/[\\/]/).at(-1) ?? '') : fromProject).replaceAll('\\', '/');
}

async function loadUrl(source: string, options: SourceOptions): Promise<Source> {
  const first = parseUrl(source);
  const bytes = await withinTime(options, async (signal) => readBody(await follow(first, options, signal), options));
  return { bytes, origin: `${first.origin}${first.pathname}` };
}

/**
 * One call of an API: GET, or POST when there is a body. Redirects are not followed.
 * @returns parsed JSON; undefined: the server answers 404
 * @throws ERR_SPEC_INVALID as {@link loadSource}
 */
export async function callApi(address: string, options: SourceOptions, body?: unknown): Promise<unknown> {
  const bytes = await withinTime(options, async (signal) => {
    const response = await send(parseUrl(address), options, signal, body);
    if (response.status !== 404) return readBody(checked(response), options);
    await response.body?.cancel();
    return undefined;
  });
  try {
    return bytes === undefined ? undefined : JSON.parse(new TextDecoder().decode(bytes));
  } catch (error) {
    throw unreadable('the answer is not JSON', error);
  }
}

async function withinTime<T>({ timeoutMs }: SourceOptions, load: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    return await load(signal);
  } catch (error) {
    if (error instanceof GatewayError) throw error;
    throw unreadable(signal.aborted ? `no whole answer within ${timeoutMs} ms` : 'the server cannot be reached', error);
  }
}

function parseUrl(text: string): URL {
  try {
    return new URL(text);
  } catch (error) {
    throw unreadable('the address is not a URL', error);
  }
}

async function follow(first: URL, options: SourceOptions, signal: AbortSignal): Promise<Response> {
  let url = first;
  for (let hops = 0; hops <= options.maxRedirects; hops += 1) {
    const response = await send(url, options, signal);
    const location = response.headers.get('location');
    if (response.status < 300 || response.status >= 400 || location === null) return checked(response);
    // A body that is not read would keep the connection.
    await response.body?.cancel();
    url = redirected(url, location);
  }
  throw unreadable(`more than ${options.maxRedirects} redirects`);
}

function send(url: URL, options: SourceOptions, signal: AbortSignal, body?: unknown): Promise<Response> {
  const accept = { accept: 'application/json, application/yaml;q=0.9, */*;q=0.1' };
  const posted = body === undefined ? {} : { 'content-type': 'application/json' };
  // `fetch` refuses a URL with credentials, so they go into a header.
  return options.fetch(withoutCredentials(url), {
    redirect: 'manual',
    signal,
    headers: { ...accept, ...posted, ...authorization(url) },
    ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
  });
}

/** Where a redirect leads; credentials stay with the server that they were given for. */
function redirected(from: URL, location: string): URL {
  const to = new URL(location, from);
  // From https to http the document could be changed on the way.
  if (to.protocol !== 'https:' && (to.protocol !== 'http:' || from.protocol === 'https:')) {
    throw unreadable('a redirect leads away from http(s)');
  }
  if (to.origin === from.origin && to.username === '') {
    to.username = from.username;
    to.password = from.password;
  }
  return to;
}

function authorization(url: URL): Record<string, string> {
  if (url.username === '' && url.password === '') return {};
  const pair = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  return { authorization: `Basic ${Buffer.from(pair).toString('base64')}` };
}

function withoutCredentials(url: URL): URL {
  const bare = new URL(url);
  bare.username = '';
  bare.password = '';
  return bare;
}

function checked(response: Response): Response {
  if (!response.ok) throw unreadable(`the server answers ${response.status}`);
  return response;
}

async function readBody(response: Response, { maxBytes, onProgress }: SourceOptions): Promise<Uint8Array> {
  // A length counts the bytes on the wire, which are fewer than those that arrive when they are compressed.
  const declared = Number(response.headers.get('content-length') ?? Number.NaN);
  const total = Number.isFinite(declared) && !response.headers.has('content-encoding') ? declared : undefined;
  const chunks: Uint8Array[] = [];
  let received = 0;
  for await (const chunk of response.body ?? []) {
    received += chunk.length;
    if (received > maxBytes) throw unreadable(`it is larger than ${maxBytes} bytes`);
    chunks.push(chunk);
    onProgress(received, total);
  }
  return Buffer.concat(chunks);
}

const unreadable = (why: string, cause?: unknown): GatewayError =>
  new GatewayError('ERR_SPEC_INVALID', 'The document cannot be read.', { cause, problems: [why] });
