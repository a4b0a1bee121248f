import { GraphQLError } from 'graphql';
import { describe, expect, test } from 'vitest';
import { renderError } from '../../../../plugins/error-rendering/render-error.ts';
import { type ErrorCode, GatewayError } from '../../../../plugins/errors.ts';

const secret = 'postgres://noetl:secret@db/noetl';
const located = (error: Error) => new GraphQLError(error.message, { path: ['execution'], originalError: error });
const seen = (error: unknown) => JSON.stringify(renderError(error));

describe('a GatewayError', () => {
  test('keeps its code and message', () => {
    const rendered = renderError(
      new GatewayError('ERR_UPSTREAM', 'NoETL does not answer', { cause: new Error(secret) }),
    );
    expect(rendered.toJSON()).toEqual({
      message: 'NoETL does not answer',
      extensions: { code: 'ERR_UPSTREAM', http: { status: 502, spec: true } },
    });
    expect(seen(rendered)).not.toContain('secret');
  });

  test('of a field keeps its place and leaves the status alone', () => {
    const rendered = renderError(located(new GatewayError('ERR_ACCESS_DENIED', 'no')));
    expect(rendered.toJSON()).toEqual({
      message: 'no',
      path: ['execution'],
      extensions: { code: 'ERR_ACCESS_DENIED' },
    });
  });

  test('is found under several wrappings', () => {
    const inner = located(new GatewayError('ERR_NOT_FOUND', 'execution not found'));
    expect(renderError(located(inner)).extensions['code']).toBe('ERR_NOT_FOUND');
  });

  test('says when to come back', () => {
    const rendered = renderError(new GatewayError('ERR_OVERLOADED', 'busy', { retryAfterSecs: 7 }));
    expect(rendered.extensions['http']).toEqual({ status: 503, spec: false, headers: { 'retry-after': '7' } });
  });

  test.each<[ErrorCode, boolean]>([
    ['ERR_QUERY_REFUSED', false],
    ['ERR_TOKEN_MISSING', false],
    ['ERR_TOKEN_MALFORMED', false],
    ['ERR_SESSION_INVALID', false],
    ['ERR_AUTH_UNAVAILABLE', false],
    ['ERR_STORE', false],
    ['ERR_OVERLOADED', false],
    ['ERR_RATE_LIMITED', false],
    ['ERR_ORIGIN_REFUSED', false],
    ['ERR_METHOD', false],
    ['ERR_BODY_TOO_LARGE', false],
    ['ERR_MEDIA_TYPE', false],
    ['ERR_INTERNAL', false],
    ['ERR_REQUEST_INVALID', true],
    ['ERR_ACCESS_DENIED', true],
    ['ERR_NOT_FOUND', true],
    ['ERR_UPSTREAM', true],
  ])('%s: with application/json it stays 200: %s', (code, spec) => {
    expect(renderError(new GatewayError(code, 'x')).extensions['http']).toMatchObject({ spec });
  });
});

describe('everything else says nothing', () => {
  test.each<[string, unknown]>([
    ['an error', new Error(secret)],
    ['an error of a field', located(new TypeError(secret))],
    ['text', secret],
    ['an object', { secret }],
    ['nothing', undefined],
    [
      "graphql-js on a resolver's value",
      new GraphQLError(`Enum "S" cannot represent value: "${secret}"`, { path: ['a'] }),
    ],
    ['the same, wrapped', located(new GraphQLError(`Int cannot represent ${secret}`))],
  ])('%s', (_name, error) => {
    expect(seen(error)).not.toContain('secret');
    expect(renderError(error).extensions['code']).toBe('ERR_INTERNAL');
  });

  test('but keeps the original for the log', () => {
    const error = new Error(secret);
    expect(renderError(located(error)).originalError).toBe(error);
  });
});

describe('errors about the request', () => {
  test.each([
    ['GRAPHQL_PARSE_FAILED', 'ERR_REQUEST_INVALID'],
    ['GRAPHQL_VALIDATION_FAILED', 'ERR_REQUEST_INVALID'],
    ['OPERATION_RESOLUTION_FAILURE', 'ERR_REQUEST_INVALID'],
    ['BAD_REQUEST', 'ERR_REQUEST_INVALID'],
    ['REQUEST_ENTITY_TOO_LARGE', 'ERR_BODY_TOO_LARGE'],
    ['INTERNAL_SERVER_ERROR', 'ERR_INTERNAL'],
    ['ERR_ACCESS_DENIED', 'ERR_ACCESS_DENIED'],
    [undefined, 'ERR_REQUEST_INVALID'],
  ])('%s is %s', (code, want) => {
    expect(renderError(new GraphQLError('x', { extensions: { code } })).extensions['code']).toBe(want);
  });

  test('without a status are 400, and 200 for application/json', () => {
    expect(renderError(new GraphQLError('x')).extensions['http']).toEqual({ status: 400, spec: true });
  });

  test('keep the status that Yoga gave', () => {
    const http = { status: 405, headers: { Allow: 'POST' } };
    const error = new GraphQLError('x', { extensions: { code: 'BAD_REQUEST', http } });
    expect(renderError(error).extensions).toEqual({ code: 'ERR_METHOD', http: { ...http, spec: false } });
  });

  test.each([
    [
      'Cannot query field "executio" on type "Query". Did you mean "execution" or "executions"?',
      'Cannot query field "executio" on type "Query".',
    ],
    ['Unknown type "X". Did you mean to use an inline fragment on "Y"?', 'Unknown type "X".'],
    [
      'Variable "$o" got invalid value; Field "a" is not defined by type "O". Did you mean "b"?',
      'Variable "$o" got invalid value; Field "a" is not defined by type "O".',
    ],
    ['nothing to cut', 'nothing to cut'],
  ])('suggest nothing: %s', (message, want) => {
    expect(renderError(new GraphQLError(message)).message).toBe(want);
  });

  test("a platform's own resolver may say what it likes, with a code", () => {
    const own = new GraphQLError('try tomorrow', {
      path: ['quota'],
      extensions: { code: 'QUOTA', http: { status: 429 } },
    });
    expect(renderError(own).toJSON()).toEqual({
      message: 'try tomorrow',
      path: ['quota'],
      extensions: { code: 'QUOTA' },
    });
  });
});

test('rendering twice changes nothing', () => {
  for (const error of [new Error(secret), located(new GatewayError('ERR_STORE', 'x')), new GraphQLError('y')]) {
    const once = renderError(error);
    expect(renderError(once).toJSON()).toEqual(once.toJSON());
    expect(renderError(once).originalError).toBe(once.originalError);
  }
});
