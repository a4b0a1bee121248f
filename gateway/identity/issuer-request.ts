import { GatewayError } from '../../plugins/errors.ts';

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

/** Parts of the request besides the address. A form is sent with POST, GET without it. */
export interface IssuerRequest {
  readonly headers?: Readonly<Record<string, string>>;
  readonly form?: Readonly<Record<string, string>>;
  /** Default: 5 s for this request. */
  readonly signal?: AbortSignal;
}

const maxBytes = 256 * 1024;
/** For a request, or for the issuer's two documents together. */
export const issuerTimeoutMs = 5_000;

/**
 * Asks an issuer. No redirect is followed: a 3xx is an answer like any other.
 * @param what the subject of the problem's sentence, for example `userinfo`
 * @throws ERR_AUTH_UNAVAILABLE when there is no answer in time, or a larger one than 256 KiB
 */
export async function askIssuer(
  fetch: Fetch,
  issuer: string,
  what: string,
  url: URL,
  { headers = {}, form, signal = AbortSignal.timeout(issuerTimeoutMs) }: IssuerRequest = {},
): Promise<IssuerReply> {
  try {
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
  } catch (error) {
    throw issuerUnavailable(issuer, `${what} could not be read: ${issuerFailureOf(error)}`, error);
  }
}

async function readText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of (response.body ?? []) as unknown as AsyncIterable<Uint8Array>) {
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

/** Why an issuer could not be asked, for the log: the issuer, and a sentence without anything that it sent. */
export class IssuerProblem extends Error {
  readonly issuer: string;
  readonly problem: string;

  constructor(issuer: string, problem: string, cause?: unknown) {
    super(`${issuer}: ${problem}`, cause === undefined ? undefined : { cause });
    this.name = 'IssuerProblem';
    this.issuer = issuer;
    this.problem = problem;
  }
}

/** Problems that callers can cause with their tokens: they do not mean that the issuer is down. */
export const readTooOften = 'a token names an unknown key, and the keys were read too often lately';
export const newerThanKeys = 'a token names an unknown key, and is newer than the keys that were read';

/** The caller's error when an issuer could not be asked: 503, and the issuer is named in the log only. */
export function issuerUnavailable(issuer: string, problem: string, cause?: unknown): GatewayError {
  return unavailableBecause(new IssuerProblem(issuer, problem, cause), 5_000);
}

const unavailableBecause = (cause: unknown, retryMs: number) =>
  new GatewayError('ERR_AUTH_UNAVAILABLE', 'Sign-in is not available at the moment; try again shortly.', {
    cause,
    retryAfterSecs: Math.max(1, Math.ceil(retryMs / 1000)),
  });

/** The same error with the time until the issuer is asked again; any other error is left alone. */
export const unavailableFor = (error: unknown, retryMs: number): unknown =>
  issuerProblem(error) === undefined ? error : unavailableBecause(issuerProblem(error), retryMs);

/** The problem behind an error of {@link issuerUnavailable}. */
export function issuerProblem(error: unknown): IssuerProblem | undefined {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause instanceof IssuerProblem ? cause : undefined;
}

/** The cause of a failed request without repeating texts from outside: a code of the socket, or a time-out. */
export function issuerFailureOf(error: unknown): string {
  if (!(error instanceof Error)) return 'it failed';
  if (error.name === 'TimeoutError') return 'it did not answer in time';
  const code = codeOf(error) ?? codeOf(error.cause);
  return code === undefined ? error.message.slice(0, 100) : `it cannot be reached (${code})`;
}

function codeOf(error: unknown): string | undefined {
  const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : undefined;
}
