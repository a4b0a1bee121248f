import { describe, expect, test } from 'vitest';
import { stepResult } from '../../../../gateway/executions/execution-result.ts';
import { stepsOf } from '../../../../gateway/executions/execution-steps.ts';
import { maxLoopReferences } from '../../../../gateway/executions/loop-items.ts';
import { byId, decodeRunEvents, isOfLoop } from '../../../../gateway/executions/run-event.ts';

type Wire = Readonly<Record<string, unknown>>;

/** Events as a Python server 4.26 writes them, trimmed. */
const event = (event_id: number, event_type: string, more: Wire = {}): Wire => ({
  ...{ event_id, event_type, node_name: 'each', created_at: '2026-01-01T00:00:00Z' },
  ...more,
});
const issued = (id: number, index: number, more: Wire = {}, size = 3): Wire =>
  event(id, 'command.issued', {
    context: {
      input: { __loop_epoch_id: 'loop_1', __loop_claimed_index: index, __loop_collection_size: size },
      render_context: {},
    },
    ...more,
  });
/** @param ctx of the earlier iteration, which ended with the event `cause` */
const issuedAfter = (cause: number, id: number, index: number, ctx: unknown, size = 3): Wire => ({
  ...issued(id, index, {}, size),
  parent_event_id: cause,
  context: {
    input: { __loop_epoch_id: 'loop_1', __loop_claimed_index: index, __loop_collection_size: size },
    render_context: ctx,
  },
});
const done = (id: number, command_id: number, context: Wire = {}, loop_event_id = 'loop_1'): Wire =>
  event(id, 'call.done', { result: { status: 'COMPLETED', context: { ...context, command_id, loop_event_id } } });
const failed = (id: number, command_id: number): Wire =>
  event(id, 'call.error', {
    error: 'no seat',
    result: { status: 'FAILED', context: { command_id, loop_event_id: 'loop_1' } },
  });
const loopDone = (id: number, last: unknown): Wire =>
  event(id, 'loop.done', {
    context: { result: { stats: { total: 3, failed: 0, success: 3 }, results: [last] }, loop_event_id: 'loop_1' },
  });
const inline = (each: unknown) => ({ ctx: { each } });

async function resultOf(events: readonly Wire[], behind: Readonly<Record<string, unknown>> = {}) {
  const asked: string[] = [];
  const steps = stepsOf(decodeRunEvents(events));
  const [step] = steps;
  const resolve = async (ref: string) => {
    asked.push(ref);
    return behind[ref];
  };
  const parts = { ...{ steps, lastStep: undefined, rule: {}, resolve }, mask: (value: unknown) => value };
  return { result: step && (await stepResult(step, parts)), asked };
}

describe('a loop of the Python server', () => {
  test('has every item whole: those before the last by the context of the next, the last by loop.done', async () => {
    const { result } = await resultOf([
      issued(11, 0),
      done(20, 10, { n: 1 }),
      issuedAfter(20, 31, 1, inline({ n: 1, list: [1], context: { n: 1, list: [1] } })),
      done(40, 30, { n: 2 }),
      issuedAfter(40, 51, 2, inline({ n: 2, list: [2] })),
      done(60, 50, { n: 3 }),
      loopDone(61, { n: 3, list: [3] }),
    ]);
    expect(result).toEqual({
      items: [
        { n: 1, list: [1] },
        { n: 2, list: [2] },
        { n: 3, list: [3] },
      ],
      ...{ total: 3, kept: 3, failed: 0 },
    });
  });

  test('the id of a command need not be next to that of its event', async () => {
    const two = [
      issued(1_000, 1),
      issued(2_000, 0),
      done(2_001, 1_500, { n: 'first' }),
      done(2_002, 900, { n: 'second' }),
    ];
    const { result } = await resultOf(two);
    expect(result).toMatchObject({ items: [{ n: 'first' }, { n: 'second' }] });
  });

  test('what the context of the next command holds counts only for a single end before it', async () => {
    const overlapping = [
      issued(11, 0),
      issued(13, 1),
      done(20, 10, { n: 1 }),
      done(21, 12, { n: 2 }),
      issuedAfter(21, 31, 2, inline({ n: 1, list: [1] })),
    ];
    const { result } = await resultOf(overlapping);
    expect(result).toEqual({
      items: [
        { n: 1, _truncated: true },
        { n: 2, _truncated: true },
      ],
      ...{ total: 3, kept: 0, failed: 0 },
    });
  });

  test('and only of the command that this end started', async () => {
    const { result } = await resultOf([
      issued(11, 0),
      done(20, 10, { n: 1 }),
      issuedAfter(19, 31, 1, inline({ n: 7 })),
    ]);
    expect(result).toMatchObject({ items: [{ n: 1, _truncated: true }], kept: 0 });
  });

  test('the last item is taken where its scalars name one of those that overlap', async () => {
    const ends = [issued(11, 0), issued(13, 1), done(20, 12, { n: 2 }), done(21, 10, { n: 1 })];
    const { result } = await resultOf([...ends, loopDone(30, { n: 2, list: [2] })]);
    expect(result).toMatchObject({
      items: [
        { n: 1, _truncated: true },
        { n: 2, list: [2] },
      ],
      kept: 1,
    });
    const same = [issued(11, 0), issued(13, 1), done(20, 12), done(21, 10)];
    expect((await resultOf([...same, loopDone(30, 5)])).result).toMatchObject({
      items: [{ _truncated: true }, { _truncated: true }],
    });
  });

  test('a preview stays beside the scalars, and is not whole', async () => {
    const preview = { _type: 'dict', _preview: { n: 1 }, _truncated: true, _original_size_bytes: 9 };
    const { result } = await resultOf([issued(11, 0), done(20, 10, { n: 1 }), loopDone(30, preview)]);
    expect(result).toMatchObject({ items: [{ n: 1, ...preview }], kept: 0 });
  });

  test('larger contexts are read, within a bound', async () => {
    const count = maxLoopReferences + 4;
    const behind: Record<string, unknown> = {};
    const events: Wire[] = [issued(11, 0, {}, count)];
    for (let index = 1; index < count; index += 1) {
      const ref = `noetl://execution/7/result/${index}`;
      behind[ref] = { each: { n: index, list: [index] } };
      events.push(done(index * 20, index * 20 - 10, { n: index }));
      events.push(issuedAfter(index * 20, index * 20 + 11, index, { kind: 'result_ref', ref }, count));
    }
    const { result, asked } = await resultOf(events, behind);
    expect(asked).toHaveLength(maxLoopReferences);
    const { items } = result as { items: readonly unknown[] };
    expect(items[0]).toEqual({ n: 1, list: [1] });
    expect(items.at(-1)).toEqual({ n: count - 1, _truncated: true });
    expect(result).toMatchObject({ total: count, kept: maxLoopReferences, failed: 0 });
  });

  test('a context without the step leaves the scalars', async () => {
    const events = [issued(11, 0), done(20, 10, { n: 1 }), issuedAfter(20, 31, 1, { kind: 'result_ref', ref: 'r' })];
    for (const behind of [{}, { r: {} }]) {
      expect((await resultOf(events, behind)).result).toMatchObject({ items: [{ n: 1, _truncated: true }] });
    }
  });

  test('an iteration that failed is marked; one that was tried again with success has its item', async () => {
    const { result } = await resultOf([issued(11, 0), failed(20, 10), issued(31, 1), failed(40, 30)]);
    expect(result).toEqual({ items: [{ _failed: true }, { _failed: true }], total: 3, kept: 0, failed: 2 });
    const again = [issued(11, 0), failed(20, 10), issued(31, 0), done(40, 30, { n: 1 })];
    expect((await resultOf(again)).result).toMatchObject({ items: [{ n: 1 }], failed: 0 });
  });

  test('a loop that runs again has the items of its last run, and none that were late', async () => {
    const second = event(31, 'command.issued', {
      context: { input: { __loop_epoch_id: 'loop_2', __loop_claimed_index: 0, __loop_collection_size: 1 } },
    });
    const events = [
      issued(11, 0),
      done(20, 10, { n: 1 }),
      second,
      done(40, 30, { n: 9 }, 'loop_2'),
      done(41, 12, { n: 2 }),
    ];
    expect((await resultOf(events)).result).toMatchObject({ items: [{ n: 9 }], total: 1 });
  });

  test('without indexes its items are in the order of their ends', async () => {
    const { result } = await resultOf([done(20, 10, { n: 2 }), done(21, 11, { n: 1 })]);
    expect(result).toMatchObject({ items: [{ n: 2 }, { n: 1 }], total: 2 });
  });

  test('commands of list form, which NoETL runs twice, are one item each', async () => {
    const twin = event(33, 'command.issued', {
      context: { input: {}, render_context: { loop: { index: 1, length: 2 } } },
    });
    const twice = [
      issued(11, 0, {}, 2),
      done(20, 10, { n: 1 }),
      twin,
      issued(35, 1, {}, 2),
      done(40, 34, { n: 2 }),
      done(41, 32, { n: 2 }),
    ];
    expect((await resultOf(twice)).result).toMatchObject({ items: [{ n: 1 }, { n: 2 }], total: 2 });
  });

  test('a script without a result gives null, and a sub-playbook that was only started its id', async () => {
    const nothing = { status: 'success', message: 'Code executed without explicit result variable' };
    const started = { id: 'u', status: 'success', duration: 0.1, execution_id: '42' };
    const { result } = await resultOf([issued(11, 0), issued(13, 1), done(20, 10, nothing), done(21, 12, started)]);
    expect(result).toMatchObject({ items: [null, { execution_id: '42' }], kept: 2 });
  });

  test('a sub-playbook that failed is a failed item with its execution, and the step has failed', async () => {
    const child = (execution_id: string, hasFailed: boolean) => ({
      execution_id,
      failed: hasFailed,
      completion_inferred: false,
    });
    const events = [issued(11, 0), issued(13, 1), done(20, 10, child('41', true)), done(21, 12, child('42', false))];
    const [step] = stepsOf(decodeRunEvents(events));
    expect(step).toMatchObject({ status: 'FAILED', failedChild: '41', childIds: ['41', '42'] });
    expect(step?.error?.code).toBe('SUB_PLAYBOOK_FAILED');
    expect((await resultOf(events)).result).toMatchObject({
      items: [
        { _failed: true, execution_id: '41' },
        { execution_id: '42', _truncated: true },
      ],
      ...{ kept: 0, failed: 1 },
    });
  });

  test('a step without a loop has a plain result', async () => {
    const plain = event(20, 'call.done', { result: { context: { n: 1, command_id: 10 } } });
    expect((await resultOf([event(11, 'command.issued', { context: {} }), plain])).result).toEqual({ n: 1 });
  });
});

test('a loop of the Rust server names its size at its beginning', async () => {
  const entered = event(1, 'step.enter', { result: { context: { iterations_expected: 5 } } });
  const call = { status: 'success', context: { data: { n: 1 }, status: 'success' } };
  const first = event(2, 'call.done', { result: { context: { command_id: '7:each:1:i0', result: call } } });
  expect((await resultOf([entered, first])).result).toEqual({ items: [{ n: 1 }], total: 5, kept: 1, failed: 0 });
});

test('events of several reads are each there once, oldest first', () => {
  const events = decodeRunEvents([
    done(20, 10),
    issued(11, 0),
    done(20, 10),
    event(0, 'batch.accepted', { event_id: 'x' }),
  ]);
  expect(byId(events).map(({ id }) => id)).toEqual(['11', '20']);
  expect(events.map(isOfLoop)).toEqual([true, false, true, false]);
});
