import type { ExecutionResult } from 'graphql';
import type { GraphQLParams, Plugin } from 'graphql-yoga';
import { GatewayError } from '../../core/errors.ts';
import type { Asker } from '../../core/ports.ts';
import { parseBody } from '../http/read-body.ts';

/** What the HTTP side hands to Yoga with a request. */
export interface GraphqlServerContext {
  readonly requestId: string;
  readonly clientIp: string;
  /** Who is counted when the token is one that only NoETL can know. */
  readonly asker: Asker;
  /** Reads the body; called only once the caller is known. @throws ERR_BODY_TOO_LARGE, ERR_MEDIA_TYPE */
  readonly readBody: () => Promise<Buffer>;
  /** Holds why the body could not be read or parsed; becomes the answer. Yoga copies the context, not this. */
  readonly failed: { error?: unknown; outage?: number };
  /** What is known of the request before Yoga sees it. Nothing of it is done again. */
  readonly known?: KnownRequest;
}

/** The parameters of a request, one operation's or a batch's; and what came of them, when they were run. */
export interface KnownRequest {
  readonly params: GraphQLParams;
  readonly outcome?: Outcome;
}

export type Outcome =
  | { readonly result: ExecutionResult | AsyncIterable<ExecutionResult> }
  | { readonly error: unknown };

/**
 * Reads the parameters of a POST from the body that the HTTP side counts, without losing digits: Yoga's own readers
 * have no limit worth the name and turn long integers into doubles.
 */
export function useRequestParams(): Plugin<object, GraphqlServerContext> {
  return {
    onRequestParse({ request, serverContext, setRequestParser }) {
      if (request.method !== 'POST') return;
      const { known } = serverContext;
      setRequestParser(async () => {
        if (known !== undefined) return known.params;
        try {
          return paramsOf(await serverContext.readBody());
        } catch (error) {
          serverContext.failed.error = error;
          throw error;
        }
      });
    },
    onParams({ context, setResult }) {
      const { outcome } = context.known ?? {};
      if (outcome === undefined) return;
      if ('error' in outcome) throw outcome.error;
      setResult(outcome.result);
    },
  };
}

/** @throws ERR_REQUEST_INVALID when the bytes are no JSON, or neither an object nor a list */
export function paramsOf(bytes: Buffer): GraphQLParams {
  const body = parseBody(bytes);
  if (typeof body === 'object' && body !== null) return body as GraphQLParams;
  throw new GatewayError('ERR_REQUEST_INVALID', 'the body must be a JSON object with a query');
}
