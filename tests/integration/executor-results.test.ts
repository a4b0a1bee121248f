import { afterEach, describe, expect, test } from 'vitest';
import { parseJson } from '../../plugins/json/lossless-json.ts';
import { setUp, tearDown } from '../support/executor-and-stand-in.ts';

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
