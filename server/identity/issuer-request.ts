/** How an issuer is asked; the platform's `fetch`, or one of a test. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** An answer of an issuer, of at most 256 KiB. */
export interface IssuerReply {
  readonly status: number;
  /** Parsed JSON; undefined when it is not JSON. */
  readonly body: unknown;
  /** As sent, without a byte order mark. */
  readonly text: string;
  /** Media type in lower case, without parameters. */
  readonly type: string;
}

/** Parts of the request besides the address. */
export interface IssuerRequest {
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as a form with POST; GET without it. */
  readonly form?: Readonly<Record<string, string>>;
}

const maxBytes = 256 * 1024;

/**
 * Asks an issuer for a document. No redirect is followed: a 3xx is an answer like any other.
 * @throws when there is no answer in time, or a larger one than 256 KiB.
 */
export async function readFromIssuer(
  fetch: Fetch,
  url: URL,
  signal: AbortSignal,
  { headers = {}, form }: IssuerRequest = {},
): Promise<IssuerReply> {
  const response = await fetch(url.href, {
    method: form === undefined ? 'GET' : 'POST',
    headers: { accept: 'application/json', ...headers },
    ...(form === undefined ? {} : { body: new URLSearchParams(form) }),
    redirect: 'manual',
    signal,
  });
  const text = await readText(response);
  const type = (response.headers.get('content-type') ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
  return { status: response.status, body: parseOr(text), text, type };
}

async function readText(response: Response): Promise<string> {
  if (response.body === null) return '';
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    size += chunk.byteLength;
    // Counted while it comes: a length in the header is not verified.
    if (size > maxBytes) throw new Error('the answer is larger than 256 KiB');
    chunks.push(chunk);
  }
  // A TextDecoder drops a byte order mark.
  return new TextDecoder().decode(Buffer.concat(chunks));
}

function parseOr(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
