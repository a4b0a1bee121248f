import type { ExecutionResult } from 'graphql';
import type { GraphQLParams } from 'graphql-yoga';
import type { Caller } from '../../plugins/call-context.ts';
import type { FinishResult } from '../../plugins/error-rendering/use-error-rendering.ts';
import type { Authenticate } from '../../plugins/noetl-auth/authenticator.ts';
import { refusalOf } from '../../plugins/noetl-auth/refusal-response.ts';
import type { ReadHeader } from '../../plugins/noetl-auth/session/token-from-request.ts';
import type { Answer } from '../http/answer.ts';
import type { WrittenJson } from '../operations/compiled/draft.ts';
import { writtenDataOf } from './compiled-operations.ts';
import { errorAnswerOf } from './error-answer.ts';
import type { RunPlain } from './plain-run.ts';
import { type GraphqlServerContext, type OperationOutcome, paramsOf } from './request-params.ts';
import { type Engine, runOperation } from './run-operation.ts';

export interface DirectAnswerOptions {
  readonly engine: Engine;
  readonly authenticate: Authenticate;
  readonly finish: FinishResult;
  readonly throughYoga: (request: Request, context: GraphqlServerContext) => Promise<Answer>;
  /** Absent: all operations run with Envelop's hooks. */
  readonly runPlain?: RunPlain;
}

/** A request of the usual kind. */
export interface UsualRequest {
  readonly readHeader: ReadHeader;
  /** The request as plugins see it. */
  readonly request: () => Request;
  readonly context: GraphqlServerContext;
  /** Of an answer without errors. */
  readonly contentType: string;
}

/**
 * Answers a request of the usual kind without the HTTP half of Yoga, which is most of its work: the session first, then
 * the body, then the operation with every hook of Envelop. Data and errors of a single operation are written here.
 * All else, for example a batch, goes to Yoga with its record, so that its answer is Yoga's and nothing runs twice.
 * @throws ERR_BODY_TOO_LARGE, ERR_MEDIA_TYPE, ERR_REQUEST_INVALID about the body
 */
export function createDirectAnswer(options: DirectAnswerOptions): (usual: UsualRequest) => Promise<Answer> {
  const { engine, authenticate, throughYoga, runPlain = notRun } = options;

  // The record goes along: what was read and run is not read and run again.
  const leave = (
    { context }: UsualRequest,
    request: Request,
    outcome: OperationOutcome | undefined,
  ): Promise<Answer> => {
    if (outcome !== undefined) context.record.outcome = outcome;
    return throughYoga(request, context);
  };
  async function enveloped(usual: UsualRequest, params: GraphQLParams): Promise<Answer> {
    const request = usual.request();
    const outcome = await runOperation(engine, params, request, usual.context);
    return (outcome && written(outcome, usual, options.finish)) ?? leave(usual, request, outcome);
  }

  return async (usual) => {
    const { readHeader, context } = usual;
    const { record } = context;
    let caller: Caller;
    try {
      const found = await authenticate(readHeader, context.guesses);
      if ('refused' in found) return refusalOf(found.refused);
      caller = found.caller;
    } catch (error) {
      return refusalOf(error);
    }
    record.caller = caller;
    // After the session: the body of an unknown caller is not read.
    const params = paramsOf(await context.readBody());
    record.params = params;
    const plain = await runPlain({ params, caller, requestId: context.requestId, request: usual.request });
    if (plain === undefined) return enveloped(usual, params);
    if ('data' in plain) return answerOfJson(usual.contentType, plain.data);
    return written(plain, usual, options.finish) ?? leave(usual, usual.request(), plain);
  };
}

const notRun: RunPlain = () => undefined;

/** @returns undefined: Yoga has to deal with it */
function written(
  outcome: OperationOutcome,
  { context, contentType }: UsualRequest,
  finish: FinishResult,
): Answer | undefined {
  const answer = 'result' in outcome ? answerOfData(contentType, outcome.result) : undefined;
  return answer ?? errorAnswerOf(outcome, context, contentType, finish);
}

/** @returns undefined when there is more than data: errors, extensions, or anything else that Yoga may have to deal with */
function answerOfData(
  contentType: string,
  result: ExecutionResult | AsyncIterable<ExecutionResult>,
): Answer | undefined {
  const json = writtenDataOf(result);
  if (json !== undefined) return answerOfJson(contentType, json);
  if (!('data' in result) || result.data === undefined) return undefined;
  const isAll = Object.entries(result).every(([key, value]) => key === 'data' || value === undefined);
  return isAll ? dataAnswer(contentType, JSON.stringify(result)) : undefined;
}

const dataAnswer = (contentType: string, body: string): Answer => ({
  status: 200,
  headers: dataHeaders(contentType),
  body,
});

const dataHeaders = (contentType: string) => ({ 'cache-control': 'no-store', 'content-type': contentType });

const [start, end] = ['{"data":', '}'] as const;
const [startBytes, endBytes] = [Buffer.from(start), Buffer.from(end)];

function answerOfJson(contentType: string, json: WrittenJson): Answer {
  const headers = dataHeaders(contentType);
  if ('pieces' in json) return { status: 200, headers, body: '', pieces: [startBytes, ...json.pieces, endBytes] };
  const { text, sizeBytes } = json;
  const bodyBytes = start.length + sizeBytes + end.length;
  return { status: 200, headers, body: `${start}${text}${end}`, bodyBytes };
}
