import { describe, expect, test } from 'vitest';
import { decodeExecutionStatus } from '../../../../gateway/executions/execution-read.ts';
import {
  collectSteps,
  contextReferences,
  contextsWith,
  stepsOf,
  withLost,
} from '../../../../gateway/executions/execution-steps.ts';
import { saysNothing, unwrapped } from '../../../../gateway/executions/result-forms.ts';
import { decodeRunEvents } from '../../../../gateway/executions/run-event.ts';
import { rawNumber } from '../../../../plugins/json/lossless-json.ts';
import { notStored, plainReason } from '../../../../plugins/noetl/failure-text.ts';

type Wire = Readonly<Record<string, unknown>>;
type Events = readonly (readonly [type: string, more?: Wire])[];
const start = Date.parse('2026-01-01T00:00:00Z');

/** Events of the step `a` unless they name another, one second apart. */
const stepsAfter = (...events: Events) =>
  stepsOf(
    decodeRunEvents(
      events.map(([event_type, more], index) => ({
        ...{ event_id: index + 1, event_type, node_name: 'a' },
        created_at: new Date(start + index * 1_000).toISOString(),
        ...more,
      })),
    ),
  );
const command = (id: string): Wire => ({ result: { context: { command_id: id } } });
const python = (context: Wire, more: Wire = {}): Wire => ({ result: { status: 'COMPLETED', context, ...more } });
const rust = (inner: Wire, status = 'success', id = '7:a:1'): Wire => ({
  result: { status: 'COMPLETED', context: { command_id: id, result: { status, context: inner } } },
});
const at = (seconds: number) => start + seconds * 1_000;

describe('the state of a step', () => {
  test.each<[string, Events, string]>([
    ['is issued', [['command.issued']], 'PENDING'],
    ['is claimed', [['command.issued'], ['command.claimed']], 'RUNNING'],
    ['is started', [['command.started']], 'RUNNING'],
    ['is entered', [['step.enter']], 'RUNNING'],
    ['gave a result', [['command.started'], ['call.done']], 'COMPLETED'],
    ['ended', [['command.started'], ['command.completed']], 'COMPLETED'],
    ['was left', [['step.exit']], 'COMPLETED'],
    ['was left, as older servers say', [['step_exit']], 'COMPLETED'],
    ['was completed, as older servers say', [['step_completed']], 'COMPLETED'],
    ['ended a loop', [['loop.done']], 'COMPLETED'],
    ['failed', [['command.failed']], 'FAILED'],
    ['failed in its call', [['call.error']], 'FAILED'],
    ['failed, and then ended', [['call.error'], ['step.exit']], 'FAILED'],
    ['ended with a failed result', [['call.done', { result: { status: 'failed' } }]], 'FAILED'],
    ['failed and is issued again', [['call.error'], ['command.issued']], 'PENDING'],
    ['failed and begins again', [['call.error'], ['command.started']], 'RUNNING'],
    ['is complete and issued again', [['call.done'], ['command.issued']], 'COMPLETED'],
    ['was skipped', [['step.skipped']], 'SKIPPED'],
    ['ran when the execution was cancelled', [['command.started'], ['execution.cancelled']], 'CANCELLED'],
    ['waited when the execution was cancelled', [['command.issued'], ['execution.cancelled']], 'CANCELLED'],
    ['was complete before the execution was cancelled', [['call.done'], ['execution.cancelled']], 'COMPLETED'],
  ])('%s', (_name, events, want) => {
    expect(stepsAfter(...events)[0]?.status).toBe(want);
  });

  test('events of other types, of no step and with odd names make none', () => {
    expect(stepsAfter(['batch.accepted'], ['constructor'], ['call.done', { node_name: '' }])).toEqual([]);
  });
});

describe('times, attempts and what was said', () => {
  test('from the first beginning to the last end', () => {
    const [step] = stepsAfter(['command.claimed'], ['command.started'], ['call.done'], ['step.exit']);
    expect(step).toMatchObject({ startedAt: at(0), finishedAt: at(3), lastSeenAt: at(3), attempts: 1 });
  });

  test('a step that begins again has no end and no error yet', () => {
    const [step] = stepsAfter(['command.started'], ['call.error', { error: 'no table' }], ['command.started']);
    expect(step).toMatchObject({ startedAt: at(0), finishedAt: undefined, error: undefined, lastSeenAt: at(2) });
  });

  test('an end without a beginning begins there, and an event without a time changes none', () => {
    expect(stepsAfter(['call.done'])[0]).toMatchObject({ startedAt: at(0), finishedAt: at(0) });
    const [step] = stepsAfter(['call.done'], ['step.exit', { created_at: 'soon' }]);
    expect(step).toMatchObject({ finishedAt: at(0), lastSeenAt: at(0) });
  });

  test('starts of one command are attempts, iterations of a loop are not', () => {
    expect(stepsAfter(['command.started', command('1')], ['command.started', command('1')])[0]?.attempts).toBe(2);
    expect(stepsAfter(['command.started', command('1')], ['command.started', command('2')])[0]?.attempts).toBe(1);
    expect(stepsAfter(['command.claimed', command('1')], ['command.claimed', command('1')])[0]?.attempts).toBe(1);
    expect(stepsAfter(['command.issued'])[0]?.attempts).toBe(0);
  });

  test('the first error counts', () => {
    const [step] = stepsAfter(['call.error', { error: 'no table' }], ['command.failed', { error: 'later' }]);
    expect(step?.error).toEqual(plainReason('no table'));
    expect(stepsAfter(['call.error'])[0]?.error).toBeUndefined();
  });

  test('in the order of their start; those that have not begun are last', () => {
    const steps = stepsAfter(
      ['command.issued', { node_name: 'waiting' }],
      ['call.done', { node_name: 'late', created_at: new Date(at(60)).toISOString() }],
      ['command.started', { node_name: 'early' }],
    );
    expect(steps.map(({ name }) => name)).toEqual(['early', 'late', 'waiting']);
  });
});

describe('the result that the Python server keeps', () => {
  test.each<[string, Wire, unknown]>([
    ['its members, without what NoETL adds', python({ n: 1, command_id: 1 }), { kind: 'value', value: { n: 1 } }],
    [
      'a reference, and what is beside it',
      python({ n: 1 }, { reference: { ref: 'r' } }),
      { kind: 'reference', ref: 'r', beside: { n: 1 } },
    ],
    ['a reference without an address', python({ n: 1 }, { reference: {} }), { kind: 'value', value: { n: 1 } }],
    ['nothing', python({}), undefined],
    ['only that it is complete', python({ status: 'COMPLETED' }), undefined],
    ['a status of the playbook', python({ status: 'ok' }), { kind: 'value', value: { status: 'ok' } }],
    [
      'that it is complete, and more',
      python({ status: 'COMPLETED', n: 1 }),
      { kind: 'value', value: { status: 'COMPLETED', n: 1 }, isPart: 'status' },
    ],
    ['no context', { result: { context: 'text' } }, undefined],
  ])('%s', (_name, event, want) => {
    expect(stepsAfter(['call.done', event])[0]?.value).toEqual(want);
  });

  test.each<[string, Wire, string | undefined, boolean]>([
    ['one literal with these members', { status: 'complete' }, 'result = {"status": "complete"}', true],
    ['of several lines', { status: 'ok', n: 1 }, "x = 1\nresult = {\n  'status': s,\n  'n': x,\n}\nprint(x)", true],
    ['a literal with another member', { status: 'ok' }, 'result = {"status": "ok", "items": rows}', false],
    ['something nested', { status: 'ok' }, 'result = {"status": "ok", "items": [1]}', false],
    ['a call', { status: 'ok' }, 'result = dict(status="ok")', false],
    ['a member that is added', { status: 'ok' }, 'result = {"status": "ok"}\nresult["items"] = [1]', false],
    ['members of another', { status: 'ok' }, 'result = {"status": "ok", **more}', false],
    [
      'an object that may have had lists',
      { status: 'ok', price: { n: 1 } },
      'result = {"status": "ok", "price": p}',
      false,
    ],
    [
      'a script of the last task',
      { _prev: { status: 'ok' }, status: 'ok', metrics: {} },
      'result = {"status": "ok"}',
      true,
    ],
    ['no script, and more than an end', { status: 'ok', n: 1 }, undefined, false],
    ['no script, and an end alone', { status: 'ok' }, undefined, true],
    ['of a tool: noop', { step: 'end', status: 'noop' }, 'x', true],
    ['of a tool: SQL', { status: 'success', statement_count: 1, row_count: 0 }, 'x', true],
    ['no status at all', { n: 1 }, 'x', true],
  ])('beside a member status it is whole or a part: %s', (_name, context, code, isWhole) => {
    const tool_config = '_prev' in context ? { tasks: [{ code: 'x' }, { code }] } : { code };
    const [step] = stepsAfter(['command.issued', { context: { tool_config } }], ['call.done', python(context)]);
    expect(step?.value).toEqual({
      kind: 'value',
      value: context,
      ...(!isWhole && { isPart: '_prev' in context ? 'list' : 'status' }),
    });
  });

  test('of a script with a result, an event without one is a loss once the execution is over', () => {
    const empty = python({ status: 'COMPLETED' });
    const ofList = { ...python({ status: 'ok', metrics: { task_count: 1 } }), node_name: 'a:task_sequence' };
    const ended = (code: string, event: Wire) =>
      stepsAfter(['command.issued', { context: { tool_config: { code } } }], ['call.done', event]).map(withLost)[0];
    for (const event of [empty, ofList]) {
      expect(ended('x = 1\nresult = [1]', event)?.value).toMatchObject({
        kind: 'lost',
        reason: { text: expect.stringContaining('let another step follow') },
      });
      expect(ended('print("done")', event)?.value).toBeUndefined();
    }
    expect(ended('result = {"n": 1}', python({ n: 1 }))?.value).toEqual({ kind: 'value', value: { n: 1 } });
  });

  test('the result of a loop takes the place of the last iteration', () => {
    const done = { context: { result: [1, 2] } };
    expect(stepsAfter(['call.done', python({ n: 1 })], ['loop.done', done])[0]?.value).toEqual({
      kind: 'value',
      value: [1, 2],
    });
    expect(stepsAfter(['call.done', python({ n: 1 })], ['loop.done'])[0]?.value).toEqual({
      kind: 'value',
      value: { n: 1 },
    });
  });

  test('a result that says nothing leaves the one before', () => {
    expect(stepsAfter(['call.done', python({ n: 1 })], ['call.done', python({})])[0]?.value).toEqual({
      kind: 'value',
      value: { n: 1 },
    });
  });
});

describe('the result that the Rust server keeps', () => {
  test.each<[string, Wire, unknown]>([
    ['the data, whole', rust({ data: { n: 1 } }), { kind: 'value', value: { n: 1 } }],
    [
      "a reference to the tool's answer",
      rust({ data: { _ref: 'r' } }),
      { kind: 'reference', ref: 'r', beside: {}, isToolAnswer: true },
    ],
    ['a member _ref beside others', rust({ data: { _ref: 'r', n: 1 } }), { kind: 'value', value: { _ref: 'r', n: 1 } }],
    [
      'output in the place of a result',
      rust({ data: { stdout: 'o', stderr: '' }, stdout: 'o', stderr: '' }),
      { kind: 'value', value: null },
    ],
    [
      'members of the playbook with these names',
      rust({ data: { stdout: 'x', stderr: '' }, stdout: 'o', stderr: '' }),
      { kind: 'value', value: { stdout: 'x', stderr: '' } },
    ],
    [
      'output and more',
      rust({ data: { stdout: 'o', stderr: '', n: 1 }, stdout: 'o', stderr: '' }),
      { kind: 'value', value: { stdout: 'o', stderr: '', n: 1 } },
    ],
    [
      'data without output',
      rust({ data: { stdout: 'o', stderr: '' } }),
      { kind: 'value', value: { stdout: 'o', stderr: '' } },
    ],
  ])('%s', (_name, event, want) => {
    const [step] = stepsAfter(['call.done', event]);
    expect(step).toMatchObject({ status: 'COMPLETED', error: undefined });
    expect(step?.value).toEqual(want);
  });

  test.each<[string, Wire, string]>([
    ['what it wrote', rust({ stderr: 'no table', error: 'Command exited with code 1' }, 'error'), 'no table'],
    ['its error, whatever a task before it wrote', rust({ stderr: 'warning', error: 'no table' }, 'error'), 'no table'],
    [
      'that it took too long',
      rust({ error: 'Execution timed out after 5 seconds' }, 'timeout'),
      'Execution timed out after 5 seconds',
    ],
    ['its error', rust({ error: 'no table', data: 1 }, 'error'), 'no table'],
    ['a status further in', rust({ error: 'no table', status: 'error' }), 'no table'],
    ['nothing', rust({}, 'error'), 'the tool of this step reported an error, and NoETL keeps no reason of it'],
  ])('a failed call says: %s', (_name, event, want) => {
    expect(stepsAfter(['call.done', event])[0]).toMatchObject({
      status: 'FAILED',
      error: { text: want },
      value: undefined,
    });
  });

  test('a failed call over HTTP has the status of its answer', () => {
    const answer = rust({ error: 'HTTP 404 response', data: { failed_task: 0 }, status: 'error' });
    expect(stepsAfter(['call.done', answer])[0]?.error).toMatchObject({ text: 'HTTP 404 response', httpStatus: 404 });
  });

  test('a program that failed, after which the policy went on, is an error of a complete step', () => {
    const handled = {
      data: { book: { stderr: 'ValueError: no seats' } },
      exit_code: 1,
      stderr: 'ValueError: no seats',
    };
    expect(stepsAfter(['call.done', rust(handled)])[0]).toMatchObject({
      status: 'COMPLETED',
      error: { text: 'ValueError: no seats' },
    });
    expect(stepsAfter(['call.done', rust({ ...handled, exit_code: 0 })])[0]?.error).toBeUndefined();
  });
});

describe('the ends of a run', () => {
  const ended = (id: number, node_name: string, event_type = 'call.done') => [event_type, { event_id: id, node_name }];
  const issued = (parent_event_id: number, node_name: string) => ['command.issued', { parent_event_id, node_name }];
  const endsOf = (...events: unknown[]) =>
    stepsAfter(...(events as Events))
      .filter(({ isEnd }) => isEnd)
      .map(({ name }) => name);

  test('are the steps whose end started no other step', () => {
    const both = [ended(1, 'a'), issued(1, 'b'), issued(1, 'c'), ended(4, 'b:task_sequence'), ended(5, 'c')];
    expect(endsOf(...both)).toEqual(['b', 'c']);
    expect(endsOf(...both, issued(4, 'd'), ended(7, 'd'))).toEqual(['c', 'd']);
  });

  test('an iteration that starts the next one is an end', () => {
    expect(endsOf(ended(1, 'a'), issued(1, 'b'), ended(3, 'b'), issued(3, 'b'), ended(5, 'b'))).toEqual(['b']);
  });

  test('are unknown where no event names its cause; a failed step is not an end', () => {
    expect(endsOf(ended(1, 'a'), ['command.issued', { node_name: 'b' }], ended(3, 'b'))).toEqual([]);
    expect(endsOf(ended(1, 'a'), issued(1, 'b'), ended(3, 'b', 'call.error'))).toEqual([]);
  });
});

describe('values of steps', () => {
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
      expect(contextReferences(sources)).toEqual([ref]);
      const whole = { ctx: { mid: { status: 'ok', data: [1, 2] } } };
      expect(valuesOf(collectSteps(sources, contextsWith(events, [whole])))['mid']).toEqual({
        kind: 'value',
        value: { status: 'ok', data: [1, 2] },
      });
      expect(valuesOf(collectSteps(sources))['mid']).toEqual({ kind: 'value', value: { status: 'ok' } });
    });

    test('and when an event has nothing of what its script gave', () => {
      const tool_config = { code: 'result = [1]' };
      const gave = decodeRunEvents([
        event('command.issued', 'mid', { context: { tool_config } }),
        done('mid', { status: 'COMPLETED' }),
        event('command.issued', 'end', { context: { render_context: { kind: 'result_ref', ref } } }),
      ]);
      expect(contextReferences({ ...sources, events: gave })).toEqual([ref]);
    });

    test('nothing is asked for when /status has the results', () => {
      const status = statusWith({ mid: { a: 1 }, end: 2 });
      expect(contextReferences({ ...sources, status })).toEqual([]);
    });

    test('steps older than the events are there by name, with what /status holds', () => {
      const status = statusWith({ first: { a: 1, context: { a: 1 } } }, ['end', 'mid', 'first']);
      expect(collectSteps({ ...sources, status }).map(({ name, status: state }) => [name, state])).toEqual([
        ['first', 'COMPLETED'],
        ['mid', 'COMPLETED'],
        ['end', 'COMPLETED'],
      ]);
    });

    test('a step in list form is there once, under its own name', () => {
      const status = decodeExecutionStatus({
        ...{ completed: false, failed: true, current_step: 'mid:task_sequence' },
        completed_steps: ['end', 'mid:task_sequence', 'old', 'old:task_sequence'],
      });
      expect(status?.currentStep).toBe('mid');
      expect(collectSteps({ ...sources, status }).map(({ name }) => name)).toEqual(['old', 'mid', 'end']);
    });

    describe('a batch that NoETL gave up', () => {
      const collected = (...events: readonly Wire[]) =>
        collectSteps({ events: decodeRunEvents(events), status: undefined, lostStep: undefined });
      const failedBatch = (error: string) =>
        event('batch.failed', 'events.batch', {
          error,
          result: { status: 'FAILED', context: { message: error, error_code: 'processing_error', request_id: '7' } },
        });
      const nul = 'unsupported Unicode escape sequence\nDETAIL:  \\u0000 cannot be converted to text.';
      const noAuth = `422: Invalid command context for step 'table' and tool 'postgres': it is missing auth.`;

      test('without a step: the result of the one before is lost, and why', () => {
        const [mid] = collected(
          done('mid', { status: 'COMPLETED' }),
          event('command.completed', 'mid'),
          failedBatch(nul),
        );
        expect(mid).toMatchObject({ name: 'mid', status: 'COMPLETED' });
        expect(mid?.value).toEqual({
          kind: 'lost',
          reason: { ...plainReason(`${notStored}: ${nul}`), code: 'processing_error', retryable: false },
        });
      });

      test('without a step: its own events name the step, whatever has ended since', () => {
        const accepted = { request_id: '7', event_ids: [rawNumber('773611588254171401')] };
        const steps = collected(
          event('batch.accepted', 'events.batch', { result: { context: accepted } }),
          { ...done('left', { status: 'COMPLETED' }), event_id: rawNumber('773611588254171401') },
          { ...done('right', { n: 1 }), event_id: rawNumber('773611588254171402') },
          failedBatch(nul),
        );
        expect(steps.map(({ name, value }) => [name, value?.kind])).toEqual([
          ['left', 'lost'],
          ['right', 'value'],
        ]);
      });

      test('with a step: that one has failed, and the result of the one before is whole', () => {
        const steps = collected(done('start', { n: 1 }), event('command.completed', 'start'), failedBatch(noAuth));
        expect(steps).toMatchObject([
          { name: 'start', status: 'COMPLETED', error: undefined, value: { kind: 'value', value: { n: 1 } } },
          { name: 'table', status: 'FAILED', error: { text: noAuth, code: 'processing_error' }, value: undefined },
        ]);
      });

      test('with a step that was started later: it has not failed', () => {
        const steps = collected(failedBatch(noAuth), event('command.issued', 'table'), done('table', { n: 1 }));
        expect(steps).toMatchObject([{ name: 'table', status: 'COMPLETED' }]);
      });
    });

    describe('a step whose error a policy handled', () => {
      const listForm = (...tasks: readonly (readonly [name: string, status: string])[]) => ({
        ...{ _prev: null, status: 'ok', results: {} },
        metrics: { task_count: tasks.length, tasks: tasks.map(([name, status]) => ({ name, status, kind: 'python' })) },
      });
      const stepWith = (risky: Wire) =>
        collectSteps({
          events: decodeRunEvents([
            done('risky:task_sequence', { _prev: null, status: 'ok', metrics: { task_count: 1 } }),
            event('command.issued', 'end', { context: { render_context: { ctx: { risky } } } }),
          ]),
          ...{ status: undefined, lostStep: undefined },
        })[0];

      test('is complete, and shows which task reported it', () => {
        const step = stepWith(listForm(['a', 'ok'], ['b', 'error'], ['c', 'ok']));
        expect(step).toMatchObject({ name: 'risky', status: 'COMPLETED' });
        expect(step?.error?.text).toMatch(/^task "b" reported an error/);
      });

      test.each([
        ['no task failed', listForm(['a', 'ok'])],
        ['it was tried again with success', listForm(['a', 'error'], ['a', 'ok'])],
        ["the members are the playbook's own", { metrics: { tasks: [{ name: 'a', status: 'error' }] } }],
      ])('none: %s', (_name, risky) => {
        expect(stepWith(risky)?.error).toBeUndefined();
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
      ['a query without rows', { status: 'success', statement_count: 1, row_count: 0 }, { rows: [], row_count: 0 }],
      [
        'an update of no row',
        { status: 'success', message: '0 rows', statement_count: 1, row_count: 0 },
        { row_count: 0 },
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
      { status: 'complete' },
      { step: 'end', status: 'noop' },
      { status: 'ok', message: 'noop' },
      { status: 'success', message: 'Code executed without explicit result variable', locals_count: 1 },
    ])('%j only ends a run', (value) => expect(saysNothing(value)).toBe(true));
    test.each([
      null,
      0,
      '',
      [],
      {},
      { status: 'open' },
      { status: 'ok', total: 0 },
      { message: 'hi' },
      { status: 'ok', message: 'hi' },
    ])('%j says something', (value) => expect(saysNothing(value)).toBe(false));
  });
});
