import { describe, expect, test } from 'vitest';
import { decodeExecutionStatus } from '../../../../gateway/executions/execution-status.ts';
import { decodeRunEvents } from '../../../../gateway/executions/run-event.ts';
import { saysNothing, unwrapped } from '../../../../gateway/executions/step-value.ts';
import { collectSteps, handedReferences, handedWith } from '../../../../gateway/executions/step-values.ts';

const event = (event_type: string, node_name: string, rest: object = {}) => ({
  event_type,
  node_name,
  created_at: '2026-01-01T00:00:00Z',
  ...rest,
});
const done = (step: string, context: object) =>
  event('call.done', step, { result: { status: 'COMPLETED', context: { ...context, command_id: 1 } } });
const statusWith = (variables: object, completed_steps: string[] = []) =>
  decodeExecutionStatus({ completed: true, failed: false, variables, completed_steps });
const valuesOf = (steps: ReturnType<typeof collectSteps>) =>
  Object.fromEntries(steps.map(({ name, value }) => [name, value]));

describe('where a step has its value from', () => {
  const ref = 'noetl://execution/7/ctx/1';
  const events = decodeRunEvents([
    done('mid', { status: 'ok' }),
    event('command.issued', 'end', { context: { render_context: { kind: 'result_ref', ref } } }),
    done('end', { status: 'complete' }),
  ]);
  const sources = { events, status: statusWith({ n: 1 }), lostStep: undefined };

  test('what NoETL handed on behind a reference is asked for when an event may have lost a part', () => {
    expect(handedReferences(sources)).toEqual([ref]);
    const whole = { ctx: { mid: { status: 'ok', data: [1, 2] } } };
    expect(valuesOf(collectSteps(sources, handedWith(events, [whole])))['mid']).toEqual({
      kind: 'value',
      value: { status: 'ok', data: [1, 2] },
    });
    expect(valuesOf(collectSteps(sources))['mid']).toEqual({ kind: 'value', value: { status: 'ok' } });
  });

  test('nothing is asked for when /status has the results', () => {
    const status = statusWith({ mid: { a: 1 }, end: 2 });
    expect(handedReferences({ ...sources, status })).toEqual([]);
  });

  test('steps older than the events are there by name, with what /status holds', () => {
    const status = statusWith({ first: { a: 1, context: { a: 1 } } }, ['end', 'mid', 'first']);
    expect(collectSteps({ ...sources, status }).map(({ name, status: state }) => [name, state])).toEqual([
      ['first', 'COMPLETED'],
      ['mid', 'COMPLETED'],
      ['end', 'COMPLETED'],
    ]);
  });

  test('a batch that NoETL gave up names the step whose result it could not store', () => {
    const failed = decodeRunEvents([
      done('mid', { status: 'COMPLETED' }),
      event('command.completed', 'mid'),
      event('batch.failed', 'events.batch'),
    ]);
    expect(valuesOf(collectSteps({ events: failed, status: undefined, lostStep: undefined }))).toEqual({
      mid: { kind: 'lost' },
    });
  });
});

describe('unwrapped', () => {
  test.each([
    ['a copy', { a: 1, context: { a: 1 } }, { a: 1 }],
    ['a context of its own', { a: 1, context: { b: 2 } }, { a: 1, context: { b: 2 } }],
    ['nothing', { context: {} }, {}],
    ['null', { _value: null, context: { _value: null } }, null],
    ['list form', { _prev: { y: [1] }, status: 'ok', metrics: {}, results: {} }, { y: [1] }],
    ['list form of 2.37', { _prev: { y: [1] }, status: 'ok' }, { y: [1] }],
    ['a member _prev of the playbook', { _prev: 1, status: 'ok', own: 2 }, { _prev: 1, status: 'ok', own: 2 }],
    ['list form of list form', { _prev: { _prev: 3, metrics: {} }, metrics: {} }, 3],
    [
      'http',
      { url: 'http://noetl.example.com', headers: {}, elapsed: 1, status_code: 200, data: [1] },
      { status_code: 200, data: [1] },
    ],
    [
      'rows',
      { status: 'success', statement_count: 1, row_count: 1, rows: [{ a: 1 }], columns: ['a'] },
      { row_count: 1, rows: [{ a: 1 }], columns: ['a'] },
    ],
    [
      'rows with a column called status',
      { rows: [{ status: 'ok' }], status: 'open' },
      { rows: [{ status: 'ok' }], status: 'open' },
    ],
    ['an insert', { status: 'success', message: '1 rows', statement_count: 1, row_count: 1 }, { row_count: 1 }],
    [
      'a child that was only started',
      { status: 'started', async: true, execution_id: '9', path: 'a' },
      { execution_id: '9' },
    ],
    [
      'an execution id of its own',
      { status: 'ok', execution_id: '9', total: 3 },
      { status: 'ok', execution_id: '9', total: 3 },
    ],
    [
      'a child with its results',
      {
        execution_id: '9',
        completion_inferred: false,
        current_step: 'end',
        completed_steps: ['end', 'work'],
        variables: { n: 1, work: { a: 1 } },
      },
      { work: { a: 1 } },
    ],
    ['text', 'x', 'x'],
    ['a list', [1], [1]],
  ])('%s', (_name, value, want) => {
    expect(unwrapped(value)).toEqual(want);
  });

  test.each([
    undefined,
    {},
    { status: 'complete' },
    { step: 'end', status: 'noop' },
    { status: 'ok', message: 'noop' },
  ])('%j only ends a run', (value) => expect(saysNothing(value)).toBe(true));
  test.each([
    null,
    0,
    '',
    [],
    { status: 'open' },
    { status: 'ok', total: 0 },
    { message: 'hi' },
    { status: 'ok', message: 'hi' },
  ])('%j says something', (value) => expect(saysNothing(value)).toBe(false));
});
