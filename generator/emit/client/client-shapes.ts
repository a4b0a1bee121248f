/** What a gateway client is made with. */
export interface GatewayClientOptions {
  /** Where the gateway is, `https://gateway.example.com` say. */
  readonly url: string;
  /** A session token, when there is one already; `login` sets it too. */
  readonly token?: string;
  /** Instead of the global one. */
  readonly fetch?: typeof fetch;
}

/** Options of one call. */
export interface CallOptions {
  readonly signal?: AbortSignal;
}

export interface WaitOptions extends CallOptions {
  /** Give up after this long; default five minutes. */
  readonly timeoutMs?: number;
}

export interface SessionUser {
  /** A number, or text when it is above 2^53. */
  readonly user_id: number | string;
  readonly email: string | null;
  readonly display_name: string;
  readonly roles: readonly string[];
}

export interface LoginInput {
  readonly auth0_token: string;
  readonly auth0_domain?: string;
  readonly session_duration_hours?: number;
}

export interface LoginAnswer {
  readonly status: string;
  readonly session_token: string;
  readonly user: SessionUser;
  /** ISO 8601, UTC. */
  readonly expires_at: string;
}

export interface ValidateAnswer {
  readonly valid: boolean;
  readonly user: SessionUser | null;
  readonly expires_at: string | null;
  readonly message: string;
}

export interface AccessAnswer {
  readonly allowed: boolean;
  readonly user: SessionUser | null;
  readonly playbook_path: string;
  readonly permission_type: string;
  readonly message: string;
}

/** One error of a GraphQL answer. */
export interface GraphqlProblem {
  readonly message: string;
  readonly path?: readonly (string | number)[];
  readonly extensions?: { readonly code?: string };
}

/**
 * Every failure of a client. `code` is the gateway's (`ERR_ACCESS_DENIED`, …), or the client's own: `ERR_NETWORK` (no
 * answer), `ERR_ANSWER` (not an answer of a gateway), `ERR_TIMEOUT` (waited long enough). `status` is 0 without an answer.
 */
export class GatewayClientError extends Error {
  readonly code: string;
  readonly status: number;
  /** Seconds to wait before trying again, when the gateway said so. */
  readonly retryAfterSecs: number | undefined;
  /** All errors of a GraphQL answer. */
  readonly problems: readonly GraphqlProblem[];

  constructor(
    code: string,
    message: string,
    more: {
      status?: number;
      retryAfterSecs?: number | undefined;
      problems?: readonly GraphqlProblem[];
      cause?: unknown;
    } = {},
  ) {
    super(message, more.cause === undefined ? undefined : { cause: more.cause });
    this.name = 'GatewayClientError';
    this.code = code;
    this.status = more.status ?? 0;
    this.retryAfterSecs = more.retryAfterSecs;
    this.problems = more.problems ?? [];
  }
}

/** What every client can do, whatever its schema. */
export interface GatewayConnection {
  /** The session token of the calls that follow; undefined when there is none. */
  token: string | undefined;
  /** Exchanges an identity token for a session and keeps its token. */
  login(input: LoginInput, options?: CallOptions): Promise<LoginAnswer>;
  /** Tells whether the token is a session; its own token by default. */
  validate(token?: string, options?: CallOptions): Promise<ValidateAnswer>;
  /** Tells whether the session has a permission (`execute`, `view`, `edit`, `delete`) on a playbook. */
  checkAccess(playbookPath: string, permission: string, options?: CallOptions): Promise<AccessAnswer>;
  /** Ends the session, or with `all` every session of its user, and forgets the token. */
  logout(input?: { readonly all?: boolean }, options?: CallOptions): Promise<void>;
  /** Runs any GraphQL document. Integers above 2^53 in the answer are text, digit for digit. */
  request<T = Record<string, unknown>>(
    query: string,
    variables?: Record<string, unknown>,
    options?: CallOptions,
  ): Promise<T>;
}
