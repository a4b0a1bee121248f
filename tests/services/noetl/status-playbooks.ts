import { expect } from 'vitest';
import { type Case, end, one, python, start } from './playbook-cases.ts';

/** Results that have a member `status`: the Python server takes them for envelopes, and keeps the last step's in its event alone. */

/** Beside what is left of them. */
const cut = { _truncated: true, _note: expect.stringContaining('let another step follow') };
const last = (literal: string) => [start, python('last', `result = ${literal}`)];

export const statusCases: readonly Case[] = [
  one(
    'status_middle',
    '`{status, data}` in a middle step',
    [start, python('mid', 'result = {"status": "ok", "data": {"message": "hi", "list": [1, 2]}}'), end],
    { result: { mid: { status: 'ok', data: { message: 'hi', list: [1, 2] } } }, step: null },
  ),
  one(
    'status_middle_large',
    'the same with 40 KB',
    [
      start,
      python('mid', 'result = {"status": "ok", "data": ["some words of text " + str(i) for i in range(2000)]}'),
      end,
    ],
    { step: null, raw: '"some words of text 1999"' },
  ),
  one(
    'status_last',
    '`{status, nested, list}` as the last step',
    last('{"status": "ok", "nested": {"x": 1, "y": [1]}, "list": [1, 2]}'),
    {
      result: { status: 'ok', nested: { x: 1 }, ...cut },
      step: 'last',
      rust: { result: { status: 'ok', nested: { x: 1, y: [1] }, list: [1, 2] } },
    },
  ),
  one(
    'status_last_booked',
    '`{status, result, message}` as the last step',
    last('{"status": "booked", "result": {"pnr": "ABC123"}, "message": "hi"}'),
    {
      result: { status: 'booked', message: 'hi', ...cut },
      step: 'last',
      text: 'hi',
      rust: { result: { status: 'booked', result: { pnr: 'ABC123' } } },
    },
  ),
  one(
    'status_last_data',
    '`{status: "ok", data}` as the last step',
    last('{"status": "ok", "data": {"pnr": "ABC123"}}'),
    {
      result: { start: { ok: true }, last: { status: 'ok', ...cut } },
      step: null,
      rust: { result: { status: 'ok', data: { pnr: 'ABC123' } }, step: 'last' },
    },
  ),
  one('status_last_number', '`{status: 200, items}` as the last step', last('{"status": 200, "items": [1, 2]}'), {
    result: { status: 200, ...cut },
    step: 'last',
    rust: { result: { status: 200, items: [1, 2] } },
  }),
  one('status_last_lost', '`{status: [1], list}` as the last step', last('{"status": [1], "list": [1]}'), {
    code: 'ERR_RESULT_LOST',
    step: 'last',
    rust: { code: undefined, result: { status: [1], list: [1] } },
  }),
  one(
    'list_form_lost',
    'a list as the result of list form in the last step',
    [
      start,
      {
        name: 'work',
        tool: ['tool:', '  - name: a', '    kind: python', '    code: |', '      result = [1, 2]'],
      },
    ],
    { code: 'ERR_RESULT_LOST', step: 'work', rust: { code: undefined, result: { a: [1, 2] } } },
  ),
  one('status_last_flat', '`{status, pnr}` as the last step', last('{"status": "booked", "pnr": "ABC123"}'), {
    raw: '"result":{"pnr":"ABC123","status":"booked"}',
    step: 'last',
  }),
  one('status_last_end', '`{status: "complete"}` as the last step', last('{"status": "complete"}'), {
    raw: '"result":{"start":{"ok":true}}',
    step: null,
  }),
];
