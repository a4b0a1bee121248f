import type { ExecutionResult } from 'graphql';
import type { GraphQLParams, Plugin } from 'graphql-yoga';
import type { OutageRecord } from '../../plugins/error-rendering/use-error-rendering.ts';
import { GatewayError } from '../../plugins/errors.ts';
import type { CallerRecord } from '../../plugins/noetl-auth/use-noetl-auth.ts';
import type { GuessBudget } from '../../plugins/ports.ts';
import type { Answer } from '../http/answer.ts';
import { parseBody } from '../http/read-body.ts';

/** The context that the HTTP side hands to Yoga with a request. */
export interface GraphqlServerContext {
  readonly requestId: string;
  readonly clientIp: string;
  /** The count of the address, for a token that only NoETL can know. */
  readonly guesses: GuessBudget;
  /** Reads the body; called only once the caller is known. @throws ERR_BODY_TOO_LARGE, ERR_MEDIA_TYPE */
  readonly readBody: () => Promise<Buffer>;
  readonly record: RequestRecord;
}

/**
 * What is known of one request so far: the only channel between the HTTP side, Yoga and the plugins. Nothing that is in it is
 * done again. Yoga copies the context, but not this.
 */
export interface RequestRecord extends CallerRecord, OutageRecord {
  /** The parameters, one operation's or a batch's, when they were read before Yoga saw the request. */
  params?: GraphQLParams;
  /** The result of the parameters, when they were run before Yoga saw the request. */
  outcome?: OperationOutcome;
  /** Why the body could not be read or parsed; becomes the answer. */
  bodyError?: unknown;
}

/** The outcome of an operation: a result with or without errors, or the thrown value. */
export type OperationOutcome =
  | { readonly result: ExecutionResult | AsyncIterable<ExecutionResult> }
  | { readonly error: unknown };

/**
 * Reads the parameters of a POST from the body that the HTTP side counts, and those of a GET from its address, without losing
 * digits: Yoga's own readers have no limit, turn long integers into doubles, and report JSON that is not valid as a failure of
 * the server.
 */
export function useRequestParams(): Plugin<object, GraphqlServerContext> {
  return {
    onRequestParse({ request, serverContext, setRequestParser }) {
      const { method, url } = request;
      if (method !== 'POST' && method !== 'GET') return;
      const { record } = serverContext;
      setRequestParser(async () => {
        if (record.params !== undefined) return record.params;
        try {
          return method === 'GET'
            ? paramsOfSearch(new URL(url).searchParams)
            : paramsOf(await serverContext.readBody());
        } catch (error) {
          record.bodyError = error;
          throw error;
        }
      });
    },
    onParams({ context, setResult }) {
      const { outcome } = context.record;
      if (outcome === undefined) return;
      // Yoga renders it as if it had happened here.
      if ('error' in outcome) throw outcome.error;
      setResult(outcome.result);
    },
  };
}

/** The status that metrics count for an answer, where it is not the one that goes out. */
export const measuredAs = ({ outage }: OutageRecord): Pick<Answer, 'measuredAs'> =>
  outage === undefined ? {} : { measuredAs: outage };

/** @throws ERR_REQUEST_INVALID when the bytes are no JSON, or neither an object nor a list */
export function paramsOf(bytes: Buffer): GraphQLParams {
  const body = parseBody(bytes);
  if (typeof body === 'object' && body !== null) return body as GraphQLParams;
  throw new GatewayError('ERR_REQUEST_INVALID', 'the body must be a JSON object with a query');
}

/** @throws ERR_REQUEST_INVALID when `variables` or `extensions` are not a JSON object */
function paramsOfSearch(search: URLSearchParams): GraphQLParams {
  const params: GraphQLParams = {};
  for (const name of ['query', 'operationName'] as const) {
    const value = search.get(name);
    if (value !== null) params[name] = value;
  }
  for (const name of ['variables', 'extensions'] as const) {
    const text = search.get(name);
    const value = text === null || text === '' ? null : objectOf(name, text);
    if (value !== null) params[name] = value;
  }
  return params;
}

function objectOf(name: string, text: string): Record<string, unknown> | null {
  const refusal = `the parameter ${name} must be a JSON object`;
  let value: unknown;
  try {
    value = parseBody(Buffer.from(text));
  } catch (cause) {
    throw new GatewayError('ERR_REQUEST_INVALID', refusal, { cause });
  }
  if (typeof value === 'object' && !Array.isArray(value)) return value as Record<string, unknown> | null;
  throw new GatewayError('ERR_REQUEST_INVALID', refusal);
}
