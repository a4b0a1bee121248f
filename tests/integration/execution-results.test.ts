import { describe, expect, test } from 'vitest';
import { executorCaller } from '../support/executor-caller.ts';
import { recordedExecution, recordedUpstream } from '../support/recorded-execution.ts';

/** What the gateway makes of the raw answers of both real servers, playbook by playbook. */
interface Want {
  readonly status?: string;
  readonly result: string;
  readonly step: string | null;
  readonly text?: string | null;
  readonly failure?: { readonly step: string; readonly message: string } | null;
}

const done = { status: 'COMPLETED', text: null, failure: null };
const failing = { step: 'boom', message: 'customer 4711 has no credit limit' };

const same: Readonly<Record<string, Want>> = {
  lastuseful: {
    result: '{"flights":[{"id":1}],"summary":"3 flights found","total":3}',
    step: 'end',
    text: '3 flights found',
  },
  ret_list: { result: '[1,{"a":2}]', step: 'final' },
  ret_scalar: { result: '42', step: 'final' },
  ret_string: { result: '"just text"', step: 'final', text: 'just text' },
};

const lists = '{"items":[{"id":1,"tags":["a","b"]},{"id":2,"tags":[]}],"total":2}';

const python: Readonly<Record<string, Want>> = {
  ...same,
  lists: { result: `{"work":${lists}}`, step: null },
  amadeus_tail: {
    result:
      '{"extract_summary":{"amadeus_query_json":"{}","summary_text":"3 flights found for SFO to JFK"},"persist_result":{"row_count":1},"start":{"row_count":-1}}',
    step: null,
    text: '3 flights found for SFO to JFK',
  },
  fail_then_work: {
    status: 'FAILED',
    result: 'null',
    step: null,
    failure: { step: 'boom', message: 'first step fails' },
  },
  failing: { status: 'FAILED', result: 'null', step: null, failure: failing },
  // The recording lacks the contexts of the loop's commands: of the first two, NoETL may have kept only a part.
  loop: {
    result:
      '{"each":{"failed":0,"items":[{"n":1,"square":1,"_truncated":true},{"n":2,"square":4,"_truncated":true},{"n":3,"square":9}],"kept":1,"total":3},"start":{"ok":true}}',
    step: null,
  },
  parent: { result: '{"call":{"execution_id":"769406647927046982"}}', step: null },
  // NoETL keeps nothing of a last step's nested values beside a member `status`: what is left shows that, beside the other steps.
  statusdata: {
    result: JSON.stringify({
      final: {
        _note:
          'NoETL keeps only scalars of the last step where its result has a member "status": rename it, or let another step follow',
        _truncated: true,
        status: 'ok',
      },
      start: { ok: true },
    }),
    step: null,
  },
  onestep: { result: '{"hello":"world"}', step: 'start' },
  secret: {
    result:
      '{"work":{"access_token":"[hidden]","api_key":"[hidden]","password":"[hidden]","session_token":"[hidden]"}}',
    step: null,
  },
  travel_runtime: {
    result:
      '{"bot_message":"Pick the travel dates.","render":{"payload":{"items":[{"name":"Paris","place_id":"x"}],"title":"Places"},"schema_version":1,"widget_type":"place_list"},"textOutput":"Found 3 flights for: "}',
    step: 'final_result',
    text: 'Found 3 flights for: ',
  },
};

const rust: Readonly<Record<string, Want>> = {
  ...same,
  // A workflow of the Rust server begins with a step of that name.
  lists: { result: `{"start":${lists}}`, step: null },
  amadeus_tail: {
    result:
      '{"extract_summary":{"amadeus_query_json":"{}","summary_text":"3 flights found for SFO to JFK"},"persist_result":{"affected_rows":1},"start":{"affected_rows":0}}',
    step: null,
    text: '3 flights found for SFO to JFK',
  },
  // The Rust server calls these runs COMPLETED; the step shows that it failed.
  fail_then_work: { result: '{"cleanup":{"cleaned":true,"textOutput":"cleaned up"}}', step: null, text: 'cleaned up' },
  failing: { result: '{"start":{"ok":true}}', step: null },
  loop: {
    result:
      '{"each":{"failed":0,"items":[{"n":1,"square":1},{"n":2,"square":4},{"n":3,"square":9}],"kept":3,"total":3},"start":{"ok":true}}',
    step: null,
  },
  parent: { result: '{"start":{"execution_id":"384703848370737152"}}', step: null },
  parent_slow: {
    status: 'FAILED',
    result: 'null',
    step: null,
    failure: { step: 'start', message: expect.stringContaining('Failed to start child playbook') as unknown as string },
  },
  statusdata: {
    result: '{"data":{"list":[1,2],"message":"hi"},"list":[1,2,3],"nested":{"a":{"b":1}},"status":"ok"}',
    step: 'final',
  },
  onestep: { result: '{"hello":"world"}', step: 'start' },
  travel_runtime: { result: 'null', step: 'final_result' },
};

const fields =
  'status result resultStep textOutput failure { step message } finishedAt steps { name status error result }';

async function look(server: 'python' | 'rust', name: string) {
  const recorded = recordedExecution(server, name);
  const { upstream, calls } = recordedUpstream(recorded);
  const { ask, clock } = executorCaller(upstream);
  clock.advance(400 * 86_400_000);
  const id = recorded.start.execution_id;
  const args = { decision: { outcome: 'onAnswer' }, args: { id } } as const;
  const { data, errors } = await ask(`{ execution(id: "x") { ${fields} } }`, args);
  return { execution: (data as { execution: Record<string, unknown> }).execution, errors, calls, ask, args };
}

const inOrder = (value: unknown): unknown =>
  typeof value !== 'object' || value === null || Array.isArray(value) || 'rawJSON' in value
    ? value
    : Object.fromEntries(
        Object.entries(value)
          .toSorted(([a], [b]) => (a < b ? -1 : 1))
          .map(([k, v]) => [k, inOrder(v)]),
      );

describe.each([
  ['python', python],
  ['rust', rust],
] as const)('what a playbook produced is what the app gets: %s', (server, table) => {
  test.each(Object.entries(table))('%s', async (name, want) => {
    const { execution, errors, calls } = await look(server, name);
    expect(errors).toBeUndefined();
    const { status, resultStep, textOutput, failure, result } = execution;
    expect({ status, step: resultStep, text: textOutput, failure, result: JSON.stringify(inOrder(result)) }).toEqual({
      ...done,
      ...want,
    });
    expect(calls.length).toBeLessThanOrEqual(4);
  });
});

describe('values stay as they are', () => {
  test.each(['python', 'rust'] as const)('64-bit integers, digit for digit: %s', async (server) => {
    const { execution } = await look(server, 'bigint');
    expect(JSON.stringify(execution['result'])).toContain('9223372036854775807');
    expect(JSON.stringify(execution['result'])).toContain('9007199254740993');
  });

  test.each(['python', 'rust'] as const)('rows of SQL, in a middle step and as the last one: %s', async (server) => {
    const middle = (await look(server, 'pgrows')).execution['result'] as Record<string, { rows: unknown[] }>;
    const { rows } = middle['query'] ?? middle['start'] ?? { rows: [] };
    expect(rows).toHaveLength(2);
    expect(JSON.stringify(rows[0])).toContain('"id":"9007199254740993"');
    const last = await look(server, 'pgrows_last');
    expect(last.execution['resultStep']).toBe('query');
    expect((last.execution['result'] as { rows: unknown[] }).rows).toHaveLength(40);
    expect(JSON.stringify(last.execution['result'])).not.toMatch(/noetl:\/\/|statement_count|_ref/);
  });

  test('a step that raised on the Rust server says FAILED with its error, and the run says what NoETL says', async () => {
    const { execution } = await look('rust', 'failing');
    expect(execution['status']).toBe('COMPLETED');
    expect(execution['steps']).toMatchObject([
      { name: 'start', status: 'COMPLETED', error: null },
      { name: 'boom', status: 'FAILED', error: failing.message, result: null },
      { name: 'end', status: 'COMPLETED' },
    ]);
  });

  test('what has been read of a finished run costs no call again', async () => {
    const { calls, ask, args } = await look('python', 'pgrows_last');
    const before = calls.length;
    const { data } = await ask('{ execution(id: "x") { status result steps(names: ["start"]) { name } } }', args);
    expect(data).toMatchObject({ execution: { status: 'COMPLETED', steps: [{ name: 'start' }] } });
    expect(calls).toHaveLength(before);
  });
});

describe('a sub-playbook that failed, after which NoETL went on', () => {
  const parent = recordedExecution('python', 'parent_fails');
  const child = recordedExecution('python', 'child_fails');
  const childId = child.start.execution_id;

  async function lookAt(id: string, mayOnExecution: (permission: string, path: string) => boolean) {
    const { ask, clock } = executorCaller(recordedUpstream(parent, undefined, child).upstream);
    clock.advance(400 * 86_400_000);
    const source = `{ execution(id: "x") { status result parentId failure { step message code }
      steps(names: ["call"]) { status error executionId executionIds failure { step message } result } } }`;
    const { data, errors } = await ask(source, {
      ...{ decision: { outcome: 'onAnswer' }, args: { id } },
      mayOnExecution,
    });
    expect(errors).toBeUndefined();
    return (data as { execution: unknown }).execution;
  }

  test('is a failed step with its own reason, and both name each other', async () => {
    const failure = { step: 'call', message: 'the flight is fully booked' };
    expect(await lookAt(parent.start.execution_id, () => true)).toEqual({
      ...{ status: 'COMPLETED', result: { start: { ok: true } }, parentId: null, failure: { ...failure, code: null } },
      steps: [
        {
          ...{ status: 'FAILED', error: failure.message, failure, result: { start: { ok: true } } },
          ...{ executionId: childId, executionIds: [childId] },
        },
      ],
    });
    expect(await lookAt(childId, () => true)).toMatchObject({ parentId: parent.start.execution_id, status: 'FAILED' });
  });

  test('costs reads for a bounded number of steps', async () => {
    const [done] = parent.detail.events.filter(
      ({ event_type, node_name }) => event_type === 'call.done' && node_name === 'call',
    );
    const events = Array.from({ length: 40 }, (_, n) => ({ ...done, event_id: n + 1, node_name: `call${n}` }));
    const { upstream, calls } = recordedUpstream(parent, (detail) => ({ ...detail, status: 'RUNNING', events }), child);
    const { ask } = executorCaller(upstream);
    const { data } = await ask('{ execution(id: "x") { steps { error } } }', {
      ...{ decision: { outcome: 'onAnswer' }, args: { id: parent.start.execution_id } },
    });
    const { steps } = (data as { execution: { steps: { error: string }[] } }).execution;
    const counts = [...Map.groupBy(steps, ({ error }) => error)].map(([error, { length }]) => [error, length]);
    expect(counts).toEqual([
      ['the flight is fully booked', 32],
      ['the sub-playbook of this step failed', 8],
    ]);
    expect(calls.length).toBeLessThan(40);
  });

  test('says no reason to a caller who may not see its execution', async () => {
    const seen: string[] = [];
    const execution = await lookAt(parent.start.execution_id, (_permission, path) => {
      seen.push(path);
      return path !== 'results/child_fails';
    });
    const message = 'the sub-playbook of this step failed';
    expect(execution).toMatchObject({
      failure: { step: 'call', message, code: 'SUB_PLAYBOOK_FAILED' },
      steps: [{ status: 'FAILED', error: message, executionId: childId }],
    });
    expect(seen).toContain('results/child_fails');
    expect(JSON.stringify(execution)).not.toContain('fully booked');
  });
});

describe('the status of a run whose steps still work', () => {
  test('a failed step is no end while another one runs', async () => {
    const recorded = recordedExecution('python', 'fail_then_work');
    const cut = recorded.detail.events.findIndex(
      (event) => event['event_type'] === 'call.done' && event['node_name'] === 'cleanup',
    );
    const { upstream } = recordedUpstream(recorded, (detail) => ({ ...detail, events: detail.events.slice(cut + 2) }));
    const { ask } = executorCaller(upstream);
    const { data } = await ask(
      '{ execution(id: "x") { status finishedAt error failure { step message } currentStep } }',
      {
        decision: { outcome: 'onAnswer' },
        args: { id: recorded.start.execution_id },
      },
    );
    expect(data).toEqual({
      execution: {
        status: 'RUNNING',
        finishedAt: null,
        error: null,
        failure: { step: 'boom', message: 'first step fails' },
        currentStep: 'cleanup',
      },
    });
  });

  test('an end that NoETL infers while its engine has a batch to work through is no end', async () => {
    const recorded = recordedExecution('python', 'lastuseful');
    const withoutEnd = recorded.detail.events.filter(
      ({ event_type }) => !String(event_type).match(/^(playbook|workflow)\.completed$/),
    );
    const lagging = withoutEnd.slice(withoutEnd.findIndex(({ event_type }) => event_type === 'command.completed'));
    for (const [events, want] of [
      [lagging, 'RUNNING'],
      [withoutEnd, 'COMPLETED'],
    ] as const) {
      const { upstream } = recordedUpstream(recorded, (detail) => ({ ...detail, events }));
      const { ask, clock } = executorCaller(upstream);
      clock.advance(400 * 86_400_000);
      const { data } = await ask('{ execution(id: "x") { status } }', {
        decision: { outcome: 'onAnswer' },
        args: { id: recorded.start.execution_id },
      });
      expect(data).toEqual({ execution: { status: want } });
    }
  });
});
