import { describe, expect, test } from 'vitest';
import type { Snapshot } from '../../../../gateway/executions/execution-end.ts';
import type { ExecutionReads } from '../../../../gateway/executions/execution-read.ts';
import {
  assertReadable,
  compileResultRules,
  failedOf,
  failureOf,
  maxReferences,
  Outcome,
  producedBy,
  ResultLost,
  type ResultRule,
  resultText,
  stepResult,
} from '../../../../gateway/executions/execution-result.ts';
import { type StepFacts, stepsOf } from '../../../../gateway/executions/execution-steps.ts';
import { decodeRunEvents } from '../../../../gateway/executions/run-event.ts';
import { failedText, notStored, plainReason } from '../../../../plugins/noetl/failure-text.ts';

const step = (name: string, value: StepFacts['value'], change: Partial<StepFacts> = {}): StepFacts => ({
  ...{ name, status: 'COMPLETED', startedAt: undefined, finishedAt: undefined, attempts: 1, lastSeenAt: undefined },
  ...{ error: undefined, childIds: [], failedChild: undefined, isEnd: false, value, ...change },
});
const gave = (name: string, value: unknown) => step(name, { kind: 'value', value });
const endOf = (name: string, value: unknown) => step(name, { kind: 'value', value }, { isEnd: true });
const lost = (name: string) => step(name, { kind: 'lost', reason: plainReason(notStored) });
const failed = (name: string, error?: string) =>
  step(name, undefined, { status: 'FAILED', error: error === undefined ? undefined : plainReason(error) });

/** What is behind references; others have nothing behind them. */
const stored: Readonly<Record<string, unknown>> = {
  whole: { a: [1, 2] },
  rows: [{ id: 1 }],
  tool: { data: { a: 1 }, duration_ms: 5, status: 'success' },
  half: { data: { a: 1 }, duration_ms: 5 },
};
const partsOf = (
  steps: readonly StepFacts[],
  rule: ResultRule = {},
  lastStep: string | undefined = steps.at(-1)?.name,
) => ({
  ...{ steps, lastStep, rule, resolve: async (ref: string) => stored[ref] },
  mask: (value: unknown) => (value === 'secret' ? '***' : value),
});
const produced = (...of: Parameters<typeof partsOf>) => producedBy(partsOf(...of));

describe('the result', () => {
  test.each<[string, readonly StepFacts[], ResultRule, unknown]>([
    ['of the last step', [gave('a', 1), gave('b', 2)], {}, { value: 2, step: 'b' }],
    ['of the step that the config names', [gave('a', 1), gave('b', 2)], { step: 'a' }, { value: 1, step: 'a' }],
    ['of a named step that did not run', [gave('b', 2)], { step: 'a' }, { value: null, step: 'a' }],
    ['of a named step that gave nothing', [step('a', undefined)], { step: 'a' }, { value: null, step: 'a' }],
    ['at a path', [gave('a', { x: [{ y: 3 }] })], { path: 'x.0.y' }, { value: 3, step: 'a' }],
    [
      'at a path of a named step',
      [gave('a', { x: 1 }), gave('b', 2)],
      { step: 'a', path: 'x' },
      { value: 1, step: 'a' },
    ],
    ['at a path that is missing', [gave('a', { x: [] })], { path: 'x.0.y' }, { value: null, step: 'a' }],
    ['at a member of a list', [gave('a', [1])], { path: 'length' }, { value: null, step: 'a' }],
    ['at an inherited member', [gave('a', { x: 1 })], { path: 'constructor' }, { value: null, step: 'a' }],
    ['an empty object of the last step', [gave('a', 1), gave('b', {})], {}, { value: {}, step: 'b' }],
    ['of a failed last step', [gave('a', 1), failed('b')], {}, { value: null, step: 'b' }],
    ['is masked', [gave('a', 'secret')], {}, { value: '***', step: 'a' }],
    [
      'of every step that ends the run, where there are several',
      [gave('a', 1), endOf('b', 2), endOf('c', 3)],
      {},
      { value: { b: 2, c: 3 }, step: undefined },
    ],
    [
      'of the last step, where the other ends gave nothing',
      [gave('a', 1), endOf('b', undefined), endOf('c', 3)],
      {},
      { value: 3, step: 'c' },
    ],
    [
      'of all steps, where the last only ends the run',
      [gave('a', 1), gave('b', {}), gave('end', { status: 'complete' })],
      {},
      { value: { a: 1 }, step: undefined },
    ],
    [
      'of all steps, at a path',
      [gave('a', { x: 1 }), step('end', undefined)],
      { path: 'a.x' },
      { value: 1, step: undefined },
    ],
    [
      'of all steps, at a path that is missing',
      [gave('a', 1), step('end', undefined)],
      { path: 'b' },
      { value: null, step: undefined },
    ],
    [
      'of all steps but one that is lost',
      [gave('a', 1), lost('b'), step('end', undefined)],
      {},
      { value: { a: 1 }, step: undefined },
    ],
    [
      'of a run that gave nothing',
      [step('a', undefined), step('end', undefined)],
      {},
      { value: null, step: undefined },
    ],
  ])('%s', async (_name, steps, rule, want) => {
    expect(await produced(steps, rule)).toEqual(want);
  });

  test('while the execution runs: the results so far', async () => {
    const parts = { ...partsOf([gave('a', 1), gave('b', 2)]), lastStep: undefined };
    expect(await producedBy(parts)).toEqual({ value: { a: 1, b: 2 }, step: undefined });
  });

  test('that NoETL could not store is an error, which names the step', async () => {
    const error = await produced([lost('a')]).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ResultLost);
    expect(error).toMatchObject({ step: 'a', message: notStored });
  });

  const behind = (ref: string, beside = {}, isToolAnswer?: boolean) =>
    step('a', { kind: 'reference', ref, beside, ...(isToolAnswer !== undefined && { isToolAnswer }) });
  test.each<[string, StepFacts, unknown]>([
    ['as it is', behind('whole', { row_count: 1 }), { a: [1, 2] }],
    ['rows of SQL, with their number', behind('rows', { row_count: 1 }), { rows: [{ id: 1 }], row_count: 1 }],
    ['a list', behind('rows'), [{ id: 1 }]],
    ["a tool's answer: its data", behind('tool', {}, true), { a: 1 }],
    ['what only looks like an answer of a tool', behind('tool'), stored['tool']],
    ['a part of an answer of a tool', behind('half', {}, true), stored['half']],
    ['nothing: what the event holds beside it', behind('gone', { n: 1 }), { n: 1 }],
  ])('behind a reference is %s', async (_name, one, want) => {
    expect(await produced([one])).toEqual({ value: want, step: 'a' });
  });
});

describe('the text of a result', () => {
  const text = async (steps: readonly StepFacts[], rule: ResultRule = {}) =>
    resultText(partsOf(steps, rule), await produced(steps, rule));

  test.each<[string, readonly StepFacts[], ResultRule, string | null]>([
    ['a result that is text', [gave('a', 'hello')], {}, 'hello'],
    ['blanks are no text', [gave('a', ' \n')], {}, null],
    ['a number is no text', [gave('a', 7)], {}, null],
    ['the first member by rank', [gave('a', { message: 'm', summary: 's', textOutput: 't' })], {}, 't'],
    ['a blank member gives way', [gave('a', { textOutput: ' ', answer: 'x', message: 'm' })], {}, 'x'],
    ['a member of another name', [gave('a', { title: 'x' })], {}, null],
    ['an inherited member', [gave('a', Object.create({ message: 'x' }))], {}, null],
    [
      'of the latest step that has one',
      [gave('a', 'first'), gave('b', { message: 'second' }), gave('c', { n: 1 }), step('end', undefined)],
      {},
      'second',
    ],
    ['a message of the first step greets', [gave('a', { message: 'hi' }), step('end', undefined)], {}, null],
    ['other words of the first step', [gave('a', { message: 'hi', answer: 'x' }), step('end', undefined)], {}, 'x'],
    ['of no step', [gave('a', 1), step('end', undefined)], {}, null],
    ['at the path of the config', [gave('a', { x: { y: 'deep' }, message: 'm' })], { text: 'x.y' }, 'deep'],
    [
      'at a path of the named step',
      [gave('a', { x: 'named' }), gave('b', { x: 'last' })],
      { step: 'a', text: 'x' },
      'named',
    ],
    [
      'at a path of the whole step, whatever part the result is',
      [gave('a', { x: 1, y: 'beside' })],
      { path: 'x', text: 'y' },
      'beside',
    ],
    ['at a path of all results', [gave('a', { x: 'all' }), step('end', undefined)], { text: 'a.x' }, 'all'],
    ['at a path that holds no text', [gave('a', { x: 1, message: 'm' })], { text: 'x' }, null],
  ])('%s', async (_name, steps, rule, want) => {
    expect(await text(steps, rule)).toBe(want);
  });
});

const unknown = { code: null, httpStatus: null, retryable: null };

test.each<[string, readonly StepFacts[], unknown]>([
  [
    'the first step that failed, with what it said',
    [gave('a', 1), failed('b', 'no table'), failed('c', 'x')],
    { step: 'b', message: 'no table' },
  ],
  ['a step that said nothing', [failed('b')], { step: 'b', message: failedText }],
  ['before a result that is lost', [lost('a'), failed('b', 'no table')], { step: 'b', message: 'no table' }],
  ['a result that is lost', [gave('a', 1), lost('b')], { step: 'b', message: notStored }],
  ['none, though an error was handled', [step('a', undefined, { error: plainReason('handled') })], undefined],
])('the failure: %s', (_name, steps, want) => {
  const found = failedOf(steps);
  expect(found && failureOf(found, 'shown')).toEqual(
    want === undefined ? undefined : { ...unknown, ...(want as object) },
  );
});

test('a failure has the code, the status and the prospect that NoETL stored', () => {
  const error = { text: 'ValueError: upstream is down\nat once', code: 'HTTP_500', httpStatus: 500, retryable: true };
  const { text: _, ...known } = error;
  expect(failureOf(step('a', undefined, { status: 'FAILED', error }), 'shown')).toEqual({
    ...{ step: 'a', message: 'upstream is down\nat once' },
    ...known,
  });
});

describe('a last step of whose result NoETL may have kept only a part', () => {
  const mark = { _truncated: true, _note: expect.stringContaining('let another step follow') };
  const part = (name: string, value: unknown) => step(name, { kind: 'value', value, isPart: 'status' });

  test('has a mark beside what is left', async () => {
    expect(await produced([gave('a', 1), part('b', { status: 'booked', n: 1 })])).toEqual({
      step: 'b',
      value: { status: 'booked', n: 1, ...mark },
    });
  });

  test('is among the others where only the word of an end is left', async () => {
    expect(await produced([gave('a', 1), part('b', { status: 'ok' })])).toEqual({
      step: undefined,
      value: { a: 1, b: { status: 'ok', ...mark } },
    });
  });
});

test('a step whose error was handled, and one that failed, are not among the results', async () => {
  const handled = step('risky', { kind: 'value', value: null }, { error: plainReason('handled') });
  const broken = step('call', { kind: 'value', value: { n: 1 } }, { status: 'FAILED', failedChild: '4' });
  const { value } = await produced([gave('a', null), handled, broken, gave('end', { status: 'complete' })]);
  expect(value).toEqual({ a: null });
});

test('what the config says of a playbook: by its path first, then by the first pattern that matches', () => {
  const rules = compileResultRules({ 'data/*': { step: 'wide' }, 'data/x': { step: 'exact' }, '*': { step: 'any' } });
  expect(['data/x', 'data/y', 'other', undefined].map((path) => rules(path).step)).toEqual([
    ...['exact', 'wide', 'any', undefined],
  ]);
  expect(compileResultRules()('data/x')).toEqual({});
  expect(compileResultRules({ 'data/*': { step: 'a' } })('constructor')).toEqual({});
});

describe('large results', () => {
  const step = (name: string, value: StepFacts['value']): StepFacts => ({
    ...{ name, status: 'COMPLETED', startedAt: undefined, finishedAt: undefined, attempts: 1, lastSeenAt: undefined },
    ...{ error: undefined, childIds: [], failedChild: undefined, isEnd: false, value },
  });
  const large = (n: number) => step(`step${n}`, { kind: 'reference', ref: `noetl://${n}`, beside: {} });
  const largeSteps = (count: number) => Array.from({ length: count }, (_, n) => large(n));
  const end = step('end', undefined);

  /** The results of all steps: the last one only ends the run. */
  const produced = (steps: readonly StepFacts[]) =>
    producedBy({
      ...{ steps: [...steps, end], lastStep: 'end', rule: {}, mask: (value) => value },
      resolve: async (ref) => ({ ref }),
    });

  describe('the results of all steps', () => {
    test('are whole up to the references that are read for one answer', async () => {
      const { value } = await produced(largeSteps(maxReferences));
      expect(Object.keys(value as object)).toHaveLength(maxReferences);
    });

    test('are an error beyond them, which names the way out, and never a part', async () => {
      await expect(produced(largeSteps(maxReferences + 1))).rejects.toMatchObject({
        code: 'ERR_RESULT_TOO_LARGE',
        message: expect.stringContaining('steps(names: […])'),
      });
    });

    test('small ones do not count', () => {
      const small = Array.from({ length: 100 }, (_, n) => step(`small${n}`, { kind: 'value', value: n }));
      expect(() => assertReadable([...small, ...largeSteps(maxReferences)])).not.toThrow();
    });
  });
});

describe('results of loops', () => {
  const ref = (n: number) => `noetl://execution/7/result/each/${n}`;

  const failed = Symbol('failed');

  /** A loop of the Rust server, whose items are as `data` says, in the order in which they ended. */
  const loopOf = (...data: readonly unknown[]) => endedLoop([...data.entries()]);

  const endedLoop = (ended: readonly (readonly [number, unknown])[]) =>
    stepsOf(
      decodeRunEvents(
        ended.map(([n, item], position) => ({
          event_id: position + 1,
          event_type: 'call.done',
          node_name: 'each',
          created_at: '2026-01-01T00:00:00Z',
          result: {
            status: 'COMPLETED',
            context: {
              command_id: `7:each:1:i${n}`,
              result:
                item === failed
                  ? { status: 'error', context: { stderr: 'no such city', status: 'error' } }
                  : { status: 'success', context: { data: item, duration_ms: 1, status: 'success' } },
            },
          },
        })),
      ),
    );

  type Resolve = (ref: string) => Promise<unknown>;
  const partsOf = (steps: ReturnType<typeof loopOf>, resolve: Resolve) => ({
    ...{ steps, lastStep: 'each', rule: {}, resolve },
    mask: (value: unknown) => value,
  });
  const produced = (...of: Parameters<typeof partsOf>) => producedBy(partsOf(...of));

  describe('a loop of the Rust server', () => {
    test('has every item, inline and behind references', async () => {
      const whole = { data: { lines: ['a'] }, duration_ms: 1, status: 'success', stdout: '' };
      const steps = loopOf({ n: 1 }, { _ref: ref(2) });
      expect(await produced(steps, async (asked) => (asked === ref(2) ? whole : undefined))).toEqual({
        step: 'each',
        value: { items: [{ n: 1 }, { lines: ['a'] }], total: 2, kept: 2, failed: 0 },
      });
    });

    test('has its items in the order of the loop, and counts those that failed', async () => {
      const steps = endedLoop([
        [10, 'k'],
        [1, failed],
        [0, 'a'],
      ]);
      const [each] = steps;
      const result =
        each &&
        (await stepResult(
          each,
          partsOf(steps, async () => undefined),
        ));
      expect(result).toEqual({ items: ['a', { _failed: true }, 'k'], total: 11, kept: 2, failed: 1 });
      expect(steps[0]).toMatchObject({ status: 'FAILED', error: { text: 'no such city' } });
    });

    test('is an error, and never cut, beyond the references that are read', async () => {
      const large = (count: number) => loopOf(...Array.from({ length: count }, (_, n) => ({ _ref: ref(n) })));
      const whole = { data: { large: true }, duration_ms: 1, status: 'success' };
      const { value } = await produced(large(maxReferences), async () => whole);
      expect(value).toMatchObject({ kept: maxReferences });
      const asked: string[] = [];
      const resolve = async (one: string) => asked.push(one);
      await expect(produced(large(maxReferences + 1), resolve)).rejects.toMatchObject({ code: 'ERR_RESULT_TOO_LARGE' });
      expect(asked).toEqual([]);
    });
  });
});

describe('what is read for an outcome', () => {
  const large = 'x'.repeat(100_000);
  const events = [
    { event_type: 'playbook.initialized', node_name: 'playbook', context: { text: large } },
    { event_type: 'step.enter', node_name: 'fetch' },
    {
      event_type: 'call.done',
      node_name: 'fetch',
      result: { reference: { ref: 'noetl://execution/1/result/fetch/1' } },
    },
  ];

  /** An outcome of an execution whose one step has a large result behind a reference, and the bytes that were kept last. */
  function outcome(isOver: boolean) {
    const kept: number[] = [];
    const detail = { id: '1', path: 'data/report', server: 'python', events, hasAllEvents: true };
    const snapshot = {
      detail: { ...detail, events: [] },
      over: isOver ? { end: 'COMPLETED', lastStep: 'fetch' } : undefined,
      isSettling: false,
      calls: 1,
      sources: { newest: detail, status: { currentStep: 'fetch', completedSteps: [], variables: {} } },
    } as unknown as Snapshot;
    const reads = {
      resolve: async () => ({ text: large }),
      withEvents: async () => detail,
    } as unknown as ExecutionReads;
    const of = new Outcome(
      snapshot,
      {},
      {
        reads,
        results: () => ({}),
        isSecret: () => false,
        errors: 'shown',
        count: (_, bytes) => void kept.push(bytes),
        spent: () => {},
      },
    );
    return { snapshot, of, kept, reads };
  }

  const reference = { kind: 'reference', ref: 'noetl://execution/1/result/fetch/1', beside: {} } as const;

  test('what is read behind a reference of a finished execution counts among the bytes that are kept', async () => {
    const { of, kept } = outcome(true);
    const [step] = await of.steps();
    await of.stepResult({ ...(step as NonNullable<typeof step>), value: reference });
    expect(kept.at(-1)).toBeGreaterThan(large.length);
  });

  test('its failure costs no read beyond its steps', async () => {
    const { of, reads } = outcome(true);
    await of.steps();
    reads.withEvents = async () => Promise.reject(new Error('read again'));
    expect(await of.failedStep()).toBeUndefined();
  });

  test('of a context that is read for an item of a loop only that item is held', async () => {
    const { of, kept, reads } = outcome(true);
    const ref = 'noetl://execution/1/result/each_render_context/1';
    reads.resolve = async () => ({ ctx: { each: { n: 1 }, fetch: large } });
    const item = { state: 'part', value: { kind: 'value', value: {} }, within: { ref, step: 'each' } } as const;
    const loop = step('each', { kind: 'items', items: [item], total: 1 });
    expect(await of.stepResult(loop)).toEqual({ items: [{ n: 1 }], total: 1, kept: 1, failed: 0 });
    expect(kept.at(-1)).toBeLessThan(large.length);
  });

  test('of a long run with a loop, the events that hold its items are read by their types', async () => {
    const { of, snapshot, reads } = outcome(true);
    const ended = {
      ...{ event_id: 3, event_type: 'call.done', node_name: 'each' },
      result: { context: { n: 2, command_id: 2, loop_event_id: 'l' } },
    };
    const first = { ...ended, event_id: 2, result: { context: { n: 1, command_id: 1, loop_event_id: 'l' } } };
    snapshot.sources.newest = undefined;
    reads.withEvents = async () => ({ ...snapshot.detail, events: [ended], hasAllEvents: false });
    const types: string[] = [];
    reads.eventsOfType = async (_id, type) => {
      types.push(type);
      return type === 'call.done' ? [ended, first] : [];
    };
    const [each] = await of.steps();
    expect(await of.stepResult(each as StepFacts)).toMatchObject({ items: [{ n: 1 }, { n: 2 }] });
    expect(types).toEqual(['command.issued', 'call.done']);
  });

  test('the events of a finished execution are let go once its steps are made of them', async () => {
    const { of, snapshot, kept } = outcome(true);
    await of.steps();
    expect(snapshot.sources).toEqual({ newest: undefined, status: undefined });
    expect(kept.length).toBeGreaterThan(0);
  });

  test('the events of a running execution stay, and its steps count among the bytes that are kept', async () => {
    const { of, snapshot, kept } = outcome(false);
    await of.steps();
    expect(snapshot.sources.newest).toBeDefined();
    expect(kept.at(-1)).toBeGreaterThan(0);
  });

  test('events that are read for the steps of a running execution count among the bytes that are kept', async () => {
    const { of, snapshot, kept } = outcome(false);
    snapshot.sources.newest = undefined;
    await of.facts();
    expect(kept.at(-1)).toBeGreaterThan(large.length);
  });
});
