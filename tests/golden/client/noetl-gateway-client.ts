// Generated from mesh/generated/schema.graphql by `noetl-gateway generate`. Do not edit.
// biome-ignore-all format: generated
// biome-ignore-all lint: generated
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

/** @throws GatewayClientError from every method */
function createConnection(options: GatewayClientOptions): GatewayConnection {
  const send = options.fetch ?? globalThis.fetch.bind(globalThis);
  const base = options.url.replace(/\/+$/, '');

  async function post(path: string, body: unknown, signal: AbortSignal | undefined): Promise<unknown> {
    const headers: Record<string, string> = { accept: 'application/json', 'content-type': 'application/json' };
    if (connection.token !== undefined) headers['authorization'] = `Bearer ${connection.token}`;
    const init = { method: 'POST', headers, body: JSON.stringify(body, bigintAsText), ...(signal && { signal }) };
    try {
      const response = await send(base + path, init);
      return readAnswer(response, await response.text());
    } catch (cause) {
      if (cause instanceof GatewayClientError) throw cause;
      if (signal?.aborted) throw signal.reason;
      throw new GatewayClientError('ERR_NETWORK', 'The gateway does not answer.', { cause });
    }
  }

  const connection: GatewayConnection = {
    token: options.token,
    async login(input, { signal } = {}) {
      const answer = (await post('/api/auth/login', input, signal)) as LoginAnswer;
      connection.token = answer.session_token;
      return answer;
    },
    async validate(token = connection.token ?? '', { signal } = {}) {
      return (await post('/api/auth/validate', { session_token: token }, signal)) as ValidateAnswer;
    },
    async checkAccess(playbookPath, permission, { signal } = {}) {
      const session_token = connection.token ?? '';
      const question = { session_token, playbook_path: playbookPath, permission_type: permission };
      return (await post('/api/auth/check-access', question, signal)) as AccessAnswer;
    },
    async logout(input = {}, { signal } = {}) {
      await post('/api/auth/logout', input, signal);
      connection.token = undefined;
    },
    async request<T>(query: string, variables: Record<string, unknown> = {}, { signal }: CallOptions = {}) {
      const answer = (await post('/graphql', { query, variables }, signal)) as GraphqlAnswer;
      const problems = answer.errors ?? [];
      if (problems.length > 0) throw graphqlError(200, problems);
      return answer.data as T;
    },
  };
  return connection;
}

/**
 * Asks again and again, less often with time, until `isOver`. Failures that may pass (no answer, 429, 5xx) are outlived.
 * @throws GatewayClientError ERR_TIMEOUT, and what does not pass; the signal's reason when it is aborted
 */
async function poll<T>(
  ask: () => Promise<T>,
  isOver: (value: T) => boolean,
  { timeoutMs = 300_000, signal }: WaitOptions = {},
): Promise<T> {
  const until = Date.now() + timeoutMs;
  for (let pauseMs = 250; ; pauseMs = Math.min(pauseMs * 1.5, 3_000)) {
    const look = await ask().then((value) => ({ value }), passingFailure);
    if ('value' in look && isOver(look.value)) return look.value;
    const waitMs = 'value' in look ? pauseMs : Math.max(pauseMs, look.waitMs);
    if (Date.now() + waitMs > until) throw new GatewayClientError('ERR_TIMEOUT', 'The execution is not over yet.');
    await pause(waitMs, signal);
  }
}

/** The statuses of an execution that is over. */
const terminal: ReadonlySet<string> = new Set(['COMPLETED', 'FAILED', 'CANCELLED']);

interface GraphqlAnswer {
  readonly data?: unknown;
  readonly errors?: readonly GraphqlProblem[];
}

/** A field's failure comes with status 200, so its code is looked at as well. */
const passing = new Set([
  'ERR_NETWORK',
  'ERR_UPSTREAM',
  'ERR_UPSTREAM_TIMEOUT',
  'ERR_AUTH_UNAVAILABLE',
  'ERR_STORE',
  'ERR_OVERLOADED',
]);

/** How long to wait before asking again. @throws what does not pass */
function passingFailure(error: unknown): { readonly waitMs: number } {
  if (!(error instanceof GatewayClientError)) throw error;
  if (!passing.has(error.code) && error.status !== 429 && error.status < 502) throw error;
  return { waitMs: (error.retryAfterSecs ?? 0) * 1_000 };
}

function readAnswer(response: Response, text: string): unknown {
  const answer = parseObject(text) as (GraphqlAnswer & { error?: string; code?: string }) | undefined;
  if (response.ok && answer !== undefined) return answer;
  const { status } = response;
  const retryAfter = Number(response.headers.get('retry-after') ?? Number.NaN);
  const retryAfterSecs = Number.isFinite(retryAfter) ? retryAfter : undefined;
  if (answer?.errors?.[0] !== undefined) throw graphqlError(status, answer.errors, retryAfterSecs);
  const message = answer?.error ?? `The gateway answered with status ${status}.`;
  throw new GatewayClientError(answer?.code ?? 'ERR_ANSWER', message, { status, retryAfterSecs });
}

function graphqlError(
  status: number,
  problems: readonly GraphqlProblem[],
  retryAfterSecs?: number,
): GatewayClientError {
  const [first] = problems;
  const message = first?.message ?? 'The gateway refused the request.';
  return new GatewayClientError(first?.extensions?.code ?? 'ERR_ANSWER', message, { status, retryAfterSecs, problems });
}

/** A JSON object in which integers that a double would change become text. Undefined when it is none. */
function parseObject(text: string): object | undefined {
  const exact = /\d{16}/.test(text) ? text.replace(/"[^"\\]*(?:\\.[^"\\]*)*"|-?\d[\d.eE+-]*/g, quoteLongInteger) : text;
  try {
    const value: unknown = JSON.parse(exact);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

function quoteLongInteger(token: string): string {
  return /^-?\d+$/.test(token) && !Number.isSafeInteger(Number(token)) ? `"${token}"` : token;
}

const bigintAsText = (_key: string, value: unknown): unknown => (typeof value === 'bigint' ? String(value) : value);

function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const stop = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      resolve();
    }, ms);
    signal?.addEventListener('abort', stop, { once: true });
  });
}

export type Kind = 'PLAYBOOK' | 'AGENT';

export interface CustomArgs {
  readonly kind: Kind;
}

export interface ExecutionArgs {
  readonly id: string;
}

export interface Execution {
  readonly id: string;
  readonly status: string;
  readonly result: unknown;
  readonly textOutput: string | null;
}

export interface ExecutionsArgs {
  readonly page?: number | null;
  readonly pageSize?: number | null;
}

export interface Pool {
  readonly name: string;
  readonly online: boolean | null;
  readonly jobs?: unknown;
}

export interface ExecutionRow {
  readonly id: string;
  readonly path: string | null;
  readonly duration: number | null;
  readonly pools: readonly Pool[] | null;
}

export interface Me {
  readonly email: string | null;
  readonly roles: readonly string[];
  readonly kind: Kind | null;
}

export interface TreeArgs {
  readonly root: string;
}

export interface Node {
  readonly id: string;
  /** Ends a comment: *\/ */
  readonly label: string | null;
  readonly children?: unknown;
}

export interface PoolList {
  readonly items: readonly Pool[];
  readonly total: number;
}

export interface ExecutePlaybookArgs {
  /** Catalog path of the playbook. */
  readonly name: string;
  readonly variables?: unknown;
}

export interface ExecuteResult {
  readonly id: string;
  readonly name: string | null;
  readonly status: string;
  readonly textOutput: string | null;
}

export interface TagFilter {
  readonly path: string;
  readonly tags?: readonly string[] | null;
  readonly deep?: TagFilter | null;
  readonly error?: boolean | null;
}

export interface TagArgs {
  readonly filter: TagFilter;
}

/** A gateway, typed by its schema. Every method rejects with a {@link GatewayClientError}. */
export interface GatewayClient extends GatewayConnection {
  custom(args: CustomArgs, options?: CallOptions): Promise<unknown>;
  /** One execution; its result once it is over. */
  execution(args: ExecutionArgs, options?: CallOptions): Promise<Execution | null>;
  executions(args?: ExecutionsArgs, options?: CallOptions): Promise<readonly (ExecutionRow | null)[] | null>;
  loginField(options?: CallOptions): Promise<string | null>;
  me(options?: CallOptions): Promise<Me>;
  tree(args: TreeArgs, options?: CallOptions): Promise<Node | null>;
  workerPools(options?: CallOptions): Promise<PoolList>;
  /** Starts a playbook. */
  executePlaybook(args: ExecutePlaybookArgs, options?: CallOptions): Promise<ExecuteResult | null>;
  tag(args: TagArgs, options?: CallOptions): Promise<boolean | null>;
  /** Asks until the execution is over: completed, failed or cancelled. Failures that may pass are outlived. */
  waitForExecution(id: string, options?: WaitOptions): Promise<Execution>;
}

/** Makes a client; nothing is sent before a method is called. */
export function createGatewayClient(options: GatewayClientOptions): GatewayClient {
  const connection = createConnection(options);
  const call = async <T>(field: string, query: string, args: object | undefined, more: CallOptions | undefined): Promise<T> => {
    const data = await connection.request(query, { ...args }, more);
    return data[field] as T;
  };
  const client: GatewayClient = Object.assign(connection, {
    custom: (args: CustomArgs, more?: CallOptions) =>
      call<unknown>('custom', "query custom($kind:Kind!){custom(kind:$kind)}", args, more),
    execution: (args: ExecutionArgs, more?: CallOptions) =>
      call<Execution | null>('execution', "query execution($id:ID!){execution(id:$id){id status result textOutput}}", args, more),
    executions: (args?: ExecutionsArgs, more?: CallOptions) =>
      call<readonly (ExecutionRow | null)[] | null>('executions', "query executions($page:Int$pageSize:Int){executions(page:$page pageSize:$pageSize){id path duration pools{name online}}}", args, more),
    loginField: (more?: CallOptions) =>
      call<string | null>('login', "query login{login}", undefined, more),
    me: (more?: CallOptions) =>
      call<Me>('me', "query me{me{email roles kind}}", undefined, more),
    tree: (args: TreeArgs, more?: CallOptions) =>
      call<Node | null>('tree', "query tree($root:ID!){tree(root:$root){id label}}", args, more),
    workerPools: (more?: CallOptions) =>
      call<PoolList>('workerPools', "query workerPools{workerPools{items{name online}total}}", undefined, more),
    executePlaybook: (args: ExecutePlaybookArgs, more?: CallOptions) =>
      call<ExecuteResult | null>('executePlaybook', "mutation executePlaybook($name:String!$variables:JSON){executePlaybook(name:$name variables:$variables){id name status textOutput}}", args, more),
    tag: (args: TagArgs, more?: CallOptions) =>
      call<boolean | null>('tag', "mutation tag($filter:TagFilter!){tag(filter:$filter)}", args, more),
    waitForExecution: async (id: string, more?: WaitOptions) =>
      (await poll(() => client.execution({ id }, more), (one) => terminal.has(one?.status ?? ''), more)) as Execution,
  });
  return client;
}
