import { expect } from 'vitest';
import { failureCases } from './failure-playbooks.ts';
import { loopCases } from './loop-playbooks.ts';
import { type Case, end, goesOn, one, python, sql, start } from './playbook-cases.ts';
import { shapeCases } from './shape-playbooks.ts';
import { statusCases } from './status-playbooks.ts';

/** Playbooks that produce something, and what an app must get of them. */

const rows40 = "SELECT 9007199254740993::bigint + g AS id, 'Zoë' || g AS name FROM generate_series(1, 40) g;";

export const resultCases: readonly Case[] = [
  one(
    'scalars',
    'scalars and null, then `end`',
    [start, python('work', 'result = {"answer": 42, "pi": 3.5, "ok": True, "none": None, "text": "hi"}'), end],
    {
      result: { work: { answer: 42, pi: 3.5, ok: true, none: null, text: 'hi' } },
      step: null,
    },
  ),
  one('nested', '4 levels, then `end`', [start, python('work', 'result = {"a": {"b": {"c": [1, [2, [3]]]}}}'), end], {
    result: { work: { a: { b: { c: [1, [2, [3]]] } } } },
    step: null,
  }),
  one(
    'lists',
    'lists of objects, then `end`',
    [start, python('work', 'result = {"items": [{"id": 1, "tags": ["a", "b"]}, {"id": 2, "tags": []}]}'), end],
    {
      result: {
        work: {
          items: [
            { id: 1, tags: ['a', 'b'] },
            { id: 2, tags: [] },
          ],
        },
      },
    },
  ),
  one(
    'bigint',
    '9223372036854775807 and 9007199254740993',
    [start, python('last', 'result = {"id": 9223372036854775807, "id2": 9007199254740993}')],
    {
      step: 'last',
      raw: '"id":"9223372036854775807","id2":"9007199254740993"',
    },
  ),
  one('unicode', 'emoji, CJK, Cyrillic', [start, python('last', 'result = {"t": "👩‍👩‍👧 中文 Зоя"}')], {
    result: { t: '👩‍👩‍👧 中文 Зоя' },
    step: 'last',
  }),
  one(
    'large',
    '50,000 texts (1 MB), then `end`',
    [start, python('work', 'result = {"items": ["item number " + str(i) for i in range(50000)]}'), end],
    {
      result: { work: { items: expect.arrayContaining(['item number 0', 'item number 49999']) } },
      step: null,
      raw: '"item number 49999"',
    },
  ),
  one(
    'useful_end',
    '`{summary, flights}` as the last step',
    [start, python('end', 'result = {"summary": "3 flights found", "flights": [{"id": 1}]}')],
    {
      result: { summary: '3 flights found', flights: [{ id: 1 }] },
      step: 'end',
      text: '3 flights found',
    },
  ),
  one('number', '`42`', [start, python('last', 'result = 42')], { result: 42, step: 'last' }),
  one('text', '`"just text"`', [start, python('last', 'result = "just text"')], {
    result: 'just text',
    step: 'last',
    text: 'just text',
  }),
  one('list', '`[1, {"a": 2}]`', [start, python('last', 'result = [1, {"a": 2}]')], {
    result: [1, { a: 2 }],
    step: 'last',
  }),
  one('none', '`None`', [start, python('last', 'result = None')], { result: null, step: 'last' }),
  one('empty_object', '`{}`', [start, python('last', 'result = {}')], { raw: '"result":{}', step: 'last' }),
  one('no_result', 'no `result` in the script of the last step', [start, python('last', 'x = 1')], { text: null }),
  one('one_step', 'a single step without arcs', [python('start', 'result = {"hello": "world"}')], {
    result: { hello: 'world' },
    step: 'start',
  }),
  one(
    'list_form',
    'list form in a middle step',
    [
      start,
      {
        name: 'work',
        tool: [
          'tool:',
          '  - name: a',
          '    kind: python',
          '    code: |',
          '      result = {"y": 2, "list": [1, {"b": 3}]}',
        ],
      },
      end,
    ],
    {
      result: { work: { y: 2, list: [1, { b: 3 }] } },
      step: null,
      // By the name of the task.
      rust: { result: { work: { a: { y: 2, list: [1, { b: 3 }] } } } },
    },
  ),
  one(
    'list_form_last',
    'list form as the last step',
    [
      start,
      {
        name: 'work',
        tool: [
          'tool:',
          '  - name: a',
          '    kind: python',
          '    code: |',
          '      result = {"textOutput": "from list form"}',
        ],
      },
    ],
    {
      result: { textOutput: 'from list form' },
      step: 'work',
      text: 'from list form',
      rust: { result: { a: { textOutput: 'from list form' } }, text: null },
    },
  ),
  one(
    'rows_2',
    '2 rows of SQL, then `end`',
    [start, sql('query', "SELECT 9007199254740993::bigint AS id, 'Zoë' AS name UNION ALL SELECT 2, 'b';"), end],
    {
      step: null,
      raw: '"id":"9007199254740993"',
    },
  ),
  one('rows_40_last', '40 rows of SQL as the last step', [start, sql('query', rows40)], {
    step: 'query',
    raw: '"id":"9007199254741033"',
  }),
  one('rows_40', '40 rows of SQL, then `end`', [start, sql('query', rows40), end], {
    step: null,
    raw: '"id":"9007199254741033"',
  }),
  one('rows_none', 'no rows of SQL as the last step', [start, sql('query', 'SELECT 1 AS id WHERE false')], {
    result: { rows: [], row_count: 0 },
    step: 'query',
  }),
  one(
    'flights',
    'a summary, an INSERT, an `end` of kind `noop`',
    [
      sql('start', 'CREATE TABLE IF NOT EXISTS gateway_flights (summary TEXT);'),
      python('extract_summary', 'result = {"summary_text": "3 flights found", "query": "{}"}'),
      sql('persist_result', "INSERT INTO gateway_flights VALUES ('x');"),
      { name: 'end', tool: ['tool:', '  kind: noop'] },
    ],
    { result: { extract_summary: { summary_text: '3 flights found' } }, step: null, text: '3 flights found' },
  ),
  one(
    'http',
    'a call of the `http` tool',
    [
      start,
      {
        name: 'call',
        tool: [
          'tool:',
          '  kind: http',
          '  method: GET',
          '  endpoint: "{{ workload.address }}/api/health"',
          '  url: "{{ workload.address }}/api/health"',
        ],
      },
    ],
    { result: { status_code: 200, data: { status: 'ok' } }, step: 'call' },
    'address: ""',
  ),
  one('child', 'a step before the last, and the last', [start, python('last', 'result = {"child": "result"}')], {
    result: { child: 'result' },
    step: 'last',
  }),
  one(
    'parent',
    'a sub-playbook with `return_step`',
    [start, { name: 'call', tool: ['tool:', '  kind: playbook', '  path: results/child', '  return_step: last'] }, end],
    {
      result: { call: { child: 'result' } },
      step: null,
      rust: { result: { call: { execution_id: expect.stringMatching(/^\d+$/) } } },
    },
  ),
  one(
    'failing',
    'a step raises, then `end`',
    [start, python('boom', 'raise ValueError("customer 4711 has no credit limit")'), end],
    {
      status: 'FAILED',
      result: null,
      failure: { step: 'boom', message: 'customer 4711 has no credit limit' },
      rust: { ...goesOn, result: { start: { ok: true } } },
    },
  ),
  one(
    'fail_then_work',
    'a step raises while another works for 2 s',
    [
      start,
      python('boom', 'raise ValueError("first step fails")'),
      python('cleanup', 'import time', 'time.sleep(2)', 'result = {"cleaned": True}'),
      end,
    ],
    {
      status: 'FAILED',
      failure: { step: 'boom', message: 'first step fails' },
      rust: goesOn,
    },
  ),
  one(
    'secret',
    '`{password, api_key, user}`',
    [start, python('work', 'result = {"password": "hunter2-secret", "api_key": "abc", "user": "ann"}'), end],
    {
      result: { work: { password: '[hidden]', api_key: '[hidden]', user: 'ann' } },
    },
  ),
  one(
    'echo',
    'its own workload',
    [
      start,
      {
        name: 'last',
        tool: [
          'tool:',
          '  kind: python',
          '  input: {region: "{{ workload.region }}", limit: "{{ workload.limit }}"}',
          '  code: |',
          '    result = {"region": region, "limit": int(limit)}',
        ],
      },
    ],
    { result: { region: 'us', limit: 3 }, step: 'last' },
    'region: us, limit: 3',
  ),
  one(
    'nul',
    'a NUL character in a list of the last step',
    [start, python('last', 'result = {"list": ["ab" + chr(0)]}')],
    {
      status: 'COMPLETED',
      code: 'ERR_RESULT_LOST',
      isUnstorable: true,
    },
  ),
  ...loopCases,
  ...statusCases,
  ...shapeCases,
  ...failureCases,
];
