import { randomUUID } from 'node:crypto';
import { isAsyncIterable, mapAsyncIterator } from '@envelop/core';
import { type ExecutionResult, type GraphQLError, Kind } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { GatewayError, limitHeaders } from '../errors.ts';
import { renderError } from './render-error.ts';

/** What error rendering is given. */
export interface ErrorRenderingOptions {
  /** Receives errors whose cause the caller does not see, with the id that the caller sees. */
  readonly report: (error: Error, requestId: string) => void;
  /** Receives every error of an answer: its code, and its root field; undefined for the request as a whole. */
  readonly count?: (code: string, field: string | undefined) => void;
}

/** Where the worst status of an answer's errors is noted, when it is 500 or above: GraphQL over HTTP may send 200 with them. */
export interface OutageRecord {
  outage?: number;
}

/** The request that a result answers. Without an id, an error that is reported gets one of its own. */
interface RenderedRequest {
  readonly requestId?: string;
  readonly record?: OutageRecord;
}

/** Renders the errors of a result, and counts and reports them. To be called once for a result. */
export type FinishResult = (result: ExecutionResult, request: RenderedRequest) => ExecutionResult;

/**
 * A plugin of Yoga and of Hive Gateway that renders every error of an answer: the code and the public message of a
 * {@link GatewayError}, the text of errors about the caller's document, and `ERR_INTERNAL` without details for all others, which
 * are reported under the id of the request. It takes the place of the server's own masking: `maskedErrors: false`.
 */
export function useErrorRendering(options: ErrorRenderingOptions): Plugin<object, RenderedRequest> {
  const finish = resultRendering(options);
  return {
    // Here and not around the executor: errors of parsing and of validation do not reach the executor.
    onResultProcess({ result, setResult, serverContext }) {
      const request: RenderedRequest = serverContext ?? {};
      if (Array.isArray(result)) setResult(result.map((one) => finish(one, request)));
      else if (isAsyncIterable(result)) setResult(mapAsyncIterator(result, (one) => finish(one, request)));
      else setResult(finish(result, request));
    },
  };
}

/** {@link useErrorRendering} for a result that no server processes. */
export function resultRendering({ report, count = () => {} }: ErrorRenderingOptions): FinishResult {
  return (result, { requestId, record }) => {
    if (result.errors === undefined) return result;
    const errors = result.errors.map(renderError);
    for (const error of errors)
      if (error.extensions['code'] === 'ERR_INTERNAL') reportInternal(error, requestId ?? randomUUID(), report);
    for (const error of errors) count(String(error.extensions['code']), rootFieldOf(error));
    noteOutage(errors, record);
    markRefused(errors, result.data);
    return { ...result, errors };
  };
}

/** An alias is looked through for errors of the root field itself; below it the response key has to do. */
function rootFieldOf({ path, nodes }: GraphQLError): string | undefined {
  if (path === undefined) return undefined;
  const node = path.length === 1 ? nodes?.[0] : undefined;
  return node?.kind === Kind.FIELD ? node.name.value : String(path[0]);
}

/** For the metrics, which would count 200 for an outage otherwise. The worst status of the answer counts. */
function noteOutage(errors: readonly GraphQLError[], record: OutageRecord | undefined): void {
  if (record === undefined) return;
  for (const { originalError, extensions } of errors) {
    const status = originalError instanceof GatewayError ? originalError.status : 0;
    const worst = extensions['code'] === 'ERR_INTERNAL' ? 500 : status;
    if (worst >= 500) record.outage = Math.max(worst, record.outage ?? 0);
  }
}

/**
 * For a field that was refused by a limit the answer has `Retry-After`. When nothing at all was answered, and
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

/** The caller gets the id that the log has the cause under. */
function reportInternal(error: GraphQLError, requestId: string, report: ErrorRenderingOptions['report']): void {
  error.extensions['requestId'] = requestId;
  report(error.originalError ?? error, requestId);
}
