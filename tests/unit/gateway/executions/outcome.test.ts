import { describe, expect, test } from 'vitest';
import { failureOf, producedBy, ResultLost, resultText } from '../../../../gateway/executions/outcome.ts';
import { compileResultRules, type ResultRule } from '../../../../gateway/executions/result-rules.ts';
import type { StepFacts } from '../../../../gateway/executions/steps.ts';
import { failedText, notStored } from '../../../../plugins/noetl/failure-text.ts';

const step = (name: string, value: StepFacts['value'], change: Partial<StepFacts> = {}): StepFacts => ({
  ...{ name, status: 'COMPLETED', startedAt: undefined, finishedAt: undefined, attempts: 1, lastSeenAt: undefined },
  ...{ error: undefined, childId: undefined, value, ...change },
});
const gave = (name: string, value: unknown) => step(name, { kind: 'value', value });
const lost = (name: string) => step(name, { kind: 'lost' });
const failed = (name: string, error?: string) => step(name, undefined, { status: 'FAILED', error });

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
    ['of a failed last step', [gave('a', 1), failed('b')], {}, { value: null, step: 'b' }],
    ['is masked', [gave('a', 'secret')], {}, { value: '***', step: 'a' }],
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

test.each<[string, readonly StepFacts[], boolean, unknown]>([
  [
    'the first step that failed, with what it said',
    [gave('a', 1), failed('b', 'no table'), failed('c', 'x')],
    false,
    { step: 'b', message: 'no table' },
  ],
  ['a step that said nothing', [failed('b')], false, { step: 'b', message: failedText }],
  ['where reasons are hidden', [failed('b', 'no table')], true, { step: 'b', message: failedText }],
  ['before a result that is lost', [lost('a'), failed('b', 'no table')], false, { step: 'b', message: 'no table' }],
  ['a result that is lost', [gave('a', 1), lost('b')], false, { step: 'b', message: notStored }],
  ['a lost result where reasons are hidden', [lost('b')], true, { step: 'b', message: failedText }],
  ['none', [gave('a', 1)], false, undefined],
])('the failure: %s', (_name, steps, hidden, want) => {
  expect(failureOf(steps, hidden)).toEqual(want);
});

test('what the config says of a playbook: by its path first, then by the first pattern that matches', () => {
  const rules = compileResultRules({ 'data/*': { step: 'wide' }, 'data/x': { step: 'exact' }, '*': { step: 'any' } });
  expect(['data/x', 'data/y', 'other', undefined].map((path) => rules(path).step)).toEqual([
    ...['exact', 'wide', 'any', undefined],
  ]);
  expect(compileResultRules()('data/x')).toEqual({});
  expect(compileResultRules({ 'data/*': { step: 'a' } })('constructor')).toEqual({});
});
