/** The meaning of each error code on the wire. `status` is the HTTP status of a REST answer. */
const table = {
  ERR_REQUEST_INVALID: { status: 400, retryable: false },
  ERR_QUERY_REFUSED: { status: 400, retryable: false },
  ERR_NOT_FOUND: { status: 404, retryable: false },
  ERR_METHOD: { status: 405, retryable: false },
  ERR_BODY_TOO_LARGE: { status: 413, retryable: false },
  ERR_MEDIA_TYPE: { status: 415, retryable: false },
  ERR_RATE_LIMITED: { status: 429, retryable: true },
  ERR_TOKEN_MISSING: { status: 401, retryable: false },
  ERR_TOKEN_MALFORMED: { status: 401, retryable: false },
  ERR_SESSION_INVALID: { status: 401, retryable: false },
  ERR_LOGIN_REJECTED: { status: 401, retryable: false },
  ERR_ACCESS_DENIED: { status: 403, retryable: false },
  ERR_ORIGIN_REFUSED: { status: 403, retryable: false },
  ERR_INTERNAL: { status: 500, retryable: false },
  ERR_RESULT_TOO_LARGE: { status: 413, retryable: false },
  ERR_RESULT_LOST: { status: 502, retryable: false },
  ERR_RUN_FAILED: { status: 502, retryable: false },
  ERR_OUTPUT_SHAPE: { status: 502, retryable: false },
  ERR_NOT_SUPPORTED: { status: 501, retryable: false },
  ERR_UPSTREAM: { status: 502, retryable: true },
  ERR_AUTH_UNAVAILABLE: { status: 503, retryable: true },
  ERR_STORE: { status: 503, retryable: true },
  ERR_EVENT_FEED: { status: 503, retryable: true },
  ERR_OVERLOADED: { status: 503, retryable: true },
  ERR_UPSTREAM_TIMEOUT: { status: 504, retryable: true },
  ERR_CONFIG_INVALID: { status: 500, retryable: false },
  ERR_SPEC_INVALID: { status: 500, retryable: false },
  ERR_SPEC_UNSUPPORTED: { status: 500, retryable: false },
  ERR_POLICY_INVALID: { status: 500, retryable: false },
  ERR_OUTPUT_STALE: { status: 500, retryable: false },
} as const satisfies Record<string, { status: number; retryable: boolean }>;

/** A stable name that programs may branch on; its HTTP status never changes. */
export type ErrorCode = keyof typeof table;

/** Every code of the gateway. Clients match codes, so a code is never renamed. */
export const errorCodes = Object.keys(table) as readonly ErrorCode[];

/** Members of an error besides its code and its sentence. */
export interface GatewayErrorOptions {
  /** The underlying error; logged, never sent to a caller. */
  cause?: unknown;
  /** Seconds a caller should wait; becomes `Retry-After`. */
  retryAfterSecs?: number;
  /** The limit that was reached; becomes `RateLimit` and `RateLimit-Policy`. */
  rateLimit?: RateLimitState;
  /** One line per problem, for errors of configuration and documents. */
  problems?: readonly string[];
  /** A more precise code beside `code`, for programs; part of a REST answer. */
  reason?: string;
  /** NoETL's own status, where an answer keeps it. Default: the status of the code. */
  status?: number;
}

/** A limit and what is left of it. `policy` is a name of ours, `quota` is for `windowSecs`. */
export interface RateLimitState {
  readonly policy: string;
  readonly quota: number;
  readonly windowSecs: number;
  readonly remaining: number;
  readonly resetSecs: number;
}

/**
 * The one error class. `message` is public: it never holds a token, a path on disk, a URL or text of the upstream.
 * Thrown for "could not find out" and for refusals at the edge; a plain "no" is a value, not an error.
 */
export class GatewayError extends Error {
  readonly code: ErrorCode;
  readonly status: number;
  readonly retryable: boolean;
  readonly retryAfterSecs: number | undefined;
  readonly rateLimit: RateLimitState | undefined;
  readonly problems: readonly string[];
  readonly reason: string | undefined;

  constructor(code: ErrorCode, message: string, options: GatewayErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'GatewayError';
    this.code = code;
    this.status = options.status ?? table[code].status;
    this.retryable = table[code].retryable;
    this.retryAfterSecs = options.retryAfterSecs;
    this.rateLimit = options.rateLimit;
    this.problems = options.problems ?? [];
    this.reason = options.reason;
  }
}

/**
 * The headers that name the time at which a refused caller may try again. Names are lower case.
 * @see RFC 9110 section 10.2.3 (Retry-After); draft-ietf-httpapi-ratelimit-headers-10 (RateLimit, RateLimit-Policy)
 */
export function limitHeaders({ retryAfterSecs, rateLimit }: GatewayError): Record<string, string> {
  const headers: Record<string, string> = {};
  if (retryAfterSecs !== undefined) headers['retry-after'] = String(Math.max(1, Math.ceil(retryAfterSecs)));
  if (rateLimit === undefined) return headers;
  const { policy, quota, windowSecs, remaining, resetSecs } = rateLimit;
  headers['ratelimit-policy'] = `"${policy}";q=${quota};w=${windowSecs}`;
  headers['ratelimit'] = `"${policy}";r=${remaining};t=${resetSecs}`;
  return headers;
}

/** Causes of errors are looked through this deep. */
const maxCauses = 5;

/** Codes of sockets, names and certificates, of Node and of undici; not those of this project. */
const ofSystem = /^(?:(?!ERR_)|ERR_TLS_|ERR_SSL_)[A-Z][A-Z0-9_]{2,60}$/;

/** Texts of clients that have no code, and what they are named here. */
const texts: readonly (readonly [pattern: RegExp, code: string])[] = [
  [/WRONGPASS|NOAUTH|authorization violation|authentication/i, 'AUTHENTICATION'],
  [/NOPERM|permissions violation/i, 'PERMISSION'],
  [/READONLY|MISCONF/, 'READONLY'],
  [/OOM command not allowed/, 'OUT_OF_MEMORY'],
  [/LOADING|MASTERDOWN|CLUSTERDOWN/, 'NOT_READY'],
  [/jetstream is not enabled|jetstream not enabled/i, 'JETSTREAM_OFF'],
  [/timed? ?out/i, 'TIMEOUT'],
];

/**
 * Names what is wrong with a connection by a code, `ECONNREFUSED` for example: that of the first error in the chain of causes
 * that has one of the system, else what its text is known for, else `OTHER`. No text from outside is part of it.
 */
export function problemCode(error: unknown): string {
  let known: string | undefined;
  let at: unknown = error;
  for (let depth = 0; depth < maxCauses && at instanceof Error; depth += 1) {
    const code: unknown = 'code' in at ? at.code : undefined;
    if (typeof code === 'string' && ofSystem.test(code)) return code;
    known ??= codeOfText(at);
    at = at.cause;
  }
  return known ?? 'OTHER';
}

function codeOfText({ name, message }: Error): string | undefined {
  if (name === 'TimeoutError') return 'TIMEOUT';
  return texts.find(([pattern]) => pattern.test(message))?.[1];
}
