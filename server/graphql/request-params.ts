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
  readonly failed: { error?: unknown };
}

/**
 * Reads the parameters of a POST from the body that the HTTP side counts, without losing digits: Yoga's own readers
 * have no limit worth the name and turn long integers into doubles.
 */
export function useRequestParams(): Plugin<object, GraphqlServerContext> {
  return {
    onRequestParse({ request, serverContext, setRequestParser }) {
      if (request.method !== 'POST') return;
      setRequestParser(async () => {
        try {
          return paramsOf(parseBody(await serverContext.readBody()));
        } catch (error) {
          serverContext.failed.error = error;
          throw error;
        }
      });
    },
  };
}

function paramsOf(body: unknown): GraphQLParams {
  if (typeof body === 'object' && body !== null) return body as GraphQLParams;
  throw new GatewayError('ERR_REQUEST_INVALID', 'the body must be a JSON object with a query');
}
