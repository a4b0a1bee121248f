import type { ExecutionResult, GraphQLError } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { GatewayError } from '../../core/errors.ts';
import { limitHeaders } from '../../core/limit-headers.ts';
import { renderError } from './render-error.ts';

/** Told about errors that a caller is told nothing about. */
export type ReportError = (error: Error, requestId: string | undefined) => void;

/** What a Yoga server is to be built with: both parts, so that no error goes out unrendered. */
export interface ErrorRendering {
  /** For the option `maskedErrors`. */
  readonly maskedErrors: { readonly maskError: (error: unknown) => GraphQLError; readonly errorMessage: string };
  readonly plugin: Plugin<object, { requestId?: string }>;
}

/**
 * Renders every error of a GraphQL answer by {@link renderError}. Those that say ERR_INTERNAL also say the request's id
 * and are reported under it.
 */
export function createErrorRendering(report: ReportError): ErrorRendering {
  const finish = (result: ExecutionResult, requestId: string | undefined): ExecutionResult => {
    if (result.errors === undefined) return result;
    const errors = result.errors.map(renderError);
    for (const error of errors)
      if (error.extensions['code'] === 'ERR_INTERNAL') reportInternal(error, requestId, report);
    markRefused(errors, result.data);
    return { ...result, errors };
  };
  return {
    maskedErrors: { maskError: renderError, errorMessage: '' },
    plugin: {
      // Validation's errors come this way only; events of a stream come through `maskError` only.
      onResultProcess({ result, setResult, serverContext }) {
        if (Array.isArray(result)) setResult(result.map((one) => finish(one, serverContext.requestId)));
        else if (!(Symbol.asyncIterator in result)) setResult(finish(result, serverContext.requestId));
      },
    },
  };
}

/**
 * A field that was refused by a limit says when to come again in the answer's headers. When nothing at all was answered, and
 * limits are the only reason, the answer's status is the limit's: 429 or 503, also for `application/json`.
 */
function markRefused(errors: readonly GraphQLError[], data: ExecutionResult['data']): void {
  const refused = errors.filter(({ originalError }) => isLimit(originalError));
  const [first] = refused;
  if (first?.path === undefined || !(first.originalError instanceof GatewayError)) return;
  const isAll = refused.length === errors.length && Object.values(data ?? {}).every((value) => value === null);
  first.extensions['http'] = {
    headers: limitHeaders(first.originalError),
    ...(isAll ? { status: first.originalError.status, spec: false } : {}),
  };
}

const isLimit = (error: unknown): boolean =>
  error instanceof GatewayError && (error.code === 'ERR_RATE_LIMITED' || error.code === 'ERR_OVERLOADED');

function reportInternal(error: GraphQLError, requestId: string | undefined, report: ReportError): void {
  if (requestId !== undefined) error.extensions['requestId'] = requestId;
  report(error.originalError ?? error, requestId);
}
