import { getOperationAST } from 'graphql';
import type { GraphQLParams, YogaServerInstance } from 'graphql-yoga';
import type { Caller } from '../../plugins/call-context.ts';
import type { FinishResult } from '../../plugins/error-rendering/use-error-rendering.ts';
import type { Authenticate } from '../../plugins/noetl-auth/authenticator.ts';
import { refusalOf } from '../../plugins/noetl-auth/refusal-response.ts';
import type { ReadHeader } from '../../plugins/noetl-auth/session/session-token.ts';
import type { Answer } from '../http/answer.ts';
import { type GraphqlServerContext, type OperationOutcome, paramsOf } from './request-params.ts';
import { writeOutcome } from './write-outcome.ts';

/** The part of Yoga that runs an operation with the hooks of every plugin. */
export type Engine = Pick<YogaServerInstance<GraphqlServerContext, object>, 'getEnveloped' | 'waitUntil'>;

export interface PipelineOptions {
  readonly engine: Engine;
  readonly authenticate: Authenticate;
  readonly finish: FinishResult;
  /** Answers what is not one query or mutation, from the record. */
  readonly throughYoga: (request: Request, context: GraphqlServerContext) => Promise<Answer>;
}

/** A POST of JSON. */
export interface PostedRequest {
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
