import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { end, python, sample } from '../../dev/noetl/samples.ts';
import { setUp, tearDown } from '../support/executor-and-stand-in.ts';
import { codeIn } from '../support/executor-caller.ts';

afterEach(tearDown);

describe.each(['python', 'rust'] as const)('the protocol on the %s server', (speak) => {
  let at: Awaited<ReturnType<typeof setUp>>;
  beforeEach(async () => {
    at = await setUp({ speak });
  });

  test('execute, then poll until it is over', async () => {
    const { data } = await at.ask(
      'mutation { executePlaybook(name: "x") { id executionId name path status textOutput requestId clientId } }',
      { args: { name: 'api_integration/amadeus_ai_api', variables: { query: 'SFO to JFK' }, clientId: 'c1' } },
    );
    const { id } = (data as { executePlaybook: { id: string } }).executePlaybook;
    expect(data).toEqual({
      executePlaybook: {
        id: expect.stringMatching(/^\d{18}$/),
        executionId: id,
        name: 'amadeus_ai_api',
        path: 'api_integration/amadeus_ai_api',
        status: 'running',
        textOutput: null,
        requestId: null,
        clientId: 'c1',
      },
    });
    expect(at.noetl.requests[0]?.body).toEqual({
      path: 'api_integration/amadeus_ai_api',
      workload: { query: 'SFO to JFK' },
    });
    expect((await at.poll(id, 'id status result textOutput finishedAt')).data).toEqual({
      execution: { id, status: 'RUNNING', result: null, textOutput: null, finishedAt: null },
    });
    at.clock.advance(5_000);
    expect((await at.poll(id, 'id path name status textOutput error startedAt finishedAt')).data).toEqual({
      execution: {
        id,
        path: 'api_integration/amadeus_ai_api',
        name: 'amadeus_ai_api',
        status: 'COMPLETED',
        textOutput: '3 flights found for: SFO to JFK',
        error: null,
        startedAt: '2026-01-01T00:00:00.000Z',
        finishedAt: expect.stringMatching(/^2026-01-01T00:00:00\.\d{3}Z$/),
      },
    });
  });

  test('a failed run has no result, and says which step failed with what', async () => {
    // The Rust server calls a run COMPLETED whose step raised.
    const status = speak === 'rust' ? 'COMPLETED' : 'FAILED';
    for (const [name, message] of [
      ['regression_test/failing', 'deliberate failure: boom'],
      ['regression_test/failing_alone', 'single step failure'],
    ] as const) {
      const id = await at.start(name);
      at.clock.advance(5_000);
      const { data } = await at.poll(id, 'status result error textOutput failure { step message }');
      expect(data).toEqual({
        execution: {
          ...(status === 'FAILED'
            ? { status, error: message, failure: { step: 'start', message } }
            : { status, error: null, failure: null }),
          result: null,
          textOutput: null,
        },
      });
    }
  });

  test('a cancelled run is cancelled', async () => {
    const id = await at.start('regression_test/slow');
    at.clock.advance(1_000);
    expect((await at.cancel(id)).data).toEqual({
      cancelExecution: {
        status: 'cancelled',
        executionId: id,
        cancelledExecutions: [id],
        message: 'Cancelled 1 execution(s).',
      },
    });
    expect((await at.poll(id)).data).toEqual({ execution: { status: 'CANCELLED', result: null } });
    at.clock.advance(20_000);
    expect((await at.poll(id)).data).toEqual({ execution: { status: 'CANCELLED', result: null } });
    expect((await at.cancel(id)).data).toMatchObject({
      cancelExecution: { status: 'already_completed', message: expect.stringContaining('CANCELLED') },
    });
  });

  test('cancel looks first, and leaves a finished run alone', async () => {
    for (const [name, state] of [
      ['regression_test/hello_world', 'COMPLETED'],
      ['regression_test/failing', speak === 'rust' ? 'COMPLETED' : 'FAILED'],
    ] as const) {
      const id = await at.start(name);
      at.clock.advance(5_000);
      expect((await at.cancel(id)).data).toEqual({
        cancelExecution: {
          status: 'already_completed',
          executionId: id,
          cancelledExecutions: [],
          message: `The execution is already ${state}.`,
        },
      });
      expect((await at.poll(id, 'status')).data).toEqual({ execution: { status: state } });
    }
    expect(at.asked()).not.toContain('POST /api/executions/{id}/cancel');
  });

  test('a run is started again, with its workload and what replaces parts of it', async () => {
    const workload = {
      region: 'eu',
      limit: 3,
      request_id: 'r1',
      gateway_url: 'http://x',
      ctx: { gateway_url: 'http://x' },
    };
    // Started in the cluster, with the control names of that start.
    const started = await fetch(new URL('/api/execute', at.noetl.url), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ path: 'data/report', workload }),
    });
    const id = /"execution_id": *"?(\d+)/.exec(await started.text())?.[1] ?? '';
    const again = async (variables?: unknown) => {
      const source = 'mutation { rerunExecution(id: "x") { id path status } }';
      const { data, errors } = await at.ask(source, {
        args: { id, ...(variables === undefined ? {} : { variables }) },
      });
      if (errors !== undefined) throw errors[0];
      return data as { rerunExecution: { id: string; path: string } };
    };
    const starts = () => at.noetl.requests.filter(({ path }) => path === '/api/execute').map(({ body }) => body);
    const { rerunExecution } = await again();
    expect(rerunExecution).toMatchObject({ path: 'data/report', status: 'running' });
    expect(rerunExecution.id).not.toBe(id);
    expect(starts()[1]).toEqual({ path: 'data/report', workload: expect.objectContaining({ region: 'eu', limit: 3 }) });
    expect(JSON.stringify(starts()[1])).not.toMatch(/r1|gateway_url/);
    await again({ limit: 4 });
    expect(starts()[2]).toMatchObject({ workload: { region: 'eu', limit: 4 } });
    expect(codeIn(await at.ask('mutation { rerunExecution(id: "x") { id } }', { args: { id, variables: [1] } }))).toBe(
      'ERR_REQUEST_INVALID',
    );
    expect(codeIn(await at.ask('mutation { rerunExecution(id: "x") { id } }', { args: { id: '999' } }))).toBe(
      'ERR_NOT_FOUND',
    );
    expect(starts()).toHaveLength(3);
  });

  test('what the defaults of a playbook let NoETL evaluate is not sent as a value', async () => {
    const defaults = sample('my/defaults', 'Looks up its region', { region: '{{ env.REGION }}', plain: 'text' }, () => [
      python('start', { ok: true }),
      end(),
    ]);
    const { start, ask, noetl } = await setUp({ speak, playbooks: [defaults] });
    const id = await start('my/defaults');
    await ask('mutation { rerunExecution(id: "x") { id } }', { args: { id } });
    const starts = noetl.requests.filter(({ path }) => path === '/api/execute');
    expect(starts[1]?.body).toEqual({ path: 'my/defaults', workload: { plain: 'text' } });
  });

  test('an unknown playbook, an unknown execution', async () => {
    const unknown = await at.ask('mutation { executePlaybook(name: "x") { id } }', { args: { name: 'no/such' } });
    expect(codeIn(unknown)).toBe('ERR_NOT_FOUND');
    expect(unknown.errors?.[0]?.message).toContain('playbook not found');
    expect(codeIn(await at.poll('999999999999999999'))).toBe('ERR_NOT_FOUND');
    expect(codeIn(await at.cancel('999999999999999999'))).toBe('ERR_NOT_FOUND');
  });

  test('lists and catalog answer in the documented form', async () => {
    const id = await at.start('data/report');
    const list = await at.ask('{ executions { id path status version progress startTime } }', { rows: 'executions' });
    expect(list.data).toMatchObject({ executions: [{ id, path: 'data/report', status: 'RUNNING' }] });
    const catalog = await at.ask('{ playbooks { entries { path version catalogId } } }', { rows: 'playbooks' });
    expect((catalog.data as { playbooks: { entries: unknown[] } }).playbooks.entries.length).toBeGreaterThan(10);
    expect((await at.ask('{ dashboardStats { totalExecutions } }')).data).toEqual({
      dashboardStats: { totalExecutions: 1 },
    });
    expect((await at.ask('{ upstreamHealth { status } }')).data).toEqual({ upstreamHealth: { status: 'ok' } });
    const pools = await at.ask('{ workerPools { count items { name runtime } } }');
    expect(pools.data).toMatchObject({ workerPools: { count: 1, items: [{ name: 'worker-1' }] } });
    expect(JSON.stringify(pools)).not.toContain('noetl:noetl');
  });
});

describe('the end of a run that is announced too early, or never', () => {
  test('between two steps a run is RUNNING, whatever the answers claim', async () => {
    const { start, poll, clock } = await setUp();
    const id = await start('regression_test/flicker');
    const seen = new Set<unknown>();
    for (let ms = 0; ms < 1_300; ms += 50) {
      const { data } = await poll(id);
      seen.add(JSON.stringify(data));
      clock.advance(50);
    }
    expect([...seen]).toEqual(['{"execution":{"status":"RUNNING","result":null}}']);
    clock.advance(1_000);
    expect((await poll(id)).data).toEqual({
      execution: { status: 'COMPLETED', result: { whole: true } },
    });
  });

  test('a run without an end event is over after its end has held for two seconds', async () => {
    const { start, poll, clock } = await setUp();
    const id = await start('regression_test/one_step', { name: 'Ada' });
    clock.advance(500);
    expect((await poll(id)).data).toEqual({ execution: { status: 'RUNNING', result: null } });
    clock.advance(1_900);
    expect((await poll(id, 'status')).data).toEqual({ execution: { status: 'RUNNING' } });
    clock.advance(260);
    expect((await poll(id)).data).toEqual({ execution: { status: 'COMPLETED', result: { greeting: 'Hi, Ada!' } } });
  });

  test('one look at an old run is right', async () => {
    const { start, poll, clock, pauses } = await setUp();
    const id = await start('regression_test/one_step');
    clock.advance(3_600_000);
    const [first, second] = await Promise.all([poll(id, 'status'), poll(id, 'status')]);
    expect([first?.data, second?.data]).toEqual([
      { execution: { status: 'COMPLETED' } },
      { execution: { status: 'COMPLETED' } },
    ]);
    expect(pauses).toEqual([]);
  });

  test('an old end that turns out to be none is RUNNING', async () => {
    const { noetl, start, poll, clock } = await setUp();
    const id = await start('regression_test/one_step');
    clock.advance(3_600_000);
    noetl.intercept = ({ path }) => {
      if (!path.endsWith('/status')) return undefined;
      const body = {
        execution_id: id,
        completed: false,
        failed: false,
        completion_inferred: false,
        completed_steps: [],
      };
      return { status: 200, body };
    };
    expect((await poll(id)).data).toEqual({ execution: { status: 'RUNNING', result: null } });
  });

  test('cancel waits for certainty: a flicker is cancelled, a run without an end event is left alone', async () => {
    const { start, cancel, clock, asked } = await setUp();
    const flickering = await start('regression_test/flicker');
    clock.advance(400);
    expect((await cancel(flickering)).data).toMatchObject({ cancelExecution: { status: 'cancelled' } });
    const ended = await start('regression_test/one_step');
    clock.advance(500);
    expect((await cancel(ended)).data).toMatchObject({ cancelExecution: { status: 'already_completed' } });
    expect(asked().filter((call) => call.endsWith('/cancel'))).toHaveLength(1);
  });

  test('a server without /status: the events decide', async () => {
    const { noetl, start, poll, clock } = await setUp();
    noetl.intercept = ({ path }) =>
      path.endsWith('/status') ? { status: 404, body: { detail: 'Not Found' } } : undefined;
    const id = await start('regression_test/hello_world', { name: 'Ada' });
    clock.advance(5_000);
    expect((await poll(id)).data).toEqual({
      execution: { status: 'COMPLETED', result: { greeting: 'Hello, Ada!' } },
    });
  });

  test('a handled failure fails nothing', async () => {
    const { start, poll, clock } = await setUp();
    const id = await start('regression_test/recovers');
    clock.advance(5_000);
    expect((await poll(id, 'status error')).data).toEqual({ execution: { status: 'COMPLETED', error: null } });
  });
});
