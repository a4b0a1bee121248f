import { buildSchema, type ExecutionResult, GraphQLError, parse, validate } from 'graphql';
import { describe, expect, test } from 'vitest';
import { createPipeline, type PipelineOptions } from '../../../../gateway/graphql/pipeline.ts';
import type { GraphqlServerContext, RequestRecord } from '../../../../gateway/graphql/request-params.ts';
import type { Caller } from '../../../../plugins/call-context.ts';
import { renderError } from '../../../../plugins/error-rendering/render-error.ts';
import { GatewayError } from '../../../../plugins/errors.ts';

const caller = { token: 'token' } as unknown as Caller;
const contentType = 'application/json; charset=utf-8';

const schema = buildSchema('type Query { a: Int } type Subscription { a: Int }');

/** Envelop without plugins, that executes by a function. */
function enveloped(execute: (args: unknown) => Promise<ExecutionResult>): PipelineOptions['engine'] {
  const contextFactory = async () => ({});
  const getEnveloped = () => ({ schema, parse, validate, contextFactory, execute });
  return { getEnveloped, waitUntil: () => {} } as unknown as PipelineOptions['engine'];
}

/** Answers with what is given for a result; notes what is handed to Yoga, and whether the body was read. */
function direct(given: Partial<PipelineOptions> & { readonly result?: unknown; readonly body?: string }) {
  const seen: { handedOver: RequestRecord[]; read: number } = { handedOver: [], read: 0 };
  const request = new Request('http://gateway.invalid/graphql', { method: 'POST' });
  const answer = createPipeline({
    engine: enveloped(async () => given.result as never),
    finish: (finished) => ({
      ...finished,
      errors: (finished.errors ?? []).map((error) => {
        const { message, extensions } = error.originalError instanceof GatewayError ? renderError(error) : error;
        return new GraphQLError(`finished ${message}`, { extensions });
      }),
    }),
    authenticate: async () => ({ caller, source: 'bearer' }),
    throughYoga: async (_request, { record }) => {
      seen.handedOver.push({ ...record });
      return { status: 299, headers: {}, body: '' };
    },
    ...given,
  });
  const readBody = async () => {
    seen.read += 1;
    return Buffer.from(given.body ?? '{"query":"{ a }"}');
  };
  const context = { requestId: 'r', readBody, record: {} } as unknown as GraphqlServerContext;
  return { seen, answer: () => answer({ readHeader: () => undefined, request: () => request, context, contentType }) };
}

describe('the pipeline', () => {
  test('data alone is written here', async () => {
    const { seen, answer } = direct({ result: { data: { a: 1 }, errors: undefined } });
    expect(await answer()).toEqual({
      status: 200,
      headers: { 'cache-control': 'no-store', 'content-type': contentType },
      body: '{"data":{"a":1}}',
    });
    expect(seen.handedOver).toEqual([]);
  });

  test.each([
    ['extensions beside errors', { data: null, errors: [new GraphQLError('no')], extensions: {} }],
    ['extensions', { data: {}, extensions: {} }],
    ['a way of its own to be written', { data: {}, stringify: () => 'x' }],
    ['more to come', { async *[Symbol.asyncIterator]() {} }],
  ])('%s: Yoga answers, from the result', async (_name, result) => {
    const { seen, answer } = direct({ result });
    expect((await answer()).status).toBe(299);
    expect(seen.handedOver).toEqual([{ caller, params: { query: '{ a }' }, outcome: { result } }]);
  });

  test.each([
    ['errors', { errors: [new GraphQLError('no')] }, '{"errors":[{"message":"finished no"}]}'],
    [
      'errors and data',
      { errors: [new GraphQLError('no')], data: null },
      '{"errors":[{"message":"finished no"}],"data":null}',
    ],
  ])('%s are written here, once they are rendered', async (_name, result, body) => {
    const { seen, answer } = direct({ result });
    expect(await answer()).toEqual({
      status: 200,
      headers: { 'cache-control': 'no-store', 'content-type': contentType },
      body,
    });
    expect(seen.handedOver).toEqual([]);
  });

  test('so is what is thrown, with its status', async () => {
    const thrown = new GatewayError('ERR_OVERLOADED', 'later', { retryAfterSecs: 3 });
    const { seen, answer } = direct({ engine: enveloped(() => Promise.reject(thrown)) });
    expect(await answer()).toMatchObject({ status: 503, headers: { 'retry-after': '3' } });
    expect(seen.handedOver).toEqual([]);
  });

  test('several errors that are thrown as one are Yoga’s to render', async () => {
    const thrown = new AggregateError([new Error('a'), new Error('b')]);
    const failing = direct({ engine: enveloped(() => Promise.reject(thrown)) });
    expect((await failing.answer()).status).toBe(299);
    expect(failing.seen.handedOver).toEqual([{ caller, params: { query: '{ a }' }, outcome: { error: thrown } }]);
  });

  test.each([
    ['a batch', '[{"query":"{ a }"}]'],
    ['a subscription', '{"query":"subscription { a }"}'],
    ['no query', '{"query":null}'],
    ['another name of an operation', '{"query":"{ a }","operationName":1}'],
    ['other variables', '{"query":"{ a }","variables":[]}'],
    ['other extensions', '{"query":"{ a }","extensions":"x"}'],
    ['an unknown parameter', '{"query":"{ a }","more":1}'],
  ])('%s has not run yet when Yoga gets it', async (_name, body) => {
    const ran: unknown[] = [];
    const { seen, answer } = direct({ body, engine: enveloped(async (args) => ran.push(args) as never) });
    await answer();
    expect(seen.handedOver).toEqual([{ caller, params: JSON.parse(body) }]);
    expect(ran).toEqual([]);
  });

  test('a document with errors is not run', async () => {
    const { answer } = direct({ body: '{"query":"{ b }"}', result: { data: {} } });
    expect((await answer()).body).toContain('Cannot query field');
  });

  test.each([
    ['refused', async () => ({ refused: new GatewayError('ERR_SESSION_INVALID', 'no') }), 401],
    ['not to be found out', () => Promise.reject(new Error('the store is out')), 503],
    ['guessed too often', () => Promise.reject(new GatewayError('ERR_RATE_LIMITED', 'no')), 429],
  ])('a session %s: the body is not even read', async (_name, authenticate, status) => {
    const { seen, answer } = direct({ authenticate });
    expect((await answer()).status).toBe(status);
    expect(seen).toMatchObject({ read: 0, handedOver: [] });
  });
});
