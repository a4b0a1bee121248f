import { afterEach, describe, expect, test } from 'vitest';
import type { AnyUpstreamRow } from '../../gateway/config/gateway-config.ts';
import type { ErrorRule } from '../../gateway/executions/execution-result.ts';
import { parseJson } from '../../plugins/json/lossless-json.ts';
import { setUp, tearDown } from '../support/executor-and-stand-in.ts';
import { shippedOperations } from '../support/executor-caller.ts';

afterEach(tearDown);

describe('results', () => {
  test('200 KB come whole, and are read only when asked for', async () => {
    const { noetl, start, poll, clock, asked } = await setUp();
    const id = await start('regression_test/large_result');
    expect((await poll(id, 'status')).data).toEqual({ execution: { status: 'RUNNING' } });
    expect(asked()).not.toContain('GET /api/executions/{id}/status');
    clock.advance(5_000);
    await poll(id, 'status');
    noetl.requests.length = 0;
    await poll(id, 'status');
    expect(asked()).toEqual([]);
    const { data } = await poll(id, 'result textOutput again: result');
    const { result } = (data as { execution: { result: { text: string; list: number[] } } }).execution;
    expect(result.text.length).toBeGreaterThan(200_000);
    expect(result.list).toHaveLength(100);
    expect(Object.keys(result)).toEqual(['text', 'list']);
    expect(asked()).toEqual(['GET /api/executions/{id}/status']);
    await poll(id, 'result steps { name result }');
    expect(asked()).toEqual(['GET /api/executions/{id}/status']);
  });

  test.each(['python', 'rust'] as const)('behind a reference and inline they have one shape: %s', async (speak) => {
    const { start, poll, clock } = await setUp({ speak });
    const ids = await Promise.all(
      ['large_last', 'result_none', 'large_step'].map((name) => start(`regression_test/${name}`)),
    );
    clock.advance(5_000);
    const [large, none, middle] = await Promise.all(
      ids.map(async (id) => ((await poll(id, 'status result resultStep')).data as { execution: unknown }).execution),
    );
    const lines = { lines: expect.any(Array), total: 2_000 };
    expect(large).toEqual({ status: 'COMPLETED', result: lines, resultStep: 'end' });
    expect(none).toEqual({ status: 'COMPLETED', result: null, resultStep: 'final' });
    expect(middle).toMatchObject({ result: { start: lines }, resultStep: null });
  });

  test('integers beyond 2^53 are exact in variables and in results', async () => {
    const { start, poll, clock } = await setUp();
    const id = await start('regression_test/echo', parseJson('{"big": 9007199254740993}'));
    clock.advance(5_000);
    expect(JSON.stringify((await poll(id, 'result')).data)).toBe(
      '{"execution":{"result":{"workload":{"big":"9007199254740993"}}}}',
    );
  });
});

describe('errors', () => {
  const trace = 'Traceback (most recent call last):';

  /** What a developer reads of a failed step: by the execution, and by its events. */
  async function readErrors(errors: ErrorRule, results = {}, operations = shippedOperations) {
    const { start, poll, ask, clock } = await setUp({ speak: 'rust' }, { errors, results, operations });
    const id = await start('regression_test/failing');
    clock.advance(5_000);
    const { data } = await poll(id, 'steps(names: ["start"]) { error failure { message } }');
    const { steps } = (data as { execution: { steps: { error: string; failure: { message: string } }[] } }).execution;
    expect(steps[0]?.failure.message).toBe(steps[0]?.error);
    const events = await ask('{ executionEvents(id: "x") }', { decision: { outcome: 'onAnswer' }, args: { id } });
    return { error: steps[0]?.error, events: JSON.stringify(events.data) };
  }

  test.each<[string, ErrorRule, object | undefined, string]>([
    ['are cleaned', 'shown', undefined, 'deliberate failure: boom'],
    ['stay in NoETL', 'hidden', undefined, 'the execution failed'],
    ['are whole for a role that the config names', { full: ['developer'] }, undefined, trace],
    ['are cleaned for every other role', { full: ['admin'] }, undefined, 'deliberate failure: boom'],
    ['are as the playbook says', 'hidden', { errors: { full: ['developer'] } }, trace],
    [
      'are as the playbook says, in the other direction',
      { full: ['developer'] },
      { errors: 'hidden' },
      'the execution failed',
    ],
  ])('%s', async (_name, rule, row, want) => {
    const { error, events } = await readErrors(rule, row && { 'regression_test/*': row });
    expect(error?.startsWith(want)).toBe(true);
    expect(events).toContain(want);
    expect(events.includes(trace)).toBe(want === trace);
  });

  test('events whose answer is reused are one answer for all callers: no role reads them whole', async () => {
    const row = { ...(shippedOperations['executionEvents'] as AnyUpstreamRow), cacheTtlMs: 60_000 };
    const operations = { ...shippedOperations, executionEvents: row };
    const { error, events } = await readErrors({ full: ['developer'] }, {}, operations);
    expect(error).toContain(trace);
    expect(events).not.toContain(trace);
  });
});

describe('executionEvents', () => {
  test.each(['python', 'rust'] as const)('are there on the %s server, newest first, with exact ids', async (speak) => {
    const { start, ask, clock } = await setUp({ speak });
    const id = await start('data/report');
    clock.advance(5_000);
    const look = (of: string) =>
      ask('{ executionEvents(id: "x") }', { decision: { outcome: 'onAnswer' }, args: { id: of } });
    const { data } = await look(id);
    const { executionEvents } = data as { executionEvents: { status: string; events: { event_type: string }[] } };
    expect(executionEvents.status).toBe('COMPLETED');
    expect(executionEvents.events.map(({ event_type }) => event_type).slice(0, 2)).toEqual(
      speak === 'rust' ? ['playbook.completed', 'command.completed'] : ['batch.completed', 'playbook.completed'],
    );
    expect(JSON.stringify(data)).toMatch(/"event_id":"767\d{15}"[,}]/);
    expect((await look('99')).data).toEqual({ executionEvents: null });
  });
});
