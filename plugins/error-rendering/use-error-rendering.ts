import type { ExecutionResult, GraphQLError } from 'graphql';
import type { Plugin } from 'graphql-yoga';
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

function reportInternal(error: GraphQLError, requestId: string | undefined, report: ReportError): void {
  if (requestId !== undefined) error.extensions['requestId'] = requestId;
  report(error.originalError ?? error, requestId);
}
