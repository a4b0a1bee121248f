import { describe, expect, it } from 'vitest';
import { GatewayError } from '../../../../plugins/errors.ts';
import { answerOf, objectAnswer } from '../../../../plugins/noetl/upstream-answer.ts';

const reply = (status: number, body?: unknown) => ({ status, body, date: undefined });

function errorOf(run: () => unknown): GatewayError {
  try {
    run();
  } catch (error) {
    if (error instanceof GatewayError) return error;
  }
  throw new Error('nothing was thrown');
}

describe('answerOf', () => {
  it.each([
    [200, { a: 1 }],
    [200, [1]],
    [200, undefined],
    [204, undefined],
    [299, 'text'],
    [200, { error: '' }],
    [200, { error: null }],
    [200, { error: 'of the run', execution_id: '1' }],
    [200, { status: 'COMPLETED' }],
  ])('%i %j is the answer', (status, body) => {
    expect(answerOf(reply(status, body))).toEqual(body);
  });

  it.each([
    [200, { status: 'error' }, 'ERR_UPSTREAM', 'NoETL reported a failure', undefined],
    [200, { error: 'no pool' }, 'ERR_UPSTREAM', 'NoETL reported a failure', undefined],
    [300, {}, 'ERR_UPSTREAM', 'NoETL could not answer', undefined],
    [199, {}, 'ERR_UPSTREAM', 'NoETL could not answer', undefined],
    [404, { detail: 'x' }, 'ERR_NOT_FOUND', 'not found', undefined],
    [
      404,
      { detail: 'Not Found' },
      'ERR_NOT_SUPPORTED',
      'this release of NoETL does not offer this operation',
      undefined,
    ],
    [404, '', 'ERR_NOT_SUPPORTED', 'this release of NoETL does not offer this operation', undefined],
    [400, {}, 'ERR_REQUEST_INVALID', 'NoETL does not accept these arguments', undefined],
    [409, {}, 'ERR_REQUEST_INVALID', 'NoETL does not accept these arguments', undefined],
    [413, {}, 'ERR_REQUEST_INVALID', 'NoETL does not accept these arguments', undefined],
    [422, {}, 'ERR_REQUEST_INVALID', 'NoETL does not accept these arguments', undefined],
    [
      422,
      {
        detail: [
          { loc: ['query', 'page_size'], msg: 'x', input: 's3cret', ctx: { ge: 10 } },
          { loc: ['a b'], ctx: { le: 1 } },
        ],
      },
      'ERR_REQUEST_INVALID',
      'NoETL does not accept these arguments: page_size must be at least 10',
      undefined,
    ],
    [401, {}, 'ERR_UPSTREAM', 'NoETL could not answer', undefined],
    [429, {}, 'ERR_UPSTREAM', 'NoETL could not answer', 2],
    [503, {}, 'ERR_UPSTREAM', 'NoETL could not answer', 2],
    [500, 'Detail: SQL', 'ERR_UPSTREAM', 'NoETL could not answer', undefined],
  ])('%i %j is an error', (status, body, code, message, retryAfterSecs) => {
    expect(errorOf(() => answerOf(reply(status, body)))).toMatchObject({ code, message, retryAfterSecs });
  });

  it('says what is missing, and keeps the status for the log', () => {
    expect(errorOf(() => answerOf(reply(404, { detail: 'x' }), 'playbook not found')).message).toBe(
      'playbook not found',
    );
    expect(errorOf(() => answerOf(reply(500))).cause).toBe('status 500');
  });
});

describe('objectAnswer', () => {
  it('wants an object', () => {
    expect(objectAnswer(reply(200, { a: 1 }))).toEqual({ a: 1 });
    for (const body of [undefined, null, [1], 'text', 1]) {
      expect(errorOf(() => objectAnswer(reply(200, body)))).toMatchObject({
        code: 'ERR_UPSTREAM',
        message: 'NoETL answered in a form that the gateway does not know',
      });
    }
    expect(errorOf(() => objectAnswer(reply(404, { detail: 'x' }), 'gone')).message).toBe('gone');
  });
});
