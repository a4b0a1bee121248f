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

/** The methods that follow an execution. */
export interface ExecutionMethods<Execution> {
  /** Asks until the execution is over: completed, failed or cancelled. Failures that may pass are outlived. */
  waitForExecution(id: string, options?: WaitOptions): Promise<Execution>;
  /** The states of an execution as they come, until it is over. By a subscription; where that is not possible or breaks, by asking. */
  watch(id: string, options?: WaitOptions): AsyncGenerator<Execution>;
  /** Starts a playbook and follows it to its end. A failed or cancelled execution is a result; only calls that fail reject. */
  run(name: string, variables?: unknown, options?: RunOptions<Execution>): Promise<Execution>;
}

/** A node of a parsed GraphQL document, as far as its text needs it. */
interface Node {
  readonly kind: string;
  readonly [part: string]: unknown;
}

/** The text of a document: a text, a text with types, or a parsed document. */
export function textOf(document: unknown): string {
  if (typeof document === 'string' || document instanceof String) return String(document);
  const { loc } = document as { readonly loc?: { readonly source?: { readonly body?: string } } };
  return loc?.source?.body ?? print(document as Node);
}

/** Whether it may be sent again: a query, and no mutation. */
export const isRead = (text: string): boolean =>
  !/(?:^|[}\s])(?:mutation|subscription)\b/.test(text.replace(/"(?:[^"\\]|\\.)*"|#.*/g, ''));

const name = (node: unknown): string => (node as { name?: { value: string } }).name?.value ?? '';

/** Executable documents in one line. Definitions of types print nothing. */
function print(node: unknown): string {
  if (node === undefined || node === null) return '';
  const { kind, ...part } = node as Node;
  const list = (key: string, between = ' '): string => ((part[key] ?? []) as unknown[]).map(print).join(between);
  const all = (key: string, open: string, close: string): string => (list(key) === '' ? '' : open + list(key) + close);
  const own = name(node);
  switch (kind) {
    case 'Document':
      return list('definitions');
    case 'OperationDefinition':
      return `${part['operation']} ${own}${all('variableDefinitions', '(', ')')}${list('directives')}${print(part['selectionSet'])}`;
    case 'VariableDefinition':
      return `${print(part['variable'])}:${print(part['type'])}${part['defaultValue'] ? `=${print(part['defaultValue'])}` : ''}`;
    case 'SelectionSet':
      return `{${list('selections')}}`;
    case 'Field': {
      const alias = part['alias'] ? `${(part['alias'] as { value: string }).value}:` : '';
      return `${alias}${own}${all('arguments', '(', ')')}${list('directives')}${print(part['selectionSet'])}`;
    }
    case 'FragmentSpread':
      return `...${own}${list('directives')}`;
    case 'InlineFragment':
      return `...${condition(part)}${list('directives')}${print(part['selectionSet'])}`;
    case 'FragmentDefinition':
      return `fragment ${own}${condition(part)}${list('directives')}${print(part['selectionSet'])}`;
    case 'Directive':
      return ` @${own}${all('arguments', '(', ')')}`;
    case 'Argument':
    case 'ObjectField':
      return `${own}:${print(part['value'])}`;
    default:
      return printValue(kind, own, part, list);
  }
}

const condition = (part: Omit<Node, 'kind'>): string =>
  part['typeCondition'] ? ` on ${name(part['typeCondition'])}` : '';

function printValue(
  kind: string,
  own: string,
  part: Omit<Node, 'kind'>,
  list: (key: string, between?: string) => string,
): string {
  switch (kind) {
    case 'Variable':
      return `$${own}`;
    case 'NamedType':
      return own;
    case 'ListType':
      return `[${print(part['type'])}]`;
    case 'NonNullType':
      return `${print(part['type'])}!`;
    case 'StringValue':
      return JSON.stringify(part['value']);
    case 'ListValue':
      return `[${list('values')}]`;
    case 'ObjectValue':
      return `{${list('fields')}}`;
    case 'NullValue':
      return 'null';
    default:
      return String(part['value'] ?? '');
  }
}

interface GraphqlAnswer {
  readonly data?: unknown;
  readonly errors?: readonly GraphqlProblem[];
}

function graphqlError(
  status: number,
  { errors: problems = [], data }: GraphqlAnswer,
  retryAfterSecs?: number,
): GatewayClientError {
  const [first] = problems;
  const message = first?.message ?? 'The gateway refused the request.';
  const more = { status, retryAfterSecs, problems, data };
  return new GatewayClientError(first?.extensions?.code ?? 'ERR_ANSWER', message, more);
}

/** A JSON object in which integers that a double would change become text. Undefined when it is not an object. */
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

/** @throws GatewayClientError from every method */
export function createConnection(options: GatewayClientOptions): GatewayConnection {
  const post = createSender(options, () => connection.token);
  const connection: GatewayConnection = {
    token: typeof options.token === 'string' ? options.token : undefined,
    async login(input, more) {
      const answer = (await post('/api/auth/login', input, more)) as LoginAnswer;
      connection.token = answer.session_token;
      return answer;
    },
    async validate(token = connection.token ?? '', more) {
      return (await post('/api/auth/validate', { session_token: token }, more)) as ValidateAnswer;
    },
    async checkAccess(playbookPath, permission, more) {
      const session_token = connection.token ?? '';
      const question = { session_token, playbook_path: playbookPath, permission_type: permission };
      return (await post('/api/auth/check-access', question, more)) as AccessAnswer;
    },
    async logout(input = {}, more) {
      await post('/api/auth/logout', input, more);
      connection.token = undefined;
    },
    subscribe: <Data>(
      document: TypedDocument<Data, object> | string,
      variables: object = {},
      { signal }: Pick<CallOptions, 'signal'> = {},
    ) => eventsAt(options, connection.token, { query: textOf(document), variables }, signal) as AsyncGenerator<Data>,
    async request<Data>(
      document: TypedDocument<Data, object> | string,
      variables: object = {},
      more: CallOptions = {},
    ) {
      const query = textOf(document);
      const ask = async (): Promise<Data> => {
        const answer = (await post('/graphql', { query, variables }, more, renew)) as GraphqlAnswer;
        if (answer.errors?.[0] !== undefined) throw graphqlError(200, answer);
        return answer.data as Data;
      };
      return isRead(query) ? retried(ask, more.retries ?? options.retries ?? 2, more.signal) : ask();
    },
  };
  let renewing: Promise<boolean> | undefined;
  /** A new token, when there is a hook that gives one, or when another call has got one since this one was sent. */
  const renew: Renew = async (refused) => {
    if (connection.token !== undefined && bearer(connection.token) !== refused) return true;
    renewing ??= Promise.resolve(options.onUnauthorized?.())
      .then((token) => {
        if (token !== undefined) connection.token = token;
        return token !== undefined;
      })
      .finally(() => {
        renewing = undefined;
      });
    return renewing;
  };
  return connection;
}

/** @param refused the header that the refused call had. @returns whether there is another token now */
type Renew = (refused: string | undefined) => Promise<boolean>;
type Post = (path: string, body: unknown, more?: CallOptions, renew?: Renew) => Promise<unknown>;

const bearer = (token: string): string => `Bearer ${token}`;

/** Headers of a call, with the session token of now. */
async function headersOf(options: GatewayClientOptions, sessionToken: string | undefined, accept: string) {
  const token = sessionToken ?? (typeof options.token === 'function' ? await options.token() : undefined);
  const common: Record<string, string> = { accept, 'content-type': 'application/json' };
  return token === undefined ? common : { ...common, authorization: bearer(token) };
}

const senderOf = (options: GatewayClientOptions) => options.fetch ?? globalThis.fetch.bind(globalThis);
const baseOf = ({ url }: GatewayClientOptions): string => url.replace(/\/+$/, '');

/** The data of each event of a subscription. */
async function* eventsAt(
  options: GatewayClientOptions,
  sessionToken: string | undefined,
  body: object,
  signal: AbortSignal | undefined,
): AsyncGenerator<unknown> {
  const headers = await headersOf(options, sessionToken, 'text/event-stream');
  const text = JSON.stringify(body, bigintAsText);
  const init = { method: 'POST', headers, body: text, ...(signal && { signal }) };
  try {
    yield* eventsOf(await senderOf(options)(`${baseOf(options)}/graphql`, init));
  } catch (cause) {
    if (cause instanceof GatewayClientError) throw cause;
    if (signal?.aborted) throw signal.reason;
    throw new GatewayClientError('ERR_NETWORK', 'The stream of events has broken.', { cause });
  }
}

function createSender(options: GatewayClientOptions, sessionToken: () => string | undefined): Post {
  const send = senderOf(options);
  const base = baseOf(options);
  const headers = () => headersOf(options, sessionToken(), 'application/json');
  return async (path, body, { signal, timeoutMs = options.timeoutMs ?? 30_000 } = {}, renew) => {
    const limit = AbortSignal.timeout(timeoutMs);
    const both = signal === undefined ? limit : AbortSignal.any([signal, limit]);
    const text = JSON.stringify(body, bigintAsText);
    const once = async (headers: Record<string, string>): Promise<Response> =>
      send(base + path, { method: 'POST', headers, body: text, signal: both });
    try {
      const sent = await headers();
      const first = await once(sent);
      const isRenewed = first.status === 401 && (await renew?.(sent['authorization'])) === true;
      const response = isRenewed ? await once(await headers()) : first;
      return readAnswer(response, await response.text());
    } catch (cause) {
      throw failureOf(cause, signal, limit);
    }
  };
}

/** @throws the signal's reason when it is aborted */
function failureOf(cause: unknown, signal: AbortSignal | undefined, limit: AbortSignal): GatewayClientError {
  if (cause instanceof GatewayClientError) return cause;
  if (signal?.aborted) throw signal.reason;
  return limit.aborted
    ? new GatewayClientError('ERR_TIMEOUT', 'The gateway did not answer in time.', { cause })
    : new GatewayClientError('ERR_NETWORK', 'The gateway does not answer.', { cause });
}

/** Makes a read again after failures that may pass, after the gateway's `Retry-After` or 0.3 s, 0.6 s and so on. */
async function retried<T>(ask: () => Promise<T>, retries: number, signal: AbortSignal | undefined): Promise<T> {
  for (let left = retries, pauseMs = 300; ; left -= 1, pauseMs *= 2) {
    try {
      return await ask();
    } catch (error) {
      if (left <= 0) throw error;
      await pause(Math.max(retryDelay(error), pauseMs * (0.5 + Math.random())), signal);
    }
  }
}

/** A field's failure comes with status 200, so its code counts as well. */
const passing = new Set([
  'ERR_NETWORK',
  'ERR_UPSTREAM',
  'ERR_UPSTREAM_TIMEOUT',
  'ERR_AUTH_UNAVAILABLE',
  'ERR_STORE',
  'ERR_OVERLOADED',
]);

/** Milliseconds to wait before asking again. @throws what does not pass */
function retryDelay(error: unknown): number {
  if (!(error instanceof GatewayClientError)) throw error;
  if (!passing.has(error.code) && error.status !== 429 && error.status < 502) throw error;
  return (error.retryAfterSecs ?? 0) * 1_000;
}

function readAnswer(response: Response, text: string): unknown {
  const answer = parseObject(text) as (GraphqlAnswer & { error?: string; code?: string }) | undefined;
  if (response.ok && answer !== undefined) return answer;
  const { status } = response;
  const retryAfter = Number(response.headers.get('retry-after') ?? Number.NaN);
  const retryAfterSecs = Number.isFinite(retryAfter) ? retryAfter : undefined;
  if (answer?.errors?.[0] !== undefined) throw graphqlError(status, answer, retryAfterSecs);
  const message = answer?.error ?? `The gateway answered with status ${status}.`;
  throw new GatewayClientError(answer?.code ?? 'ERR_ANSWER', message, { status, retryAfterSecs });
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

/**
 * The data of each event of a subscription (GraphQL over SSE, one connection), until it completes.
 * @throws GatewayClientError, also when the answer is not a stream of events
 */
async function* eventsOf(response: Response): AsyncGenerator<unknown> {
  const isStream = response.headers.get('content-type')?.startsWith('text/event-stream') === true;
  if (!response.ok || !isStream || response.body === null) {
    await response.body?.cancel();
    throw new GatewayClientError('ERR_ANSWER', 'The gateway did not answer with a stream of events.', {
      status: response.status,
    });
  }
  for await (const { event, data } of framesOf(response.body)) {
    if (event === 'complete') return;
    if (event !== 'next') continue;
    const answer = parseObject(data) as GraphqlAnswer | undefined;
    if (answer?.errors?.[0] !== undefined) throw graphqlError(200, answer);
    yield answer?.data;
  }
}

/** The frames of a stream of server-sent events; a line of data for each is what gateways send. */
async function* framesOf(body: ReadableStream<Uint8Array>): AsyncGenerator<{ event: string; data: string }> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let text = '';
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      text += decoder.decode(value, { stream: true });
      for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
        const lines = text.slice(0, end).split('\n');
        text = text.slice(end + 2);
        const field = (name: string) =>
          lines
            .find((line) => line.startsWith(`${name}:`))
            ?.slice(name.length + 1)
            .trim();
        yield { event: field('event') ?? '', data: field('data') ?? '' };
      }
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}

interface WithStatus {
  readonly status: string | null;
}

/** The statuses of an execution that is over. */
const terminal: ReadonlySet<string> = new Set(['COMPLETED', 'FAILED', 'CANCELLED']);

const isOver = ({ status }: WithStatus): boolean => terminal.has(status ?? '');

/** The calls of a gateway that {@link executionMethods} makes. */
export interface ExecutionCalls<Execution> {
  readonly read: (id: string, options: CallOptions) => Promise<Execution | null>;
  readonly start: (name: string, variables: unknown, options: CallOptions) => Promise<{ readonly id: string } | null>;
  readonly cancel: (id: string) => Promise<unknown>;
  /** The states by a subscription; undefined where the schema has none. */
  readonly updates?: ((id: string, signal: AbortSignal) => AsyncGenerator<Execution | null>) | undefined;
}

export function executionMethods<Execution extends WithStatus>({
  read,
  start,
  cancel,
  updates,
}: ExecutionCalls<Execution>): ExecutionMethods<Execution> {
  // The time that a wait has is not the time of each of its calls, and the wait itself makes a call again.
  const callOf = ({ signal }: WaitOptions): CallOptions => ({ retries: 0, ...(signal && { signal }) });
  const watch = (id: string, options: WaitOptions = {}) =>
    watched(updates && ((signal) => updates(id, signal)), () => read(id, callOf(options)), options);
  return {
    waitForExecution: (id, options = {}) => lastOf(polled(() => read(id, callOf(options)), options)),
    watch,
    async run(name, variables, options = {}) {
      const started = await start(name, variables, callOf(options));
      if (started === null) throw new GatewayClientError('ERR_ANSWER', 'The gateway did not name the execution.');
      let seen = '';
      const onEach = (execution: Execution): void => {
        // All of it: a step may begin to run while the status and the name of the current step stay.
        const now = JSON.stringify(execution);
        if (now !== seen) options.onUpdate?.(execution);
        seen = now;
      };
      try {
        return await lastOf(watch(started.id, options), onEach);
      } catch (error) {
        if (options.cancelOnAbort === true && options.signal?.aborted === true)
          await cancel(started.id).catch(() => {});
        throw error;
      }
    },
  };
}

/**
 * The state of an execution, again and again and less often with time, until it is over. Failures that may pass (no
 * answer, 429, 5xx) are outlived.
 * @throws GatewayClientError ERR_TIMEOUT, and what does not pass; the signal's reason when it is aborted
 */
async function* polled<T extends WithStatus>(
  read: () => Promise<T | null>,
  { timeoutMs = 300_000, signal }: WaitOptions,
): AsyncGenerator<T> {
  const until = Date.now() + timeoutMs;
  for (let pauseMs = 250; ; pauseMs = Math.min(pauseMs * 1.5, 3_000)) {
    let waitMs = pauseMs;
    try {
      const execution = await read();
      if (execution !== null) yield execution;
      if (execution !== null && isOver(execution)) return;
    } catch (error) {
      waitMs = Math.max(pauseMs, retryDelay(error));
    }
    if (Date.now() + waitMs > until) throw new GatewayClientError('ERR_TIMEOUT', 'The execution is not over yet.');
    await pause(waitMs, signal);
  }
}

async function lastOf<T>(all: AsyncGenerator<T>, onEach: (one: T) => void = () => {}): Promise<T> {
  let last: T | undefined;
  for await (last of all) onEach(last);
  if (last === undefined) throw new GatewayClientError('ERR_TIMEOUT', 'The execution is not over yet.');
  return last;
}

/** A stream that shows nothing at first is held back on its way, for example by a proxy, milliseconds. */
const firstEventMs = 5_000;
/** One that falls silent is opened again: it begins with the state as it is, milliseconds. */
const silentMs = 30_000;

/** @throws what breaks the stream; the reason of an abort when it shows nothing */
async function* streamed<T>(open: (signal: AbortSignal) => AsyncGenerator<T>, signal: AbortSignal): AsyncGenerator<T> {
  for (;;) {
    const silence = new AbortController();
    const after = (ms: number) => setTimeout(() => silence.abort(), ms);
    let timer = after(firstEventMs);
    let hasSpoken = false;
    try {
      for await (const execution of open(AbortSignal.any([signal, silence.signal]))) {
        clearTimeout(timer);
        hasSpoken = true;
        yield execution;
        timer = after(silentMs);
      }
      return;
    } catch (error) {
      if (!silence.signal.aborted || !hasSpoken) throw error;
    } finally {
      clearTimeout(timer);
    }
  }
}

/**
 * The states of an execution as they come by a subscription, until it is over. Where there is no subscription, it breaks, or
 * it stays silent, the execution is asked for again and again.
 * @throws GatewayClientError ERR_TIMEOUT, and what does not pass; the signal's reason when it is aborted
 */
async function* watched<T extends WithStatus>(
  stream: ((signal: AbortSignal) => AsyncGenerator<T | null>) | undefined,
  read: () => Promise<T | null>,
  { timeoutMs = 300_000, signal }: WaitOptions,
): AsyncGenerator<T> {
  const until = Date.now() + timeoutMs;
  const limit = AbortSignal.timeout(timeoutMs);
  const both = signal === undefined ? limit : AbortSignal.any([signal, limit]);
  let last = '';
  try {
    for await (const execution of stream === undefined ? [] : streamed(stream, both)) {
      if (execution === null) continue;
      const now = JSON.stringify(execution);
      if (now !== last) yield execution;
      if (isOver(execution)) return;
      last = now;
    }
  } catch {
    signal?.throwIfAborted();
    // What is wrong for good is found by asking.
  }
  yield* polled(read, { timeoutMs: Math.max(0, until - Date.now()), ...(signal && { signal }) });
}

/**
 * The rows of all pages, one page at a time, until a page is empty: `for await (const row of paged((page) =>
 * client.executions({ page, pageSize: 100 })))`.
 */
export async function* paged<Row>(
  read: (page: number) => Promise<readonly Row[] | null | undefined>,
): AsyncGenerator<Row> {
  for (let page = 1; ; page += 1) {
    const rows = await read(page);
    if (rows === null || rows === undefined || rows.length === 0) return;
    yield* rows;
  }
}

/** Calls a root field by its document, with the arguments as variables. */
export const fieldCaller =
  (connection: GatewayConnection) =>
  async <T>(field: string, document: string, args?: object, options?: CallOptions): Promise<T> => {
    const data = await connection.request<Record<string, unknown>>(document, { ...args }, options);
    return data[field] as T;
  };

/** The states of an execution by the subscription of a document; undefined without one. */
export function updatesOf<Execution>(
  connection: GatewayConnection,
  document: string | undefined,
): ExecutionCalls<Execution>['updates'] {
  if (document === undefined) return undefined;
  return async function* (id, signal) {
    const events = connection.subscribe<{ executionUpdates: Execution | null }, object>(document, { id }, { signal });
    for await (const { executionUpdates } of events) yield executionUpdates;
  };
}
