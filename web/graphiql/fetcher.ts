import type { Fetcher, FetcherParams, SyncExecutionResult } from '@graphiql/toolkit';
import { type DocumentNode, type ExecutionResult, OperationTypeNode } from 'graphql';
import { type Client, createClient } from 'graphql-sse';

/**
 * Sends operations to `POST /graphql` with the session token. A subscription is read as a stream of events (graphql-sse,
 * one connection each) and shown live; the Stop button closes it.
 */
export function createFetcher(token: string): Fetcher {
  const session: Record<string, string> = token === '' ? {} : { authorization: `Bearer ${token}` };
  const events = createClient({ url: '/graphql', headers: session, retryAttempts: 0 });
  return (params, options) =>
    isSubscription(params, options?.documentAST)
      ? streamOf(events, params)
      : send(params, { ...options?.headers, ...session });
}

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

function isSubscription({ operationName }: FetcherParams, document: DocumentNode | undefined): boolean {
  const operations = document?.definitions.filter((one) => one.kind === 'OperationDefinition') ?? [];
  const chosen = operationName ? operations.find(({ name }) => name?.value === operationName) : operations[0];
  return chosen?.operation === OperationTypeNode.SUBSCRIPTION;
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
