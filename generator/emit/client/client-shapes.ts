/** What a gateway client is made with. */
export interface GatewayClientOptions {
  /** Where the gateway is, for example `https://gateway.example.com`. */
  readonly url: string;
  /** A session token, or a function that gives one for each call; `login` sets it too. */
  readonly token?: string | (() => string | undefined | Promise<string | undefined>);
  /**
   * Called when the gateway answers 401. With a new token the call is made once more; without one it fails. Calls that
   * fail at the same time share one answer.
   */
  readonly onUnauthorized?: () => string | undefined | Promise<string | undefined>;
  /** Of each call; default 30,000. */
  readonly timeoutMs?: number;
  /** How often a read is made again after a failure that may pass; default 2. */
  readonly retries?: number;
  /** Instead of the global one. */
  readonly fetch?: typeof fetch;
}

/** Options of one call. */
export interface CallOptions {
  readonly signal?: AbortSignal;
  readonly timeoutMs?: number;
  readonly retries?: number;
}

export interface WaitOptions extends CallOptions {
  /** Give up after this long; default five minutes. */
  readonly timeoutMs?: number;
}

/** Options of `run`. */
export interface RunOptions<Execution> extends WaitOptions {
  /** Called with the execution whenever its status, step or progress is another. */
  readonly onUpdate?: (execution: Execution) => void;
  /** Cancel the execution when the signal aborts; by default it goes on. */
  readonly cancelOnAbort?: boolean;
}

/**
 * A document with the types of its data and variables, as graphql-codegen and `@graphql-typed-document-node/core` make them:
 * parsed, or a text.
 */
export interface TypedDocument<Data, Variables> {
  readonly __apiType?: (variables: Variables) => Data;
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
  /** Seconds to wait before trying again, when the gateway sent `Retry-After`. */
  readonly retryAfterSecs: number | undefined;
  /** All errors of a GraphQL answer. */
  readonly problems: readonly GraphqlProblem[];
  /** What the answer holds beside its errors; a field that failed is null. */
  readonly data: unknown;

  constructor(
    code: string,
    message: string,
    more: {
      status?: number;
      retryAfterSecs?: number | undefined;
      problems?: readonly GraphqlProblem[];
      data?: unknown;
      cause?: unknown;
    } = {},
  ) {
    super(message, more.cause === undefined ? undefined : { cause: more.cause });
    this.name = 'GatewayClientError';
    this.code = code;
    this.status = more.status ?? 0;
    this.retryAfterSecs = more.retryAfterSecs;
    this.problems = more.problems ?? [];
    this.data = more.data;
  }
}

/** What every client can do, whatever its schema. */
export interface GatewayConnection {
  /** The session token of the calls that follow; undefined: no session. */
  token: string | undefined;
  /** Exchanges an identity token for a session and keeps its token. */
  login(input: LoginInput, options?: CallOptions): Promise<LoginAnswer>;
  /** Returns whether the token is a session; its own token by default. */
  validate(token?: string, options?: CallOptions): Promise<ValidateAnswer>;
  /** Returns whether the session has a permission (`execute`, `view`, `edit`, `delete`) on a playbook. */
  checkAccess(playbookPath: string, permission: string, options?: CallOptions): Promise<AccessAnswer>;
  /** Ends the session, or with `all` every session of its user, and forgets the token. */
  logout(input?: { readonly all?: boolean }, options?: CallOptions): Promise<void>;
  /** Runs a typed document: only the fields that it selects are read. Integers above 2^53 in the answer are text. */
  request<Data, Variables extends object>(
    document: TypedDocument<Data, Variables>,
    variables?: Variables,
    options?: CallOptions,
  ): Promise<Data>;
  /** Runs any GraphQL document. */
  request<Data = Record<string, unknown>>(
    document: string,
    variables?: Record<string, unknown>,
    options?: CallOptions,
  ): Promise<Data>;
  /**
   * Runs a subscription: the data of each event, until it completes. Leaving the loop closes it. It has no time limit but
   * that of its signal.
   */
  subscribe<Data, Variables extends object>(
    document: TypedDocument<Data, Variables> | string,
    variables?: Variables,
    options?: Pick<CallOptions, 'signal'>,
  ): AsyncGenerator<Data>;
}
