import { describe, expect, test } from 'vitest';
import { executorCaller } from '../support/executor-caller.ts';
import { recordedExecution, recordedUpstream } from '../support/recorded-execution.ts';
import { scriptedUpstream } from '../support/scripted-upstream.ts';

const listed = (detail: Readonly<Record<string, unknown>>, status: string) => {
  const { events: _events, ...row } = detail;
  return { ...row, status, end_time: null, duration_seconds: 99_999, duration_human: '1d', progress: 0 };
};
const query = '{ executions { id status endTime durationSeconds durationHuman progress version } }';

describe('the list and execution(id) show the same', () => {
  test('a run without a terminal event, listed as RUNNING for ever, is settled, and costs no look again', async () => {
    const recorded = recordedExecution('python', 'onestep');
    const { upstream, calls } = recordedUpstream(recorded);
    const list = { body: [listed(recorded.detail, 'RUNNING')] };
    const both = {
      request: (call: Parameters<typeof upstream.request>[0]) =>
        call.path === '/api/executions'
          ? Promise.resolve({ status: 200, date: undefined, ...list })
          : upstream.request(call),
    };
    const { ask, clock } = executorCaller(both);
    clock.advance(400 * 86_400_000);
    const { data } = await ask(query, { rows: 'executions' });
    const [row] = (data as { executions: Record<string, unknown>[] }).executions;
    expect(row).toMatchObject({ id: recorded.start.execution_id, status: 'COMPLETED', progress: 100 });
    expect(row?.['durationSeconds']).toBeLessThan(10);
    const one = await ask('{ execution(id: "x") { status finishedAt } }', {
      decision: { outcome: 'onAnswer' },
      args: { id: recorded.start.execution_id },
    });
    expect(one.data).toEqual({ execution: { status: 'COMPLETED', finishedAt: row?.['endTime'] } });
    const before = calls.length;
    await ask(query, { rows: 'executions' });
    expect(calls).toHaveLength(before);
  });

  test('a run that is listed as FAILED while a step works is RUNNING', async () => {
    const recorded = recordedExecution('python', 'fail_then_work');
    const cut = recorded.detail.events.findIndex(
      (event) => event['event_type'] === 'call.done' && event['node_name'] === 'cleanup',
    );
    const detail = { ...recorded.detail, events: recorded.detail.events.slice(cut + 2) };
    const { upstream } = scriptedUpstream({
      'GET /api/executions': {
        body: [{ ...listed(recorded.detail, 'FAILED'), end_time: '2026-11-27T13:53:17Z', error: 'x' }],
      },
      [`GET /api/executions/${recorded.start.execution_id}`]: { body: detail },
    });
    const { ask } = executorCaller(upstream);
    const { data } = await ask('{ executions { status endTime error } }', { rows: 'executions' });
    expect(data).toEqual({ executions: [{ status: 'RUNNING', endTime: null, error: null }] });
  });

  test('a list that was not looked through to its end is no empty one', async () => {
    const endless = (call: { readonly query?: readonly (readonly [string, string])[] }) => {
      const offset = Number(call.query?.find(([name]) => name === 'offset')?.[1]);
      const size = Number(call.query?.find(([name]) => name === 'page_size')?.[1]);
      const body = Array.from({ length: size }, (_, index) => ({
        execution_id: String(1_000_000 - offset - index),
        path: 'data/x',
        status: 'COMPLETED',
        start_time: new Date(1_800_000_000_000 - (offset + index) * 1_000).toISOString(),
      }));
      return Promise.resolve({ status: 200, date: undefined, body });
    };
    const { ask } = executorCaller({ request: endless });
    const deep = await ask('{ executions { id } }', { rows: 'executions', args: { page: 50, pageSize: 100 } });
    expect((deep.data as { executions: unknown[] }).executions).toHaveLength(100);
    const hidden = await ask('{ executions { id } }', { rows: 'executions', args: { path: 'other' } });
    expect(hidden.data).toEqual({ executions: null });
    expect(hidden.errors?.[0]?.message).toMatch(
      /^nothing was found back to 2027-.*; ask for older ones with to: "2027-/,
    );
    const denied = await ask('{ executions { id } }', {
      rows: 'executions',
      args: { to: '2026-01-01' },
      mayOnExecution: () => false,
    });
    expect(denied.errors?.[0]?.message).toContain('nothing was found back to');
  });

  test('rows that are looked at are bounded', async () => {
    const rows = Array.from({ length: 60 }, (_, index) => ({
      execution_id: String(index + 1),
      path: 'data/x',
      status: 'RUNNING',
      start_time: '2026-01-01T00:00:00Z',
    }));
    const details = rows.map((row) => [`GET /api/executions/${row.execution_id}`, { body: row }] as const);
    const { upstream, calls } = scriptedUpstream({
      'GET /api/executions': { body: rows },
      ...Object.fromEntries(details),
    });
    const { ask } = executorCaller(upstream);
    const { data } = await ask('{ executions { status } }', { rows: 'executions' });
    expect((data as { executions: unknown[] }).executions).toHaveLength(60);
    expect(calls.length).toBeLessThanOrEqual(26);
  });
});
