import { QueryClient, QueryObserver, type QueryObserverResult } from '@tanstack/query-core';
import { createClient } from 'graphql-sse';
import { createContext } from 'preact';
import { useContext, useEffect, useRef, useState } from 'preact/hooks';
import type { ConsoleAnswers, ConsoleSession } from '../../../gateway/console/console-answers.ts';
import type { GraphqlRequest } from './execution.ts';

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
interface StreamReader<T> {
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

/**
 * Refusals are final; what may pass is tried again: no answer at all (status 0), or a proxy or NoETL that is not
 * reachable.
 */
const mayPass = (error: Error): boolean => !(error instanceof CallFailed) || error.status === 0 || error.status >= 502;

/**
 * The answers of the page. A second is fresh enough that parts which appear together ask once. It must be emptied when
 * the session changes: keys do not name the user.
 */
export const queries = new QueryClient({
  defaultOptions: {
    queries: { retry: (count, error) => count < 2 && mayPass(error), staleTime: 1_000, refetchOnWindowFocus: true },
  },
});

interface QueryUse<T> {
  /** Names the question. Equal keys share one answer, so a key has everything that `ask` depends on. */
  readonly key: readonly unknown[];
  /** @param signal aborted when the answer is no longer needed */
  readonly ask: (signal: AbortSignal) => Promise<T>;
  readonly enabled?: boolean;
  /** Asks again after this; not while the page is hidden. */
  readonly everyMs?: number | ((data: T | undefined) => number | false);
  /** Shows the answer before while another key is asked. */
  readonly keepsLast?: boolean;
}

/** TanStack Query for Preact: the answer to a question, shared by all parts of the page that ask it. */
export function useQuery<T>({ key, ask, enabled = true, everyMs, keepsLast }: QueryUse<T>): QueryObserverResult<T> {
  const options = {
    queryKey: key,
    queryFn: ({ signal }: { signal: AbortSignal }) => ask(signal),
    enabled,
    ...(everyMs !== undefined && {
      refetchInterval: (query: { state: { data: T | undefined } }) =>
        typeof everyMs === 'function' ? everyMs(query.state.data) : everyMs,
    }),
    ...(keepsLast === true && { placeholderData: (before: T | undefined) => before }),
  };
  // One observer for the life of the part; its options follow below.
  const [observer] = useState(() => new QueryObserver<T>(queries, options as never));
  const [, show] = useState(0);
  // The answer for the options of this drawing. The observer's own is one drawing behind after a change of the key.
  const result = observer.getOptimisticResult(queries.defaultQueryOptions(options as never));
  useEffect(() => observer.subscribe(() => show((count) => count + 1)), [observer]);
  // Cheap where nothing has changed: the observer compares.
  useEffect(() => observer.setOptions(options as never));
  return result as QueryObserverResult<T>;
}

/** The session of the page, and how to call the gateway with it. */
interface PageSession {
  readonly gateway: GatewayClient;
  readonly me: ConsoleSession;
  /** Ends the session at the gateway and leaves the page signed out. */
  readonly end: () => void;
}

/** Set below the sign-in; undefined outside of a session. */
export const SessionContext = createContext<PageSession | undefined>(undefined);

/** The session of the page. @throws Error when a part is used outside of a session: a defect of the page */
export function useSession(): PageSession {
  const session = useContext(SessionContext);
  if (session === undefined) throw new Error('This part of the page needs a session.');
  return session;
}

/** Between the end of a stream and the next attempt; the views ask again from time to time meanwhile. */
const retryMs = 5_000;

interface LiveUse<T> {
  /** A subscription; undefined: no subscription, and the views poll. */
  readonly asked: GraphqlRequest | undefined;
  readonly onData: (data: T) => void;
}

/**
 * Follows a subscription while the page is visible: a browser has few connections to one host, and hidden tabs would
 * hold them.
 * @returns whether it is connected
 */
export function useLive<T>({ asked, onData }: LiveUse<T>): boolean {
  const { gateway } = useSession();
  const isVisible = useVisible();
  const [isOpen, setOpen] = useState(false);
  // The newest handler without opening the stream again: a view makes a new function each time it is drawn.
  const latest = useRef(onData);
  latest.current = onData;
  // By its text: operations are made anew each time, and the stream must stay open while they are equal.
  const key = asked === undefined || !isVisible ? undefined : JSON.stringify(asked);
  useEffect(() => {
    if (key === undefined) return undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let stop = () => {};
    const open = () => {
      stop = gateway.stream<T>(JSON.parse(key) as GraphqlRequest, {
        next: (data) => latest.current(data),
        opened: () => setOpen(true),
        closed() {
          setOpen(false);
          timer = setTimeout(open, retryMs);
        },
      });
    };
    // An effect of its own for each operation: the clean-up ends the stream and the attempt that waits.
    open();
    return () => {
      clearTimeout(timer);
      stop();
      setOpen(false);
    };
  }, [gateway, key]);
  return isOpen;
}

function useVisible(): boolean {
  const [isVisible, setVisible] = useState(!document.hidden);
  useEffect(() => {
    const onChange = () => setVisible(!document.hidden);
    document.addEventListener('visibilitychange', onChange);
    return () => document.removeEventListener('visibilitychange', onChange);
  }, []);
  return isVisible;
}

/** The policy that counts now. */
export function useAccess() {
  const { gateway } = useSession();
  return useQuery({
    key: ['access'],
    ask: (signal) => gateway.section('access', undefined, signal),
    // A policy file can change while the page is open.
    everyMs: 10_000,
  });
}

/**
 * The newest comparison. It causes no look at NoETL after the first one: the gateway looks each hour, or when it is
 * asked with `look`.
 */
export function useUpstream() {
  const { gateway } = useSession();
  return useQuery({
    key: ['upstream'],
    ask: (signal) => gateway.section('upstream', undefined, signal),
    // Another operator, or the hourly look, can bring a newer one.
    everyMs: 30_000,
  });
}

type Row = Readonly<Record<string, unknown>>;

const isRow = (value: unknown): value is Row => typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * The rows of a value: a list of objects, or the only such list in an object; an object with a single member is what is in
 * that member. Undefined without rows.
 */
export function rowsOf(value: unknown): readonly Row[] | undefined {
  if (Array.isArray(value)) return value.length > 0 && value.every(isRow) ? value : undefined;
  if (!isRow(value)) return undefined;
  const members = Object.values(value);
  if (members.length === 1) return rowsOf(members[0]);
  // With two lists it is not known which one is meant, so the value stays JSON.
  const lists = members.filter(
    (member): member is Row[] => Array.isArray(member) && member.length > 0 && member.every(isRow),
  );
  return lists.length === 1 ? lists[0] : undefined;
}
