import { type ExecutionResult, GraphQLError } from 'graphql';
import { type GraphQLHTTPExtensions, isAsyncIterable } from 'graphql-yoga';
import type { FinishResult } from '../../plugins/error-rendering/use-error-rendering.ts';
import type { Answer } from '../http/answer.ts';
import type { WrittenJson } from '../operations/compiled/draft.ts';
import { writtenDataOf } from './compiled-operations.ts';
import { type GraphqlServerContext, measuredAs, type OperationOutcome } from './request-params.ts';

/**
 * The answer to an operation, as GraphQL over HTTP has it.
 * @param contentType of the answer
 * @returns undefined for what Yoga writes: extensions, streams, several errors that were thrown as one, an abort
 */
export function writeOutcome(
  outcome: OperationOutcome,
  context: GraphqlServerContext,
  contentType: string,
  finish: FinishResult,
): Answer | undefined {
  if ('error' in outcome) {
    const errors = thrownErrors(outcome.error);
    return errors && writeErrors(finish({ errors }, context), context, contentType);
  }
  const { result } = outcome;
  const json = writtenDataOf(result);
  if (json !== undefined) return writeJson(json, contentType);
  if (isAsyncIterable(result) || !isDataAndErrors(result)) return undefined;
  if (result.errors !== undefined) return writeErrors(finish(result, context), context, contentType);
  if (result.data === undefined) return undefined;
  return { status: 200, headers: headersOf(contentType), body: JSON.stringify(result) };
}

const isDataAndErrors = (result: ExecutionResult): boolean =>
  Object.entries(result).every(([key, value]) => key === 'data' || key === 'errors' || value === undefined);

function thrownErrors(error: unknown): readonly GraphQLError[] | undefined {
  if (!(error instanceof Error) || 'errors' in error || error instanceof DOMException) return undefined;
  return [error instanceof GraphQLError ? error : new GraphQLError(error.message, { originalError: error })];
}

/** The worst status of the errors counts; with `spec` it is 200 for `application/json` (GraphQL over HTTP). */
function writeErrors(result: ExecutionResult, { record }: GraphqlServerContext, contentType: string): Answer {
  const isJson = contentType.startsWith('application/json');
  let status = 200;
  const headers: Record<string, string> = headersOf(contentType);
  for (const { extensions } of result.errors ?? []) {
    const http = extensions['http'] as GraphQLHTTPExtensions | undefined;
    for (const [name, value] of Object.entries(http?.headers ?? {})) headers[name.toLowerCase()] = value;
    if (http?.status !== undefined && !(isJson && http.spec === true)) status = Math.max(status, http.status);
  }
  const body = JSON.stringify({ ...result, errors: result.errors?.map(publicError) });
  return { status, headers, body, ...measuredAs(record) };
}

/** Without what is for the status and the headers. */
function publicError(error: GraphQLError) {
  const { extensions, ...members } = error.toJSON();
  const { http: _http, unexpected: _unexpected, ...shown } = extensions ?? {};
  return Object.keys(shown).length === 0 ? members : { ...members, extensions: shown };
}

const headersOf = (contentType: string) => ({ 'cache-control': 'no-store', 'content-type': contentType });

const [start, end] = ['{"data":', '}'] as const;
const [startBytes, endBytes] = [Buffer.from(start), Buffer.from(end)];

/** Data that is JSON already. */
function writeJson(json: WrittenJson, contentType: string): Answer {
  const headers = headersOf(contentType);
  if ('pieces' in json) return { status: 200, headers, body: '', pieces: [startBytes, ...json.pieces, endBytes] };
  const { text, sizeBytes } = json;
  const bodyBytes = start.length + sizeBytes + end.length;
  return { status: 200, headers, body: `${start}${text}${end}`, bodyBytes };
}
