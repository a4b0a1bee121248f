import type { Fetcher, FetcherParams, SyncExecutionResult } from '@graphiql/toolkit';
import { type DocumentNode, type ExecutionResult, OperationTypeNode } from 'graphql';
import { type Client, createClient } from 'graphql-sse';

/**
 * Sends operations to `POST /graphql` with the session token. A subscription is read as a stream of events
 * (graphql-sse, one connection each) and shown live; the Stop button closes it.
 * @param token empty: no header, so the gateway refuses with 401
 */
export function createFetcher(token: string): Fetcher {
  const session: Record<string, string> = token === '' ? {} : { authorization: `Bearer ${token}` };
  // Without attempts of its own: a stream that ends is shown as ended, and Run opens another one.
  const events = createClient({ url: '/graphql', headers: session, retryAttempts: 0 });
  // The token of the session bar is last, so that no header of an editor replaces it.
  return (params, options) =>
    isSubscription(params, options?.documentAST)
      ? streamOf(events, params)
      : send(params, { ...options?.headers, ...session });
}

/**
 * @throws Error when the answer is not JSON, for example the page of a proxy. GraphiQL shows its message as the result
 */
async function send(params: FetcherParams, headers: Record<string, string>): Promise<SyncExecutionResult> {
  const response = await fetch('/graphql', {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json', ...headers },
    body: JSON.stringify(params),
  });
  const text = await response.text();
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(`The gateway answered HTTP ${response.status} without JSON.`);
  }
}

function streamOf(events: Client, { query, variables, operationName }: FetcherParams): AsyncIterable<ExecutionResult> {
  return events.iterate<Record<string, unknown>, Record<string, unknown>>({
    query,
    ...(operationName ? { operationName } : {}),
    ...(isRecord(variables) ? { variables } : {}),
  });
}

/**
 * Whether the operation that will run is a subscription: the one of that name, else the first. The transport must be
 * chosen before the request is sent.
 */
function isSubscription({ operationName }: FetcherParams, document: DocumentNode | undefined): boolean {
  const operations = document?.definitions.filter((one) => one.kind === 'OperationDefinition') ?? [];
  const chosen = operationName ? operations.find(({ name }) => name?.value === operationName) : operations[0];
  return chosen?.operation === OperationTypeNode.SUBSCRIPTION;
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
