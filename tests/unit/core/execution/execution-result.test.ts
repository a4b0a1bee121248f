import { describe, expect, test } from 'vitest';
import {
  finalStepOf,
  resultOfEvents,
  resultOfStatus,
  terminalEnd,
  textOutputOf,
} from '../../../../core/execution/execution-result.ts';
import { decodeExecutionStatus } from '../../../../core/execution/execution-status.ts';
import { rawNumber } from '../../../../core/json/lossless-json.ts';

function statusWith(current_step: string | null, completed_steps: string[], variables: unknown) {
  const status = decodeExecutionStatus({ completed: true, failed: false, current_step, completed_steps, variables });
  if (status === undefined) throw new Error('not a status');
  return status;
}

describe('resultOfStatus', () => {
  const big = rawNumber('320816801799737344');
  test.each([
    [
      'the current step, without its copy',
      statusWith('end', ['start', 'end'], { end: { a: 1, context: { a: 1 } } }),
      { a: 1 },
    ],
    ['exact numbers', statusWith('end', [], { end: { big, context: { big } } }), { big }],
    ['a context of its own', statusWith('end', [], { end: { a: 1, context: { b: 2 } } }), { a: 1, context: { b: 2 } }],
    [
      'nested copies stay',
      statusWith('end', [], { end: { f: { a: 1, context: { a: 1 } } } }),
      { f: { a: 1, context: { a: 1 } } },
    ],
    ['a text', statusWith('end', [], { end: 'done' }), 'done'],
    ['a list', statusWith('end', [], { end: [1, 2] }), [1, 2]],
    ['null', statusWith('end', [], { end: null }), null],
    ['the only completed step', statusWith(null, ['start'], { start: 1, name: 'x' }), 1],
    ['no telling which of two', statusWith(null, ['start', 'end'], { start: 1, end: 2 }), undefined],
    ['a step without a value', statusWith('end', [], { why: 'boom' }), undefined],
    ['inherited members', statusWith('constructor', [], {}), undefined],
    ['no variables', statusWith('end', [], undefined), undefined],
  ])('%s', (_name, status, want) => {
    expect(resultOfStatus(status)).toEqual(want);
  });
});

test('the terminal event names the last step where /status does not', () => {
  const status = statusWith(null, ['end', 'start'], { start: 1, end: { list: [1], context: { list: [1] } } });
  const events = [
    { event_type: 'batch.completed' },
    { event_type: 'playbook.completed', context: { final_step: 'end' } },
  ];
  expect(finalStepOf(events)).toBe('end');
  expect(resultOfStatus(status, finalStepOf(events))).toEqual({ list: [1] });
  expect(finalStepOf([{ context: null }, { context: { final_step: null } }])).toBeUndefined();
});

describe('resultOfEvents', () => {
  const completed = (context: unknown) => ({
    event_type: 'playbook.completed',
    result: { status: 'COMPLETED', context },
  });
  test.each([
    ['the terminal event', [{ event_type: 'batch.completed', result: { x: 1 } }, completed({ a: 1 })], { a: 1 }],
    [
      'its context when it has no result',
      [
        {
          event_type: 'playbook.completed',
          result: null,
          context: { result: { status: 'COMPLETED', context: { a: 1 } } },
        },
      ],
      { a: 1 },
    ],
    ['a bare result', [{ event_type: 'playbook_completed', result: { answer: 42 } }], { answer: 42 }],
    ['a text', [completed('done')], 'done'],
    [
      'else the last step',
      [{ event_type: 'call.done', result: { status: 'COMPLETED', context: { a: 2, command_id: 1 } } }],
      { a: 2 },
    ],
    [
      'never a failed end',
      [{ event_type: 'playbook.failed', result: { status: 'COMPLETED', context: { a: 1 } } }],
      undefined,
    ],
    ['nothing', [], undefined],
  ])('%s', (_name, events, want) => {
    expect(resultOfEvents(events)).toEqual(want);
  });

  test('terminalEnd reads the newest terminal event', () => {
    expect(terminalEnd([{ event_type: 'batch.completed' }, { event_type: 'execution.cancelled' }, completed({})])).toBe(
      'CANCELLED',
    );
    expect(terminalEnd([{ event_type: 'playbook.failed' }])).toBe('FAILED');
    expect(terminalEnd([{ event_type: 'toString' }, { event_type: 'step.exit' }])).toBeUndefined();
  });
});

test.each([
  [{ textOutput: 'a' }, 'a'],
  [{ text_output: 'b' }, 'b'],
  [{ textOutput: 1 }, null],
  ['text', null],
  [null, null],
])('textOutputOf %j', (result, want) => {
  expect(textOutputOf(result)).toBe(want);
});
