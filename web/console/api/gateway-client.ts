import { createClient } from 'graphql-sse';
import type { ConsoleAnswers } from '../../../gateway/console/console-answers.ts';
import type { GraphqlRequest } from './fields.ts';

/** A refusal or a failure, as the gateway words it. `code` is the gateway's, or `ERR_NETWORK` without an answer. */
export class CallFailed extends Error {
  readonly code: string;
  readonly status: number;

  constructor(code: string, message: string, status: number) {
    super(message);
    this.name = 'CallFailed';
    this.code = code;
    this.status = status;
  }
}

/**
 * The gateway's paths begin with this, wherever the console is served: the public listener answers them only where
 * `console.public` is set.
 */
export const base = '/console';

/** Calls with the session of the page. @throws CallFailed from every method */
export interface GatewayClient {
  /** `data` of an operation. @throws the first error, also where other members have data */
  graphql<T>(query: string, variables?: Readonly<Record<string, unknown>>, signal?: AbortSignal): Promise<T>;
  /** What the gateway answers about itself. @param input the body of a POST; undefined: a GET */
  section<Name extends keyof ConsoleAnswers>(
    name: Name,
    input?: unknown,
    signal?: AbortSignal,
  ): Promise<ConsoleAnswers[Name]>;
  /** Follows a subscription (GraphQL over SSE, one connection). @returns what ends it */
  stream<T>(asked: GraphqlRequest, on: StreamReader<T>): () => void;
  /**
   * Whether the session has a permission on a playbook: the decision of `POST /api/auth/check-access`. It is for the
   * look of a button only; the call itself is decided again.
   */
  may(permission: string, path: string): Promise<boolean>;
}

/** Receives what a subscription sends. */
export interface StreamReader<T> {
  readonly next: (data: T) => void;
  readonly opened: () => void;
  /** The stream is over, or could not be opened. Not after it was ended here. */
  readonly closed: () => void;
}

/** An answer in either form: `{"error", "code"}` of REST, `{"data", "errors"}` of GraphQL. */
interface Body {
  readonly data?: unknown;
  readonly error?: string;
  readonly code?: string;
  readonly errors?: readonly { readonly message: string; readonly extensions?: { readonly code?: string } }[];
}

/**
 * @param token sent with every call; it is never part of an address
 * @param onEnded called when the gateway no longer accepts the token: any answer with 401. A missing right is 403 (ADR
 * 0006), so it ends no session
 */
export function createGatewayClient(token: string, onEnded: () => void): GatewayClient {
  async function ask(path: string, input: unknown, signal?: AbortSignal): Promise<Body> {
    const response = await fetch(base + path, {
      method: input === undefined ? 'GET' : 'POST',
      headers: { authorization: `Bearer ${token}`, ...(input !== undefined && { 'content-type': 'application/json' }) },
      ...(input !== undefined && { body: JSON.stringify(input) }),
      ...(signal !== undefined && { signal }),
    }).catch((error: unknown) => {
      // Ended by the page itself: not a failure to show.
      if (signal?.aborted === true) throw error;
      throw new CallFailed('ERR_NETWORK', 'The gateway does not answer.', 0);
    });
    // A proxy in front of the gateway can answer with a page.
    const body = (await response.json().catch(() => ({}))) as Body;
    if (response.status === 401) onEnded();
    if (response.ok) return body;
    throw failureOf(body, response.status);
  }
  return {
    async graphql<T>(query: string, variables: Readonly<Record<string, unknown>> = {}, signal?: AbortSignal) {
      const body = await ask('/graphql', { query, variables }, signal);
      // GraphQL over HTTP sends errors of a field with 200.
      if (body.errors?.[0] !== undefined) throw failureOf(body, 200);
      return body.data as T;
    },
    stream: (asked, on) => openStream(token, asked, on),
    section: async <T>(name: string, input?: unknown, signal?: AbortSignal) =>
      (await ask(`/api/${name}`, input, signal)) as T,
    async may(permission, path) {
      // The members of the protocol, Check Access. The route reads the token from the body.
      const question = { session_token: token, playbook_path: path, permission_type: permission };
      const { allowed } = (await ask('/api/auth/check-access', question)) as { allowed?: boolean };
      return allowed === true;
    },
  };
}

/** One request for each subscription: graphql-sse's mode of distinct connections. */
function openStream<T>(token: string, { query, variables }: GraphqlRequest, on: StreamReader<T>): () => void {
  const client = createClient({
    url: `${base}/graphql`,
    headers: { authorization: `Bearer ${token}` },
    // `useLive` opens it again, after a pause and only while the page is visible.
    retryAttempts: 0,
    on: { connected: on.opened },
  });
  // The client reports an end in two ways, and also the end that was asked for here; the reader is notified once at
  // most.
  let isEnded = false;
  const closed = () => {
    if (!isEnded) on.closed();
    isEnded = true;
  };
  const stop = client.subscribe<T>(
    { query, variables },
    {
      // An event with errors holds no whole answer. The next one, or the next look, brings it.
      next: ({ data, errors }) =>
        data === null || data === undefined || errors !== undefined ? undefined : on.next(data),
      error: closed,
      complete: closed,
    },
  );
  return () => {
    isEnded = true;
    stop();
  };
}

/** The gateway's own words where it sent some, else the status. `ERR_ANSWER` is not a code of the gateway. */
function failureOf({ error, code, errors }: Body, status: number): CallFailed {
  const [first] = errors ?? [];
  const message = first?.message ?? error ?? `The gateway answered with HTTP ${status}.`;
  return new CallFailed(first?.extensions?.code ?? code ?? 'ERR_ANSWER', message, status);
}
