import { type Case, end, one, python, type Step, start } from './playbook-cases.ts';

/** Playbooks whose course has a shape of its own: several ends, loops, sub-playbooks. */

const listForm = (name: string, code: readonly string[]): Step => ({
  name,
  tool: [
    'tool:',
    '  - name: a',
    '    kind: python',
    '    input: {n: "{{ n }}"}',
    '    code: |',
    ...code.map((line) => `      ${line}`),
  ],
});

const subPlaybook = (name: string, path: string, returns = 'end'): Step => ({
  name,
  tool: ['tool:', '  kind: playbook', `  path: results/${path}`, `  return_step: ${returns}`],
});

export const shapeCases: readonly Case[] = [
  one(
    'two_ends',
    'two steps that both end the run',
    [
      { ...start, to: ['flight', 'hotel'] },
      { ...python('flight', 'result = {"flights": [1]}'), to: [] },
      python('hotel', 'import time', 'time.sleep(1)', 'result = {"rooms": [2]}'),
    ],
    // The Rust server does not report which steps follow a step.
    {
      result: { flight: { flights: [1] }, hotel: { rooms: [2] } },
      step: null,
      rust: { result: { rooms: [2] }, step: 'hotel' },
    },
  ),
  one(
    'late_items',
    'items of a parallel loop that end after the last step',
    [
      start,
      {
        ...listForm('each', ['import time', 'time.sleep(n)', 'result = {"n": n}']),
        loop: ['loop:', '  in: "{{ nums }}"', '  iterator: n', '  spec: {mode: parallel}'],
      },
      python('end', 'result = {"message": "all done"}'),
    ],
    { result: { message: 'all done' }, step: 'end', text: 'all done' },
    'nums: [0, 0, 1, 3]',
  ),
  one(
    'greeting',
    'a `message` in the first step, none in the others',
    [python('start', 'result = {"message": "Starting"}'), python('work', 'result = {"n": 1}'), end],
    { result: { start: { message: 'Starting' }, work: { n: 1 } }, step: null, text: null },
  ),
  one(
    'list_form_fails',
    'a step in list form that raises, then `end`',
    [start, listForm('work', ['raise ValueError("no seat is left")']), end],
    {
      status: 'FAILED',
      failure: { step: 'work', message: 'no seat is left' },
      steps: ['start COMPLETED', 'work FAILED', 'end COMPLETED'],
      rust: { status: 'COMPLETED', failure: null },
    },
  ),
  one(
    'child_fails',
    'a step that raises, for a sub-playbook',
    [start, python('boom', 'raise ValueError("the flight is fully booked")'), end],
    {
      status: 'FAILED',
      failure: { step: 'boom', message: 'the flight is fully booked' },
      rust: { status: 'COMPLETED', failure: null },
    },
  ),
  one('parent_fails', 'a sub-playbook that fails, then `end`', [start, subPlaybook('call', 'child_fails'), end], {
    result: { start: { ok: true } },
    step: null,
    failure: { step: 'call', message: 'the flight is fully booked' },
    steps: ['start COMPLETED', 'call FAILED', 'end COMPLETED'],
    // It gives its parent no more than its id.
    rust: { failure: null, steps: undefined },
  }),
  one('parent_fails_last', 'a sub-playbook that fails, as the last step', [start, subPlaybook('call', 'child_fails')], {
    result: null,
    step: 'call',
    failure: { step: 'call', message: 'the flight is fully booked' },
    steps: ['start COMPLETED', 'call FAILED'],
    rust: { result: undefined, failure: null, steps: undefined },
  }),
  one(
    'grandparent_fails',
    'a sub-playbook whose own sub-playbook fails',
    [start, subPlaybook('call', 'parent_fails', 'call')],
    { status: 'COMPLETED', result: { start: { ok: true } }, failure: null, step: 'call', rust: { result: undefined } },
  ),
];
