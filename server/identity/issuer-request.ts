/** How documents are fetched from an issuer; the platform's `fetch`, or a stand-in for tests. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

export interface IssuerReply {
  readonly status: number;
  /** Parsed JSON; undefined when it is none. */
  readonly body: unknown;
}

const maxBytes = 256 * 1024;

/**
 * Reads a JSON document of an issuer. No redirect is followed: a 3xx is an answer like any other.
 * @throws when there is no answer in time, or a larger one than 256 KiB.
 */
export async function readFromIssuer(
  fetch: Fetch,
  url: URL,
  signal: AbortSignal,
  headers: Readonly<Record<string, string>> = {},
): Promise<IssuerReply> {
  const response = await fetch(url.href, {
    method: 'GET',
    headers: { accept: 'application/json', ...headers },
    redirect: 'manual',
    signal,
  });
  const text = await readText(response);
  return { status: response.status, body: parseOr(text) };
}

async function readText(response: Response): Promise<string> {
  if (response.body === null) return '';
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    size += chunk.byteLength;
    if (size > maxBytes) throw new Error('The issuer answered with too large a document.');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parseOr(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
