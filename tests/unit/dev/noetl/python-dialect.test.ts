import { afterEach, describe, expect, test } from 'vitest';
import { closeStandIns, standIn } from '../../../support/stand-in-client.ts';

afterEach(closeStandIns);

type Members = Record<string, unknown>;

async function started(path: string, options: Parameters<typeof standIn>[0] = {}, workload = {}) {
  const at = await standIn(options);
  const id = await at.start(path, workload);
  const read = async (rest = ''): Promise<Members> => (await at.call('GET', `/api/executions/${id}${rest}`)).body;
  const eventTypes = async () => {
    const { events } = (await read('?page_size=100')) as { events: Members[] };
    return events.map((event) => `${event['event_type']} ${event['node_name']}`);
  };
  const listed = async () => ((await at.call('GET', '/api/executions')).body as Members[])[0];
  return { ...at, id, read, eventTypes, listed };
}

describe('an engine that is behind its events', () => {
  test('says that a run is over while its state is still at the step before', async () => {
    const { clock, read, eventTypes } = await started('regression_test/hello_world', { lagMs: 3_000 });
    clock.advance(3_200);
    const types = await eventTypes();
    expect(types.slice(0, 4)).toEqual([
      'command.completed end',
      'step.exit end',
      'call.done end',
      'batch.accepted events.batch',
    ]);
    expect(await read()).toMatchObject({ status: 'COMPLETED', progress: 100 });
    const behind = await read('/status');
    expect(behind).toMatchObject({ completed: true, completion_inferred: true, current_step: 'start' });
    expect(behind['variables']).not.toHaveProperty('end');
    clock.advance(3_000);
    expect((await eventTypes())[1]).toBe('playbook.completed regression_test/hello_world');
    expect(await read('/status')).toMatchObject({
      completion_inferred: false,
      current_step: 'end',
      variables: { end: { greeting: 'Hello, world!' } },
    });
  });

  test('leaves a batch open as long as it waits', async () => {
    const { clock, eventTypes } = await started('regression_test/one_step', { lagMs: 2_000 });
    const batches = async () => (await eventTypes()).filter((type) => type.startsWith('batch.'));
    clock.advance(100);
    expect(await batches()).toEqual(['batch.accepted events.batch', 'batch.accepted events.batch']);
    clock.advance(3_000);
    expect((await batches()).filter((type) => type.startsWith('batch.completed'))).toHaveLength(2);
  });
});

test('a failed step makes the run FAILED everywhere while a later step works', async () => {
  const { clock, read, listed } = await started('regression_test/fail_then_work', {}, { seconds: 4 });
  clock.advance(2_000);
  expect(await read()).toMatchObject({ status: 'FAILED', error: 'first step fails', progress: 100 });
  expect(await read('/status')).toMatchObject({ failed: true, completed: false, current_step: 'start' });
  expect(await listed()).toMatchObject({ status: 'FAILED', error: null });
  const early = (await read())['end_time'];
  clock.advance(10_000);
  const over = await read();
  expect(over).toMatchObject({ status: 'FAILED', error: null });
  expect(over['end_time']).not.toBe(early);
});

test('between two steps a busy engine seems to be over, and is not', async () => {
  const { clock, read } = await started('regression_test/flicker');
  clock.advance(600);
  expect(await read()).toMatchObject({ status: 'COMPLETED' });
  clock.advance(300);
  expect(await read()).toMatchObject({ status: 'RUNNING', end_time: null });
});

test('a step whose worker died runs again, and its command is named by text then', async () => {
  const { clock, read, eventTypes } = await started('regression_test/worker_dies', {}, { seconds: 3 });
  clock.advance(2_000);
  expect(await read('/status')).toMatchObject({ completed: false, current_step: null });
  clock.advance(8_000);
  const types = (await eventTypes()).filter((type) => type.endsWith(' start')).toReversed();
  expect(types).toEqual([
    'command.issued start',
    ...['command.claimed start', 'command.started start', 'step.enter start'],
    ...['command.claimed start', 'command.started start', 'step.enter start'],
    ...['call.done start', 'step.exit start', 'command.completed start'],
  ]);
  const { events } = (await read('?page_size=100&event_type=call.done')) as { events: Members[] };
  expect(events.at(-1)).toMatchObject({ result: { context: { command_id: expect.stringMatching(/^\d{18}$/) } } });
});

test('the next command of a cancelled run is issued, and no worker takes it', async () => {
  const { clock, call, id, read, eventTypes } = await started('regression_test/slow', {}, { seconds: 3 });
  clock.advance(1_000);
  await call('POST', `/api/executions/${id}/cancel`, {});
  clock.advance(10_000);
  expect(await read()).toMatchObject({ status: 'CANCELLED' });
  const types = await eventTypes();
  expect(types).toContain('command.issued end');
  expect(types).not.toContain('command.claimed end');
  expect(types).not.toContain('playbook.completed regression_test/slow');
});

test('a large context of a command stands behind a reference', async () => {
  const { clock, call, read } = await started('regression_test/large_step');
  clock.advance(5_000);
  const { events } = (await read('?page_size=100&event_type=command.issued')) as { events: Members[] };
  const context = events[0]?.['context'] as { render_context: { ref: string; kind: string } };
  expect(context.render_context.kind).toBe('result_ref');
  const ref = encodeURIComponent(context.render_context.ref);
  const rendered = (await call('GET', `/api/result/resolve?ref=${ref}`)).body as {
    ctx: { start: { lines: unknown[] } };
  };
  expect(rendered.ctx.start.lines).toHaveLength(2_000);
});

test('what resolve says of a reference that it does not know', async () => {
  const { call } = await standIn();
  const resolve = (query: string) => call('GET', `/api/result/resolve${query}`);
  expect(await resolve('?ref=noetl://execution/1/result/a/b')).toMatchObject({
    status: 404,
    body: { detail: "'TempRef not found: noetl://execution/1/result/a/b'" },
  });
  expect(await resolve('?ref=x')).toMatchObject({ status: 200, body: 'x' });
  expect(await resolve('')).toMatchObject({ status: 422, body: { detail: [{ type: 'missing' }] } });
});

test('more than 32 waiting starts are refused', async () => {
  const { call } = await standIn({ startMs: 60_000 });
  const { promise: fourRefused, resolve } = Promise.withResolvers<void>();
  const refused: unknown[] = [];
  for (let count = 0; count < 40; count += 1) {
    call('POST', '/api/execute', { path: 'system/cleanup' }).then(
      ({ status, body }) => refused.push({ status, body }) === 4 && resolve(),
      () => 'closed while it waited',
    );
  }
  await fourRefused;
  const answer = { status: 500, body: { detail: "pool 'noetl_server_bg' has already 32 requests waiting" } };
  expect(refused).toEqual([answer, answer, answer, answer]);
});

test('starts that wait get their turn', async () => {
  const { call } = await standIn({ startMs: 1 });
  const starts = Array.from({ length: 12 }, () => call('POST', '/api/execute', { path: 'system/cleanup' }));
  expect((await Promise.all(starts)).map(({ status }) => status)).toEqual(Array(12).fill(200));
  expect((await call('GET', '/api/executions')).body).toHaveLength(12);
});
