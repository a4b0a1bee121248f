import type { ExecutionResult } from 'graphql';
import { type FetchAPI, isAsyncIterable, processRegularResult } from 'graphql-yoga';
import { renderError } from '../../plugins/error-rendering/render-error.ts';
import type { FinishResult } from '../../plugins/error-rendering/use-error-rendering.ts';
import type { Answer } from '../http/answer.ts';
import { type GraphqlServerContext, measuredAs, type OperationOutcome } from './request-params.ts';

/**
 * The answer to an operation that did not go well, as Yoga words it: its own function chooses status and headers, without the
 * Response that it makes of them.
 * @param contentType of the answer; without errors it is the same
 * @returns undefined: Yoga has to deal with it
 */
export function errorAnswerOf(
  outcome: OperationOutcome,
  context: GraphqlServerContext,
  contentType: string,
  finish: FinishResult,
): Answer | undefined {
  const result = resultOf(outcome);
  if (result === undefined) return undefined;
  // Yoga chooses by the media type alone; the charset is its own.
  const [mediaType = ''] = contentType.split(';');
  const written: unknown = processRegularResult(finish(result, context), writing, mediaType);
  if (!(written instanceof WrittenResponse)) return undefined;
  return { ...written.answer, ...measuredAs(context.record) };
}

/** Errors and data alone; what is thrown is the only error. */
function resultOf(outcome: OperationOutcome): ExecutionResult | undefined {
  if ('error' in outcome) {
    const { error } = outcome;
    // Errors of several errors, and an abort, have rules of their own in Yoga.
    const isPlain = error instanceof Error && !('errors' in error) && !(error instanceof DOMException);
    return isPlain ? { errors: [renderError(error)] } : undefined;
  }
  const { result } = outcome;
  if (isAsyncIterable(result) || result.errors === undefined) return undefined;
  const isAll = Object.keys(result).every((key) => key === 'data' || key === 'errors');
  return isAll ? result : undefined;
}

/** Takes the place of `Response`, which costs more than all that is put into it. */
class WrittenResponse {
  readonly answer: Answer;

  constructor(
    body: string,
    { status, headers }: { readonly status: number; readonly headers: Record<string, string> },
  ) {
    const lower = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value] as const);
    this.answer = { status, headers: { 'cache-control': 'no-store', ...Object.fromEntries(lower) }, body };
  }
}

const writing = { Response: WrittenResponse } as unknown as FetchAPI;
