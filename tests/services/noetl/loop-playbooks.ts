import { expect } from 'vitest';
import { type Case, end, one, python, type Step, start } from './playbook-cases.ts';

/** Playbooks with loops, over `nums`. Each iteration is an item, in the order of the loop. */

const loop = (mode: string): readonly string[] => [
  'loop:',
  '  in: "{{ nums }}"',
  '  iterator: n',
  `  spec: {mode: ${mode}}`,
];
const each = (line: string, mode = 'sequential'): Step => ({
  name: 'each',
  tool: ['tool:', '  kind: python', '  input: {n: "{{ n }}"}', '  code: |', `    ${line}`],
  loop: loop(mode),
});
const eachChild = (path: string, ...more: readonly string[]): Step => ({
  name: 'each',
  tool: ['tool:', '  kind: playbook', `  path: results/${path}`, ...more.map((line) => `  ${line}`)],
  loop: loop('sequential'),
});
const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1);
const nums = (count: number) => `nums: [${upTo(count).join(', ')}]`;
/** All iterations gave something, and NoETL kept it whole. */
const whole = <Item>(items: readonly Item[]) => ({ items, total: items.length, kept: items.length, failed: 0 });
const startedChild = { execution_id: expect.stringMatching(/^\d+$/) };

export const loopCases: readonly Case[] = [
  one(
    'loop',
    'a loop of 3, then `end`',
    [start, each('result = {"n": n, "square": n * n}'), end],
    { result: { each: whole(upTo(3).map((n) => ({ n, square: n * n }))) }, step: null },
    nums(3),
  ),
  one(
    'loop_last',
    'a loop of 5 as the last step, whose items have lists in them',
    [start, each('result = {"n": n, "deep": {"list": [n, {"a": n}]}}')],
    { result: whole(upTo(5).map((n) => ({ n, deep: { list: [n, { a: n }] } }))), step: 'each' },
    nums(5),
  ),
  one(
    'loop_parallel',
    'a parallel loop of 12',
    [start, each('result = {"n": n, "name": "item" + str(n)}', 'parallel'), end],
    { result: { each: whole(upTo(12).map((n) => ({ n, name: `item${n}` }))) }, step: null },
    nums(12),
  ),
  one(
    'loop_numbers',
    'a loop whose items are numbers',
    [start, each('result = n * 10')],
    { result: whole([10, 20, 30]), step: 'each' },
    nums(3),
  ),
  one(
    'loop_nothing',
    'a loop of scripts without `result`',
    [start, each('x = n'), end],
    { result: { each: whole([null, null]) }, rust: { result: { each: { total: 2 } } } },
    nums(2),
  ),
  one(
    'loop_one',
    'a loop of one',
    [start, each('result = {"n": n}')],
    { result: whole([{ n: 1 }]), step: 'each' },
    nums(1),
  ),
  one(
    'loop_empty',
    'a loop over an empty list, then `end`: NoETL stops there without a trace',
    [start, each('result = {"n": n}'), end],
    { result: { ok: true }, step: 'start', rust: { result: undefined, step: undefined } },
    'nums: []',
  ),
  one(
    'loop_long',
    'a loop of 42, which is more than 500 events',
    [start, each('result = {"n": n, "list": [n]}')],
    { result: whole(upTo(42).map((n) => ({ n, list: [n] }))), step: 'each' },
    nums(42),
  ),
  one(
    'loop_large',
    'a loop whose items are 250 KB each',
    [start, each('result = {"n": n, "lines": ["some words of text " + str(i) for i in range(10000)]}'), end],
    // The Python server keeps a preview of the last item, with `_truncated` in it.
    {
      result: { each: { items: [{ n: 1 }, { n: 2, _truncated: true }], total: 2, kept: 1, failed: 0 } },
      step: null,
      raw: '"some words of text 9999"',
      rust: { result: { each: { total: 2, kept: 2, failed: 0 } } },
    },
    nums(2),
  ),
  one(
    'loop_fails',
    'a loop of 5 whose third item raises',
    [start, each('result = {"n": n, "rest": 1 // (3 - n)}'), end],
    {
      status: 'FAILED',
      failure: { step: 'each', message: 'integer division or modulo by zero' },
      steps: ['start COMPLETED', 'each FAILED'],
      stepResult: {
        name: 'each',
        result: { items: [{ n: 1, rest: 0 }, { n: 2, rest: 1 }, { _failed: true }], total: 5, kept: 2, failed: 1 },
      },
      rust: { status: 'COMPLETED', failure: null, steps: undefined, stepResult: undefined },
    },
    nums(5),
  ),
  one(
    'loop_list_form',
    'a loop of a step in list form, whose items have lists in them',
    [
      start,
      {
        name: 'each',
        tool: [
          'tool:',
          '  - name: a',
          '    kind: python',
          '    input: {n: "{{ n }}"}',
          '    code: |',
          '      result = {"n": n, "list": [n]}',
        ],
        loop: loop('sequential'),
      },
      end,
    ],
    {
      result: {
        each: { items: upTo(4).map((n) => ({ n, _truncated: true })), total: 4, kept: 0, failed: 0 },
      },
      rust: { result: { each: { total: 4 } } },
    },
    nums(4),
  ),
  one(
    'loop_child',
    'a last step with a list, for a loop over sub-playbooks',
    [start, python('last', 'result = {"child": [1]}')],
    {
      result: { child: [1] },
      step: 'last',
    },
  ),
  one(
    'loop_children',
    'a loop over sub-playbooks with `return_step`',
    [start, eachChild('loop_child', 'return_step: last'), end],
    {
      result: { each: whole([{ child: [1] }, { child: [1] }]) },
      rust: { result: { each: whole([startedChild, startedChild]) } },
    },
    nums(2),
  ),
  one(
    'loop_children_started',
    'a loop over sub-playbooks without `return_step`',
    [start, eachChild('loop_child'), end],
    { result: { each: whole([startedChild, startedChild]) } },
    nums(2),
  ),
  one(
    'loop_inner',
    'a loop of 2, and a step that ends the run',
    [start, each('result = {"n": n, "list": [n]}'), python('collect', 'result = {"row": [1, 2]}')],
    { result: { row: [1, 2] }, step: 'collect' },
    nums(2),
  ),
  one(
    'loop_nested',
    'a loop over sub-playbooks that have loops',
    [start, eachChild('loop_inner', 'return_step: collect')],
    { result: whole([{ row: [1, 2] }, { row: [1, 2] }]), step: 'each', rust: { result: { total: 2 } } },
    nums(2),
  ),
  one(
    'loop_children_fail',
    'a loop over sub-playbooks that fail, then `end`',
    [start, eachChild('child_fails', 'return_step: end'), end],
    {
      failure: { step: 'each', message: 'the flight is fully booked' },
      steps: ['start COMPLETED', 'each FAILED', 'end COMPLETED'],
      stepResult: {
        name: 'each',
        result: {
          items: [1, 2].map(() => ({ _failed: true, ...startedChild })),
          ...{ total: 2, kept: 0, failed: 2 },
        },
      },
      rust: { failure: null, steps: undefined, stepResult: undefined },
    },
    nums(2),
  ),
];
