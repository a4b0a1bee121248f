import { describe, expect, test } from 'vitest';
import {
  decodeRunEvents,
  hasOpenWork,
  inOrder,
  lastStepOf,
  terminalEvent,
  workloadOf,
} from '../../../../gateway/executions/run-event.ts';
import { rawNumber } from '../../../../plugins/json/lossless-json.ts';

const withId = (...ids: readonly unknown[]) => ids.map((event_id) => ({ event_id }));

describe('events are oldest first', () => {
  test.each([
    ['the newest first, as Python writes them', withId(3, 2, 1), withId(1, 2, 3)],
    ['the oldest first, as Rust writes them', withId(1, 2, 3), withId(1, 2, 3)],
    ['by number, not by text', withId('10', '9'), withId('9', '10')],
    [
      'long numbers',
      withId(rawNumber('767008254361600028'), rawNumber('767008254361600027')),
      withId(rawNumber('767008254361600027'), rawNumber('767008254361600028')),
    ],
    ['ids that are no numbers stay in order', withId('b2', 'a1'), withId('b2', 'a1')],
    ['an id that only ends or begins with digits', withId('2x', '1'), withId('2x', '1')],
    ['an event without an id', withId(2, undefined), withId(2, undefined)],
    [
      'the same id',
      [
        { event_id: 1, n: 1 },
        { event_id: 1, n: 2 },
      ],
      [
        { event_id: 1, n: 1 },
        { event_id: 1, n: 2 },
      ],
    ],
    ['no event', [], []],
  ])('%s', (_name, events, want) => {
    expect(inOrder(events)).toEqual(want);
  });
});

test('an event has what both servers say', () => {
  const [event] = decodeRunEvents([
    {
      ...{
        event_type: 'call.done',
        node_name: 'a:task_sequence',
        timestamp: '2026-01-01T00:00:00Z',
        context: { x: 1 },
      },
      result: { context: { command_id: rawNumber('7'), request_id: 'r', error: 'inner' } },
    },
  ]);
  expect(event).toEqual({
    ...{ type: 'call.done', step: 'a', isList: true, at: Date.parse('2026-01-01T00:00:00Z'), context: { x: 1 } },
    result: { context: { command_id: rawNumber('7'), request_id: 'r', error: 'inner' } },
    ...{ error: undefined, commandId: '7', requestId: 'r' },
  });
  expect(decodeRunEvents([{ error: 'own' }])[0]?.error).toBe('own');
  expect(decodeRunEvents([{ created_at: 'soon', result: 'text', context: [] }])[0]).toEqual({
    ...{ type: '', step: '', isList: false, at: undefined, result: undefined, context: undefined, error: undefined },
    ...{ commandId: undefined, requestId: undefined },
  });
  expect(decodeRunEvents([{ node_name: ':task_sequence:a' }])[0]?.step).toBe(':task_sequence:a');
});

describe('what an execution was started with', () => {
  const initialized = (context: unknown) => ({ event_type: 'playbook.initialized', context });

  test.each([
    ['in the context', [initialized({ workload: { a: 1 } })], { a: 1 }],
    ['in the result', [initialized({ result: { workload: { a: 1 } }, workload: { b: 2 } })], { a: 1 }],
    [
      'of the first that has it',
      [{ event_type: 'other', context: { workload: { b: 2 } } }, initialized({}), initialized({ workload: { a: 1 } })],
      { a: 1 },
    ],
    ['no object', [initialized({ workload: 'text' })], undefined],
    ['no context', [initialized('text'), initialized(undefined)], undefined],
    ['no event', [], undefined],
  ])('%s', (_name, events, want) => {
    expect(workloadOf(events)).toEqual(want);
  });
});

describe('how an execution ended', () => {
  const endOf = (...types: readonly string[]) =>
    terminalEvent(decodeRunEvents(types.map((event_type, index) => ({ event_id: index + 1, event_type }))));

  test.each([
    ['playbook.completed', 'COMPLETED'],
    ['workflow.completed', 'COMPLETED'],
    ['playbook_completed', 'COMPLETED'],
    ['playbook.failed', 'FAILED'],
    ['workflow.failed', 'FAILED'],
    ['playbook_failed', 'FAILED'],
    ['execution.cancelled', 'CANCELLED'],
    ['playbook.cancelled', 'CANCELLED'],
    ['playbook_cancelled', 'CANCELLED'],
  ])('%s: %s', (type, want) => {
    expect(endOf('playbook.completed', 'call.done', type, 'batch.completed')).toMatchObject({
      end: want,
      event: { type },
    });
  });

  test.each(['call.done', 'constructor', ''])('%j is no end', (type) => {
    expect(endOf(type)).toBeUndefined();
  });
});

describe('the step that ended last', () => {
  const last = (...events: readonly object[]) =>
    lastStepOf(decodeRunEvents(events.map((event, index) => ({ event_id: index + 1, ...event }))));
  const of = (event_type: string, node_name: string) => ({ event_type, node_name });

  test('is not an item that ends after its loop; a loop that runs again counts', () => {
    const late = [of('loop.done', 'each'), of('call.done', 'end'), of('call.done', 'each:task_sequence')];
    expect(last(...late)).toBe('end');
    expect(last(...late, of('command.issued', 'each'), of('call.done', 'each'))).toBe('each');
    expect(last(...late.slice(0, 1))).toBe('each');
  });

  test.each([
    'call.done',
    'call.error',
    'command.completed',
    'command.failed',
    'loop.done',
    'step.exit',
    'step_completed',
    'step_exit',
  ])('%s is an end', (type) => {
    expect(last(of('call.done', 'a'), of(type, 'b'), of('command.started', 'c'))).toBe('b');
  });

  test('as the terminal event names it, the latest such name', () => {
    const named = (final_step: unknown) => ({ event_type: 'x', context: { final_step } });
    expect(last(named('a'), named('b'), of('call.done', 'c'))).toBe('b');
    expect(last(named(7), of('call.done', 'c'))).toBe('c');
  });

  test('an end without a step does not count', () => {
    expect(last(of('call.done', 'a'), of('call.done', ''))).toBe('a');
    expect(last(of('command.started', 'a'))).toBeUndefined();
  });
});

describe('open work', () => {
  const isOpen = (...events: readonly (readonly [type: string, step: string, id?: string])[]) =>
    hasOpenWork(
      decodeRunEvents(
        events.map(([event_type, node_name, id], index) => ({
          ...{ event_id: index + 1, event_type, node_name },
          result: { context: event_type.startsWith('batch') ? { request_id: id } : { command_id: id } },
        })),
      ),
    );

  test('commands without ids: as many ends as were issued', () => {
    expect(isOpen(['command.issued', 'a'], ['command.completed', 'a'])).toBe(false);
    expect(isOpen(['command.issued', 'a'], ['command.issued', 'a'], ['command.completed', 'a'])).toBe(true);
    expect(isOpen(['command.issued', 'a'], ['command.completed', 'b'])).toBe(true);
    expect(isOpen(['command.issued', 'a'], ['command.started', 'a'])).toBe(true);
  });

  test('commands with ids: each that began has ended', () => {
    expect(isOpen(['command.started', 'a', '1'], ['command.started', 'a', '2'], ['command.cancelled', 'a', '1'])).toBe(
      true,
    );
    expect(isOpen(['command.started', 'a', '1'], ['command.cancelled', 'a', '1'])).toBe(false);
    expect(isOpen(['command.failed', 'a', '1'], ['command.claimed', 'a', '1'])).toBe(false);
    expect(isOpen(['command.issued', 'a', '1'], ['command.claimed', 'a', '1'], ['command.completed', 'a', '1'])).toBe(
      false,
    );
  });

  test('events of other kinds open nothing', () => {
    expect(isOpen(['call.done', 'a', '1'], ['step.enter', 'a'], ['batch.accepted', 'b'])).toBe(false);
    expect(isOpen(['batch.accepted', 'b', 'r'], ['batch.completed', 'b', 'other'])).toBe(true);
  });
});
