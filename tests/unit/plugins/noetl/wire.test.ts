import { describe, expect, test } from 'vitest';
import { decodeExecutionDetail, decodeExecutionStatus } from '../../../../gateway/executions/execution-read.ts';
import { GatewayError } from '../../../../plugins/errors.ts';
import { rawNumber } from '../../../../plugins/json/lossless-json.ts';
import { parseExecutionId, parseExecutionState } from '../../../../plugins/noetl/execution-state.ts';
import { withoutConnections } from '../../../../plugins/noetl/hidden-values.ts';
import { answerOf, objectAnswer } from '../../../../plugins/noetl/upstream-answer.ts';
import { inDocumentedForm, parseWireTime } from '../../../../plugins/noetl/wire-dialect.ts';

const codeOf = (run: () => unknown): unknown => {
  try {
    return run();
  } catch (error) {
    return error instanceof GatewayError ? error.code : error;
  }
};

test.each([
  ['767008253774397449', '767008253774397449'],
  [rawNumber('767008253774397449'), '767008253774397449'],
  [7, '7'],
  ['007', '7'],
  ['9223372036854775807', '9223372036854775807'],
  ['9223372036854775808', undefined],
  ['exec-12345', undefined],
  ['', undefined],
  ['12\n', undefined],
  ['١٢', undefined],
  [-1, undefined],
  [1.5, undefined],
  [2 ** 53, undefined],
  [null, undefined],
])('parseExecutionId(%j)', (value, want) => {
  expect(parseExecutionId(value)).toBe(want);
});

test.each([
  ['2026-11-24T06:28:29.016365Z', '2026-11-24T06:28:29.016Z'],
  ['2026-11-24T06:28:29.016365+00:00', '2026-11-24T06:28:29.016Z'],
  ['2026-11-24 06:28:29.7', '2026-11-24T06:28:29.700Z'],
  ['2026-11-24 08:28:29+02', '2026-11-24T06:28:29.000Z'],
  ['2026-11-24T06:28:29', '2026-11-24T06:28:29.000Z'],
])('parseWireTime(%j)', (text, want) => {
  expect(parseWireTime(text)?.toISOString()).toBe(want);
});
test.each(['', 'soon', null, 12, '{{ x }}'])('parseWireTime(%j) is undefined', (value) => {
  expect(parseWireTime(value)).toBeUndefined();
});

describe('answerOf', () => {
  const date = undefined;
  test.each([
    [200, { a: 1 }, { a: 1 }],
    [204, undefined, undefined],
    [
      200,
      { execution_id: '1', status: 'FAILED', error: 'text' },
      { execution_id: '1', status: 'FAILED', error: 'text' },
    ],
    [200, { items: [], error: null }, { items: [], error: null }],
    [200, { items: [], error: 'relation missing' }, 'ERR_UPSTREAM'],
    [200, { status: 'error', result: null }, 'ERR_UPSTREAM'],
    [404, { detail: 'x' }, 'ERR_NOT_FOUND'],
    [400, 'text', 'ERR_REQUEST_INVALID'],
    [422, { detail: [{ input: 's3cret' }] }, 'ERR_REQUEST_INVALID'],
    [401, {}, 'ERR_UPSTREAM'],
    [403, {}, 'ERR_UPSTREAM'],
    [307, undefined, 'ERR_UPSTREAM'],
    [500, 'Detail: SELECT s3cret', 'ERR_UPSTREAM'],
    [503, {}, 'ERR_UPSTREAM'],
  ])('%i %j', (status, body, want) => {
    expect(codeOf(() => answerOf({ status, body, date }))).toEqual(want);
  });

  test('no message holds what upstream said', () => {
    for (const status of [200, 400, 404, 422, 500]) {
      expect(() => answerOf({ status, body: { status: 'error', error: 's3cret' }, date })).not.toThrow('s3cret');
    }
  });

  test('an object is asked for', () => {
    expect(codeOf(() => objectAnswer({ status: 200, body: 'ok', date }))).toBe('ERR_UPSTREAM');
    expect(codeOf(() => objectAnswer({ status: 200, body: undefined, date }))).toBe('ERR_UPSTREAM');
  });
});

describe('both servers', () => {
  test('a detail of Python', () => {
    const detail = decodeExecutionDetail(
      {
        execution_id: '767008253774397449',
        path: 'demo/hello',
        version: 3,
        status: 'COMPLETED',
        start_time: '2026-11-24T06:28:29.016365Z',
        end_time: null,
        events: [{ event_id: 5 }, { event_id: 4 }],
      },
      '767008253774397449',
    );
    expect(detail).toMatchObject({
      path: 'demo/hello',
      version: 3,
      claim: 'COMPLETED',
      server: 'python',
      endedAt: undefined,
    });
    expect(detail.events.map((event) => event['event_id'])).toEqual([5, 4]);
  });

  test('a detail of Rust: numbers for ids, other times, oldest event first', () => {
    const detail = decodeExecutionDetail(
      {
        execution_id: rawNumber('767008253774397449'),
        path: 'demo/hello',
        status: 'FAILED',
        started_at: '2026-11-24T06:28:29Z',
        completed_at: '2026-11-24T06:28:30Z',
        events: [{ event_id: rawNumber('767008254361600027') }, { event_id: rawNumber('767008254361600028') }],
      },
      '767008253774397449',
    );
    expect(detail).toMatchObject({ claim: 'FAILED', server: 'rust', version: undefined });
    expect(detail.endedAt?.toISOString()).toBe('2026-11-24T06:28:30.000Z');
    expect(JSON.stringify(detail.events)).toBe('[{"event_id":767008254361600027},{"event_id":767008254361600028}]');
  });

  test.each([['text'], [null], [{}], [{ execution_id: '2' }], [[{ execution_id: '1' }]]])(
    '%j is no detail of 1',
    (body) => {
      expect(codeOf(() => decodeExecutionDetail(body, '1'))).toBe('ERR_UPSTREAM');
    },
  );

  test.each([
    ['COMPLETED', 'COMPLETED'],
    ['completed', 'COMPLETED'],
    ['ERROR', 'FAILED'],
    ['CANCELED', 'CANCELLED'],
    ['started', 'RUNNING'],
    ['constructor', 'RUNNING'],
    [undefined, 'RUNNING'],
  ])('the state %j', (word, want) => {
    expect(parseExecutionState(word)).toBe(want);
  });

  test('statuses', () => {
    expect(decodeExecutionStatus({ completed: true, failed: false, completion_inferred: true })).toMatchObject({
      end: 'COMPLETED',
    });
    expect(decodeExecutionStatus({ completed: false, failed: true })).toMatchObject({ end: 'FAILED' });
    expect(decodeExecutionStatus({ completed: false, failed: false })).toMatchObject({ end: undefined });
    expect(decodeExecutionStatus({ status: 'CANCELLED' })).toMatchObject({ end: 'CANCELLED', variables: undefined });
    expect(decodeExecutionStatus({ status: 'RUNNING' })).toMatchObject({ end: undefined });
    expect(decodeExecutionStatus({})).toBeUndefined();
    expect(decodeExecutionStatus('ok')).toBeUndefined();
  });

  test('rows, pools and counters of Rust take the documented form; failures lose their text', () => {
    const row = { execution_id: 1, path: 'a', status: 'COMPLETED', started_at: 's', completed_at: 'c' };
    expect(inDocumentedForm('executions', [row])).toEqual([
      { ...row, version: null, progress: 100, start_time: 's', end_time: 'c' },
    ]);
    const failed = { execution_id: '1', start_time: 's', status: 'FAILED', error: 'SQL' };
    expect(inDocumentedForm('executions', [failed])).toEqual([{ ...failed, error: 'the execution failed' }]);
    expect(inDocumentedForm('workers', [1, 2])).toMatchObject({ items: [1, 2], count: 2 });
    expect(inDocumentedForm('dashboard', { stats: { total_executions: 3, running_executions: 1 } })).toMatchObject({
      total_executions: 3,
      active_workflows: 1,
    });
    expect(inDocumentedForm('plain', [1])).toEqual([1]);
  });
});

test('withoutConnections hides what lets one in', () => {
  const runtime = {
    pid: 1,
    nats_url: 'nats://noetl:noetl@nats:4222',
    http: 'https://example.com/a',
    withUser: 'https://u:p@example.com/',
    db_password: 'p',
    userJwt: 'j',
    token: null,
    list: ['redis://x', 'plain'],
    big: rawNumber('767008253774397449'),
  };
  const text = JSON.stringify(withoutConnections({ runtime }));
  expect(text).toContain(':767008253774397449');
  expect(JSON.parse(text)).toEqual({
    runtime: {
      pid: 1,
      nats_url: '[hidden]',
      http: 'https://example.com/a',
      withUser: '[hidden]',
      db_password: '[hidden]',
      userJwt: '[hidden]',
      token: null,
      list: ['[hidden]', 'plain'],
      big: expect.any(Number),
    },
  });
});
