import { expect } from 'vitest';
import { type Case, end, goesOn, one, python, type Step, sql, start } from './playbook-cases.ts';

/** Playbooks that fail, or whose result NoETL cannot store, and the reason that an app must get. */

const failed = (step: string, message: string, more: object = {}) => ({
  status: 'FAILED',
  failure: { step, message, ...more },
});
const notStored = (cause: string) => failed('last', `NoETL could not store the result of this step: ${cause}`);
const withTask = (code: string): Step => ({
  name: 'risky',
  tool: [
    'tool:',
    '  - name: book',
    '    kind: python',
    `    code: '${code}'`,
    '    spec:',
    '      policy:',
    '        rules:',
    '          - when: "{{ outcome.status == \'error\' }}"',
    '            then: {do: continue}',
    '          - else: {then: {do: continue}}',
  ],
});

/** One branch cannot start its next step, the other works on: NoETL calls the run completed. */
const twoBranches = `apiVersion: noetl.io/v2
kind: Playbook
metadata: {name: no_auth_beside, path: results/no_auth_beside}
workflow:
  - step: start
    tool: {kind: python, code: "result = {'ok': True}"}
    next: {spec: {mode: inclusive}, arcs: [{step: left}, {step: right}]}
  - step: left
    tool: {kind: python, code: "result = {'left': 1}"}
    next: {spec: {mode: exclusive}, arcs: [{step: table}]}
  - step: table
    tool: {kind: postgres, command: SELECT 1}
  - step: right
    tool: {kind: python, code: "import time\\ntime.sleep(3)\\nresult = {'right': 1}"}
    next: {spec: {mode: exclusive}, arcs: [{step: last}]}
  - step: last
    tool: {kind: python, code: "result = {'last': 1}"}
`;

export const failureCases: readonly Case[] = [
  one(
    'date',
    'a date in the result of the last step',
    [start, python('last', 'import datetime', 'result = {"day": datetime.date(2026, 1, 2)}')],
    { ...notStored('Object of type date is not JSON serializable'), rust: goesOn },
  ),
  one('nan', 'NaN in the result of the last step', [start, python('last', 'result = {"x": float("nan")}')], {
    ...notStored('Out of range float values are not JSON compliant: nan'),
    rust: goesOn,
  }),
  one('long_text', 'one text of 600 KB in the last step', [start, python('last', 'result = {"t": "word " * 120000}')], {
    ...notStored('it is larger than NoETL takes (422 Unprocessable Entity)'),
    rust: goesOn,
  }),
  one(
    'no_auth',
    'a `postgres` step without `auth`',
    [start, { name: 'table', tool: ['tool:', '  kind: postgres', '  command: SELECT 1'] }, end],
    {
      ...failed('table', expect.stringContaining("Postgres command for step 'table' is missing auth")),
      rust: goesOn,
    },
  ),
  {
    path: 'results/no_auth_beside',
    produces: 'the same while another branch works for 3 s',
    source: twoBranches,
    expected: { ...failed('table', expect.stringContaining('is missing auth')), rust: goesOn },
  },
  one(
    'declined',
    '`{status: "error", message}`',
    [start, python('last', 'result = {"status": "error", "message": "payment declined", "code": 17}')],
    { ...failed('last', 'payment declined', { code: '17' }), rust: goesOn },
  ),
  one('key_error', 'a `KeyError`', [start, python('last', 'result = {}["customer_id"]')], {
    ...failed('last', "KeyError: 'customer_id'"),
    rust: { ...goesOn, stepError: { name: 'last', status: 'FAILED', error: "KeyError: 'customer_id'" } },
  }),
  one(
    'not_found',
    'an `http` task that is answered 404',
    [
      start,
      {
        name: 'call',
        tool: [
          'tool:',
          '  - name: get',
          '    kind: http',
          '    method: GET',
          '    endpoint: "{{ workload.address }}/api/nothing"',
          '    url: "{{ workload.address }}/api/nothing"',
        ],
      },
    ],
    {
      ...failed('call', 'the call of this step was answered 404', {
        code: 'HTTP_404',
        httpStatus: 404,
        retryable: false,
      }),
      rust: { ...goesOn, stepError: { name: 'call', status: 'FAILED', error: 'HTTP 404 response' } },
    },
    'address: ""',
  ),
  one(
    'sentence',
    'an error with words of SQL, and of two lines',
    [start, python('last', 'raise ValueError("please select a date from the calendar:\\n - it is in the past")')],
    {
      ...failed('last', 'please select a date from the calendar:\n - it is in the past'),
      rust: goesOn,
    },
  ),
  one(
    'no_table',
    'a statement of SQL that fails',
    [start, sql('query', "SELECT name FROM nothing_there WHERE pw = 'hunter2'")],
    { ...failed('query', 'command_0: relation "nothing_there" does not exist'), rust: { failure: expect.anything() } },
  ),
  one(
    'handled',
    'a task raises, and the policy of the step goes on',
    [start, withTask('raise ValueError("no seats left")'), end],
    {
      raw: '"result":{"start":{"ok":true}}',
      stepError: { name: 'risky', status: 'COMPLETED', error: expect.stringContaining('task "book"') },
      rust: { raw: undefined, stepError: { name: 'risky', status: 'COMPLETED', error: 'no seats left' } },
    },
  ),
];
