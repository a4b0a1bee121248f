import {
  type AccessAnswer,
  type CallOptions,
  GatewayClientError,
  type GatewayClientOptions,
  type GatewayConnection,
  type GraphqlProblem,
  type LoginAnswer,
  type ValidateAnswer,
  type WaitOptions,
} from './client-shapes.ts';

/** @throws GatewayClientError from every method */
export function createConnection(options: GatewayClientOptions): GatewayConnection {
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

/** The statuses of an execution that is over. */
const terminal: ReadonlySet<string> = new Set(['COMPLETED', 'FAILED', 'CANCELLED']);

/**
 * Asks again and again, less often with time, until the execution is over. Failures that may pass (no answer, 429, 5xx)
 * are outlived.
 * @throws GatewayClientError ERR_TIMEOUT, and what does not pass; the signal's reason when it is aborted
 */
export async function poll<T extends { readonly status: string | null }>(
  ask: () => Promise<T | null>,
  { timeoutMs = 300_000, signal }: WaitOptions = {},
): Promise<T> {
  const until = Date.now() + timeoutMs;
  for (let pauseMs = 250; ; pauseMs = Math.min(pauseMs * 1.5, 3_000)) {
    const look = await ask().then((execution) => ({ execution, waitMs: 0 }), passingFailure);
    if (look.execution !== null && terminal.has(look.execution.status ?? '')) return look.execution;
    const waitMs = Math.max(pauseMs, look.waitMs);
    if (Date.now() + waitMs > until) throw new GatewayClientError('ERR_TIMEOUT', 'The execution is not over yet.');
    await pause(waitMs, signal);
  }
}

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
function passingFailure(error: unknown): { readonly execution: null; readonly waitMs: number } {
  if (!(error instanceof GatewayClientError)) throw error;
  if (!passing.has(error.code) && error.status !== 429 && error.status < 502) throw error;
  return { execution: null, waitMs: (error.retryAfterSecs ?? 0) * 1_000 };
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
