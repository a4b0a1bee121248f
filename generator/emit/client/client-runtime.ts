import { type GraphqlAnswer, graphqlError, parseObject } from './client-answers.ts';
import { isRead, textOf } from './client-documents.ts';
import {
  type AccessAnswer,
  type CallOptions,
  GatewayClientError,
  type GatewayClientOptions,
  type GatewayConnection,
  type LoginAnswer,
  type TypedDocument,
  type ValidateAnswer,
} from './client-shapes.ts';
import { eventsOf } from './client-watch.ts';

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
      return isRead(query) ? again(ask, more.retries ?? options.retries ?? 2, more.signal) : ask();
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

/** Headers of a call, with the session token that there is now. */
async function headersOf(options: GatewayClientOptions, kept: string | undefined, accept: string) {
  const token = kept ?? (typeof options.token === 'function' ? await options.token() : undefined);
  const common: Record<string, string> = { accept, 'content-type': 'application/json' };
  return token === undefined ? common : { ...common, authorization: bearer(token) };
}

const senderOf = (options: GatewayClientOptions) => options.fetch ?? globalThis.fetch.bind(globalThis);
const baseOf = ({ url }: GatewayClientOptions): string => url.replace(/\/+$/, '');

/** The data of each event of a subscription. */
async function* eventsAt(
  options: GatewayClientOptions,
  kept: string | undefined,
  body: object,
  signal: AbortSignal | undefined,
): AsyncGenerator<unknown> {
  const headers = await headersOf(options, kept, 'text/event-stream');
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

function createSender(options: GatewayClientOptions, kept: () => string | undefined): Post {
  const send = senderOf(options);
  const base = baseOf(options);
  const headers = () => headersOf(options, kept(), 'application/json');
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
async function again<T>(ask: () => Promise<T>, retries: number, signal: AbortSignal | undefined): Promise<T> {
  for (let left = retries, pauseMs = 300; ; left -= 1, pauseMs *= 2) {
    try {
      return await ask();
    } catch (error) {
      if (left <= 0) throw error;
      const { waitMs } = passingFailure(error);
      await pause(Math.max(waitMs, pauseMs * (0.5 + Math.random())), signal);
    }
  }
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
export function passingFailure(error: unknown): { readonly execution: null; readonly waitMs: number } {
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
  if (answer?.errors?.[0] !== undefined) throw graphqlError(status, answer, retryAfterSecs);
  const message = answer?.error ?? `The gateway answered with status ${status}.`;
  throw new GatewayClientError(answer?.code ?? 'ERR_ANSWER', message, { status, retryAfterSecs });
}

const bigintAsText = (_key: string, value: unknown): unknown => (typeof value === 'bigint' ? String(value) : value);

export function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
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
