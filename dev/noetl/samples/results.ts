import { rawNumber } from '../../../plugins/json/lossless-json.ts';
import type { SamplePlaybook, ScriptStep } from '../script.ts';
import { end, fixed, python, sample } from './sample.ts';

const start = python('start', { ok: true });

// Ids beyond 2^53 and text beyond ASCII: what a gateway loses first.
const rowsOf = (count: number) =>
  Array.from({ length: count }, (_, index) => ({
    id: rawNumber((9_007_199_254_740_993n + BigInt(index)).toString()),
    name: `Zoë ${index + 1}`,
    price: 12.34,
    doc: { a: [1, 2] },
  }));

const query = (name: string, count: number): ScriptStep => ({
  ...{ name, ms: 30, tool: 'postgres', code: 'SELECT id, name, price, doc FROM customers;\n' },
  result: { columns: ['id', 'name', 'price', 'doc'], rows: rowsOf(count) },
});

const nested = { a: { b: { c: { d: [1, { e: 'deep' }] } } }, n: 1 };
const items = [
  { id: 1, tags: ['a', 'b'] },
  { id: 2, tags: [] },
];
// About 200 KB: above what the servers keep in an event.
const lines = Array.from({ length: 2_000 }, (_, index) => ({ line: index, text: 'lorem ipsum '.repeat(8) }));
const listed = { message: 'hi', list: [1, 2], deep: { a: { b: 1 } } };
const trip = {
  textOutput: 'Pick the travel dates.',
  render: { schema_version: 1, widget_type: 'place_list', payload: { items: [{ name: 'Paris', place_id: 'x' }] } },
};

/** One playbook for each kind of result, first in a step before `end`, then in the last step. */
export const resultSamples: readonly SamplePlaybook[] = [
  sample('regression_test/scalars', 'A result of scalars', { name: 'world' }, ({ name = '' }) => ({
    steps: [python('start', { answer: 42, pi: 3.5, ok: true, none: null, text: `hi ${String(name)}` }), end()],
  })),
  fixed('regression_test/nested', 'A result of four levels', python('start', nested), end()),
  fixed('regression_test/lists', 'A result of lists', python('start', { items, total: 2 }), end()),
  fixed(
    'regression_test/big_integers',
    'Integers that no double can hold',
    python('start', { id: rawNumber('9223372036854775807'), id2: rawNumber('9007199254740993') }),
    end(),
  ),
  fixed(
    'regression_test/unicode',
    'Emoji, Chinese and Cyrillic text',
    python('start', { family: '👩‍👩‍👧‍👦', chinese: '漢字', cyrillic: 'Привет', accent: 'Zoë' }),
    end(),
  ),
  fixed(
    'regression_test/large_step',
    'A step before the end gives 200 KB',
    python('start', { lines, total: 2_000 }),
    end(),
  ),
  fixed('regression_test/large_last', 'The last step gives 200 KB', start, end({ lines, total: 2_000 })),
  fixed(
    'regression_test/last_step_useful',
    'The last step has the result',
    start,
    end({ summary: '3 flights found', flights: [{ id: 1 }], total: 3 }),
  ),
  fixed('regression_test/rows_2', 'A query gives two rows', query('start', 2), end()),
  fixed('regression_test/rows_2_last', 'The last step is a query with two rows', start, query('query', 2)),
  fixed('regression_test/rows_40', 'A query gives 40 rows', query('start', 40), end()),
  fixed('regression_test/rows_40_last', 'The last step is a query with 40 rows', start, query('query', 40)),
  fixed(
    'regression_test/list_form',
    'A step in list form',
    start,
    { ...python('work', listed), list: 'run_task' },
    end(),
  ),
  fixed('regression_test/list_form_last', 'The last step has list form', start, {
    ...python('work', listed),
    list: 'run_task',
  }),
  fixed('regression_test/status_data', 'A step with a member `status`, before the end', statusStep('start'), end()),
  fixed('regression_test/status_data_last', 'The last step has a member `status`', start, statusStep('final')),
  fixed('regression_test/result_number', 'The result is a number', start, python('final', 42)),
  fixed('regression_test/result_text', 'The result is text', start, python('final', 'just text')),
  fixed('regression_test/result_list', 'The result is a list', start, python('final', [1, { a: 2 }])),
  fixed('regression_test/result_none', 'A result of None', start, python('final', null)),
  fixed('regression_test/result_empty', 'The result is an empty object', start, python('final', {})),
  fixed('regression_test/render', 'The result is a widget with a text', start, python('final_result', trip)),
  sample('regression_test/loop', 'A loop over a list', { nums: [1, 2, 3] }, ({ nums }) => ({
    steps: [start, loopOver(nums), end()],
  })),
  sample('regression_test/loop_last', 'The last step is a loop', { nums: [1, 2, 3] }, ({ nums }) => ({
    steps: [start, loopOver(nums)],
  })),
  sample('regression_test/child', 'Doubles a number', { n: 1 }, ({ n }) => ({
    steps: [python('start', { twice: 2 * Number(n) }), end({ twice: 2 * Number(n), answer: [1, 2] })],
  })),
  sample('regression_test/parent', 'Starts a child, and does not wait for it', { n: 21 }, ({ n }) => ({
    steps: [{ name: 'start', ms: 0, child: { path: 'regression_test/child', workload: { n } } }, end()],
  })),
  sample('regression_test/parent_waits', 'Starts a child, and waits for its end', { n: 21 }, ({ n }) => ({
    steps: [{ name: 'start', ms: 0, child: { path: 'regression_test/child', workload: { n }, returns: true } }, end()],
  })),
  fixed(
    'regression_test/secret',
    'A result with secrets',
    {
      ...python('start', { access_token: 'abc123secret', password: 'hunter2', api_key: 'k-1', user: 'ada' }),
      code: 'result = {"access_token": "abc123secret", "password": "hunter2", "api_key": "k-1", "user": "ada"}\n',
    },
    end(),
  ),
];

function statusStep(name: string): ScriptStep {
  return python(name, {
    status: 'ok',
    data: { message: 'hi', list: [1, 2] },
    nested: { a: { b: 1 } },
    list: [1, 2, 3],
  });
}

function loopOver(nums: unknown): ScriptStep {
  const square = (n: unknown) => ({ n, square: Number(n) * Number(n) });
  return { name: 'each', ms: 20, loop: { iterator: 'n', items: Array.isArray(nums) ? nums : [], each: square } };
}
