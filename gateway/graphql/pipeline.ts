import { type ExecutionResult, GraphQLError, getOperationAST } from 'graphql';
import { type GraphQLHTTPExtensions, type GraphQLParams, isAsyncIterable, type YogaServerInstance } from 'graphql-yoga';
import type { Caller } from '../../plugins/call-context.ts';
import type { FinishResult } from '../../plugins/error-rendering/use-error-rendering.ts';
import { type Authenticate, refusalOf } from '../../plugins/noetl-auth/authenticator.ts';
import type { ReadHeader } from '../../plugins/noetl-auth/session/session-token.ts';
import type { Answer } from '../http/answer.ts';
import type { Exchange } from '../http/exchange.ts';
import type { WrittenJson } from '../operations/written-json.ts';
import { writtenDataOf } from './compiled-operations.ts';
import { type GraphqlServerContext, measuredAs, type OperationOutcome, paramsOf } from './request-params.ts';

/**
 * The answer to an operation, as GraphQL over HTTP has it.
 * @param contentType of the answer
 * @returns undefined for what Yoga writes: extensions, streams, several errors that were thrown as one, an abort
 */
function writeOutcome(
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

/** The part of Yoga that runs an operation with the hooks of every plugin. */
type Engine = Pick<YogaServerInstance<GraphqlServerContext, object>, 'getEnveloped' | 'waitUntil'>;

export interface PipelineOptions {
  readonly engine: Engine;
  readonly authenticate: Authenticate;
  readonly finish: FinishResult;
  /** Answers what is not one query or mutation, from the record. */
  readonly throughYoga: (request: Request, context: GraphqlServerContext) => Promise<Answer>;
}

/** A POST of JSON. */
interface PostedRequest {
  readonly readHeader: ReadHeader;
  /** The request as plugins see it; it is made only when one looks at it. */
  readonly request: () => Request;
  readonly context: GraphqlServerContext;
  /** Of an answer without errors. */
  readonly contentType: string;
}

/**
 * `POST /graphql` from top to bottom: the session, the body, the operation with the hooks of every plugin (known document,
 * decision, executor), and the answer. Batches, subscriptions and results that are more than data and errors go to Yoga's
 * HTTP half with their record, so that nothing is done twice.
 * @throws ERR_BODY_TOO_LARGE, ERR_MEDIA_TYPE, ERR_REQUEST_INVALID about the body
 */
export function createPipeline(options: PipelineOptions): (posted: PostedRequest) => Promise<Answer> {
  const { engine, authenticate, throughYoga, finish } = options;
  return async (posted) => {
    const { context, contentType } = posted;
    const caller = await callerOf(posted, authenticate);
    if ('status' in caller) return caller;
    context.record.caller = caller;
    // After the session: the body of an unknown caller is not read.
    const params = paramsOf(await context.readBody());
    context.record.params = params;
    const outcome = isOneOperation(params) ? await runOperation(engine, params, posted) : undefined;
    if (outcome !== undefined) {
      const answer = writeOutcome(outcome, context, contentType, finish);
      if (answer !== undefined) return answer;
      context.record.outcome = outcome;
    }
    return throughYoga(posted.request(), context);
  };
}

async function callerOf({ readHeader, context }: PostedRequest, authenticate: Authenticate): Promise<Caller | Answer> {
  try {
    const found = await authenticate(readHeader, context.guesses);
    return 'refused' in found ? refusalOf(found.refused) : found.caller;
  } catch (error) {
    return refusalOf(error);
  }
}

/**
 * Runs one query or mutation with every hook of Envelop. What is thrown is an outcome.
 * @returns undefined for a subscription, which has not run
 */
async function runOperation(
  { getEnveloped, waitUntil }: Engine,
  params: GraphQLParams & { readonly query: string },
  posted: PostedRequest,
): Promise<OperationOutcome | undefined> {
  try {
    const { schema, parse, validate, contextFactory, execute } = getEnveloped(
      initialContext(params, posted, waitUntil),
    );
    const document = parse(params.query);
    const errors = validate(schema, document);
    if (errors.length > 0) return { result: { errors } };
    const { variables: variableValues, operationName } = params;
    if (getOperationAST(document, operationName)?.operation === 'subscription') return undefined;
    const contextValue = await contextFactory();
    return { result: await execute({ schema, document, contextValue, variableValues, operationName }) };
  } catch (error) {
    return { error };
  }
}

/** What hooks find before the context is built. Most requests need no `Request`, which costs more than a hook. */
function initialContext(params: GraphQLParams, posted: PostedRequest, waitUntil: Engine['waitUntil']) {
  let made: Request | undefined;
  return {
    ...posted.context,
    waitUntil,
    params,
    get request(): Request {
      made ??= posted.request();
      return made;
    },
    set request(request: Request) {
      made = request;
    },
  };
}

/** Members of a request (GraphQL over HTTP, Request Parameters). With any other one Yoga decides. */
const members = new Set(['query', 'variables', 'operationName', 'extensions']);

/** Whether parameters are one operation whose members have the types of GraphQL over HTTP. */
function isOneOperation(params: GraphQLParams): params is GraphQLParams & { readonly query: string } {
  const { query, variables, operationName, extensions } = params;
  return (
    typeof query === 'string' &&
    isAbsentOr('string', operationName) &&
    isAbsentOr('object', variables) &&
    isAbsentOr('object', extensions) &&
    Object.keys(params).every((key) => members.has(key))
  );
}

const isAbsentOr = (type: 'string' | 'object', value: unknown): boolean =>
  value === undefined || value === null || (typeof value === type && !Array.isArray(value));

const json = 'application/json; charset=utf-8';
const graphqlResponse = 'application/graphql-response+json; charset=utf-8';

/** The content type of Yoga's answer to an error-free result, by the values of `Accept` that clients of GraphQL send. */
const contentTypes: ReadonlyMap<string | undefined, string> = new Map([
  [undefined, json],
  ['*/*', json],
  ['application/json', json],
  ['application/json, */*', json],
  ['application/json, text/plain, */*', json],
  ['application/graphql-response+json', graphqlResponse],
  ['application/graphql-response+json, application/json', graphqlResponse],
  ['application/graphql-response+json,application/json;q=0.9', graphqlResponse],
  ['application/graphql-response+json, application/graphql+json, application/json', graphqlResponse],
]);

/** As clients send it. What is not here takes the longer way with the same answer. */
const jsonBodies = new Set(['application/json', 'application/json; charset=utf-8', 'application/json;charset=utf-8']);

/**
 * Whether the pipeline answers a request: a POST of JSON without parameters in its address, that accepts what clients of
 * GraphQL accept. Header values are compared exactly. Every other request takes the general path, which is slower.
 * @returns the content type of an answer without errors; undefined when Yoga answers it
 */
export function contentTypeOf({ method, search, request: { headers } }: Exchange): string | undefined {
  const isJsonPost = method === 'POST' && search === '' && jsonBodies.has(headers['content-type'] ?? '');
  return isJsonPost ? contentTypes.get(headers.accept) : undefined;
}
