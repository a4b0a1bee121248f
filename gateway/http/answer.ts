import { type ErrorCode, GatewayError, limitHeaders } from '../../plugins/errors.ts';

/** A whole HTTP answer. Header names are lower case. */
export interface Answer {
  readonly status: number;
  /** The status that metrics count: an outage may be behind a 200, as GraphQL over HTTP has it. Default: `status`. */
  readonly measuredAs?: number;
  /** Of an error. */
  readonly code?: ErrorCode;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body: string | Uint8Array;
  /** Of `body` in UTF-8, where it is a text whose size is known. Default: it is counted. */
  readonly bodyBytes?: number;
  /** Sent instead of `body`, one after another: they are not copied into one. */
  readonly pieces?: readonly Uint8Array[];
  /** Sent instead of `body`, streamed. */
  readonly file?: { readonly path: string; readonly sizeBytes: number };
  /** Sent instead of `body`, piece by piece. */
  readonly stream?: WriteStream;
}

/** The way out of an answer that is written piece by piece. */
export interface AnswerStream {
  /**
   * Resolves when the system has taken the piece, so that the writer is never far ahead of the reader.
   * @returns false: the caller has left, or the process is stopping
   */
  write(piece: string | Uint8Array): Promise<boolean>;
  /** Aborted when the caller has left, or the process is stopping. */
  readonly signal: AbortSignal;
}

/** Writes pieces until there are no more, the caller leaves, or the process stops. */
export type WriteStream = (out: AnswerStream) => Promise<void>;

/** JSON that no cache keeps; numbers beyond 2^53 that came in exact go out exact. */
export function json(status: number, value: unknown, headers: Answer['headers'] = {}): Answer {
  return {
    status,
    headers: { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store', ...headers },
    body: JSON.stringify(value),
  };
}

export function plainText(status: number, body: string, headers: Answer['headers'] = {}): Answer {
  return {
    status,
    headers: { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store', ...headers },
    body,
  };
}

/** Turns a thrown value into the one error that a caller may see; an unknown value becomes ERR_INTERNAL. */
export function toGatewayError(thrown: unknown): GatewayError {
  return thrown instanceof GatewayError
    ? thrown
    : new GatewayError('ERR_INTERNAL', 'something went wrong here; the request id finds it in the log', {
        cause: thrown,
      });
}

/** The REST form of an error: `{"error": "<sentence>", "code": "ERR_…"}`, `reason` and `Retry-After` where there is a time. */
export function errorAnswer(thrown: unknown): Answer {
  const error = toGatewayError(thrown);
  const reason = error.reason === undefined ? {} : { reason: error.reason };
  const body = { error: error.message, code: error.code, ...reason };
  return { ...json(error.status, body, headersOf(error)), code: error.code };
}

/** The GraphQL form of an error that stopped a request before GraphQL saw it. */
export function graphqlErrorAnswer(thrown: unknown): Answer {
  const error = toGatewayError(thrown);
  const body = { errors: [{ message: error.message, extensions: { code: error.code } }] };
  return { ...json(error.status, body, headersOf(error)), code: error.code };
}

function headersOf(error: GatewayError): Record<string, string> {
  return { ...limitHeaders(error), ...(error.status === 401 ? { 'www-authenticate': 'Bearer' } : {}) };
}

/** 405 with `Allow`. */
export function notAllowed(allow: string): Answer {
  const answer = errorAnswer(new GatewayError('ERR_METHOD', `this path takes ${allow}`));
  return { ...answer, headers: { ...answer.headers, allow } };
}
