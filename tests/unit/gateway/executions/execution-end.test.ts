import { describe, expect, test } from 'vitest';
import { judgeEvents, judgeStatus, Snapshots, type Verdict } from '../../../../gateway/executions/execution-end.ts';
import {
  decodeExecutionDetail,
  decodeExecutionStatus,
  ExecutionReads,
} from '../../../../gateway/executions/execution-read.ts';
import { decodeRunEvents, hasOpenWork } from '../../../../gateway/executions/run-event.ts';
import { scriptedUpstream } from '../../../support/scripted-upstream.ts';

const id = '767008253774397449';
const detailOf = (status: string) =>
  decodeExecutionDetail(
    { execution_id: id, path: 'demo/a', status, start_time: '2026-11-24T06:28:29Z', end_time: '2026-11-24T06:28:30Z' },
    id,
  );

function statusOf(body: Record<string, unknown>) {
  const status = decodeExecutionStatus({ completed: false, failed: false, ...body });
  if (status === undefined) throw new Error('not a status');
  return status;
}

let second = 0;
const event = (event_type: string, node_name: string, context: object = {}, rest: object = {}) => ({
  event_type,
  node_name,
  created_at: `2026-11-24T06:28:${String(30 + (second++ % 29)).padStart(2, '0')}Z`,
  result: { status: 'COMPLETED', context },
  ...rest,
});
const issued = (step: string) => event('command.issued', step);
const command = (step: string, id: number, ...words: readonly string[]) =>
  words.map((word) => event(`command.${word}`, step, { command_id: id }));
const ran = (step: string, id: number) => [issued(step), ...command(step, id, 'claimed', 'started', 'completed')];
const batch = (word: string, request: string) => event(`batch.${word}`, 'events.batch', { request_id: request });
const failedBatch = (error: string) => event('batch.failed', 'events.batch', { request_id: 'x' }, { error });
const noAuth = failedBatch("422: Invalid command context for step 'table' and tool 'postgres': missing auth");
const finalEvent = (type: string, step = 'end') => event(type, 'demo/a', {}, { context: { final_step: step } });
const endOf = (verdict: Verdict) => (typeof verdict === 'object' ? verdict.over.end : verdict);

describe('the newest events', () => {
  test.each([
    ['nothing has begun', [], false],
    ['a step that has ended', ran('a', 1), false],
    ['a command that no worker has claimed', [...ran('a', 1), issued('b')], true],
    ['a command that runs', [issued('a'), ...command('a', 1, 'claimed', 'started')], true],
    ['a worker died and its command is claimed again', [...command('a', 1, 'claimed', 'started', 'claimed')], true],
    ['a failed command', [issued('a'), ...command('a', 1, 'claimed', 'failed')], false],
    ['one of two iterations', [issued('a'), issued('a'), ...command('a', 1, 'claimed', 'completed')], true],
    ['a batch that waits', [...ran('a', 1), batch('accepted', 'x')], true],
    ['another batch that is through', [batch('accepted', 'x'), batch('accepted', 'y'), batch('completed', 'y')], true],
    ['a batch that is through', [batch('accepted', 'x'), batch('completed', 'x')], false],
    ['a batch that NoETL gave up', [batch('accepted', 'x'), batch('failed', 'x')], false],
    ['ends whose beginnings are on an older page', command('a', 1, 'completed'), false],
  ])('open work: %s', (_name, events, want) => {
    expect(hasOpenWork(decodeRunEvents(events))).toBe(want);
  });

  test.each([
    ['it runs', 'RUNNING', [finalEvent('playbook.completed')], 9_000, 'running'],
    ['it was cancelled', 'CANCELLED', [], 0, 'CANCELLED'],
    ['cancelled, and something ended later', 'CANCELLED', [finalEvent('playbook.failed')], 0, 'CANCELLED'],
    ['a terminal event', 'COMPLETED', [...ran('a', 1), finalEvent('playbook.completed')], 0, 'COMPLETED'],
    [
      'a later terminal event wins',
      'COMPLETED',
      [finalEvent('playbook.completed'), finalEvent('playbook.failed')],
      0,
      'FAILED',
    ],
    [
      'FAILED by a step, at a completed end that is young',
      'FAILED',
      [finalEvent('playbook.completed')],
      1_999,
      'running',
    ],
    [
      'FAILED by a step, at a completed end',
      'FAILED',
      [issued('b'), finalEvent('playbook.completed')],
      2_000,
      'FAILED',
    ],
    ['a failed step, and another one runs', 'FAILED', [...command('a', 1, 'failed'), issued('b')], 60_000, 'running'],
    ['an inferred end, just now', 'COMPLETED', ran('a', 1), 1_999, 'running'],
    ['an inferred end that has held', 'COMPLETED', ran('a', 1), 2_000, 'ask'],
    ['an inferred failure that has held', 'FAILED', command('a', 1, 'failed'), 2_000, 'ask'],
    [
      'an inferred end with a batch to work through',
      'COMPLETED',
      [...ran('a', 1), batch('accepted', 'x')],
      60_000,
      'running',
    ],
  ] as const)('judged: %s', (_name, claim, events, quietMs, want) => {
    expect(endOf(judgeEvents(detailOf(claim), decodeRunEvents(events), quietMs))).toBe(want);
  });

  test.each([
    ['names a step', [...ran('a', 1), batch('accepted', 'x'), noAuth], 2_000, 'FAILED', 'table'],
    ['names none', [...ran('a', 1), failedBatch('unsupported Unicode escape sequence')], 2_000, 'FAILED', 'a'],
    ['is young: NoETL may take it up again', [...ran('a', 1), noAuth], 1_999, 'running', undefined],
    ['another branch runs', [...ran('a', 1), noAuth, issued('b')], 60_000, 'running', undefined],
    ['its step was started after all', [...ran('a', 1), noAuth, ...ran('table', 2)], 60_000, 'running', undefined],
    ['another batch waits', [...ran('a', 1), noAuth, batch('accepted', 'y')], 60_000, 'running', undefined],
  ] as const)(
    'a run that NoETL calls RUNNING after a failed batch that %s',
    (_name, events, quietMs, end, lastStep) => {
      const verdict = judgeEvents(detailOf('RUNNING'), decodeRunEvents(events), quietMs);
      expect(endOf(verdict)).toBe(end);
      expect(typeof verdict === 'object' ? verdict.over.lastStep : undefined).toBe(lastStep);
    },
  );

  test('the time of the end is the terminal event, and the last step is the one that it names', () => {
    const events = decodeRunEvents([...ran('a', 1), ...ran('b', 2), finalEvent('playbook.completed', 'a')]);
    expect(judgeEvents(detailOf('COMPLETED'), events, 0)).toEqual({
      over: { end: 'COMPLETED', finishedAt: events.at(-1)?.at, lastStep: 'a', isResultLost: false },
    });
  });
});

describe('/status, after the events', () => {
  const events = decodeRunEvents([...ran('a', 1), ...ran('b', 2)]);
  const judge = (claim: string, body: Record<string, unknown>, quietMs = 2_000) =>
    judgeStatus(detailOf(claim), events, statusOf(body), quietMs);

  test.each([
    ['it speaks of the last step', 'COMPLETED', { completed: true, current_step: 'b' }, 2_000, 'COMPLETED'],
    [
      'its list has the last step',
      'COMPLETED',
      { completed: true, current_step: 'a', completed_steps: ['b', 'a'] },
      2_000,
      'COMPLETED',
    ],
    [
      'it is still at the step before',
      'COMPLETED',
      { completed: true, current_step: 'a', completed_steps: ['a'] },
      2_000,
      'running',
    ],
    ['it runs again', 'COMPLETED', { current_step: 'b' }, 2_000, 'running'],
    ['a failure is never settled as completed', 'FAILED', { completed: true, current_step: 'b' }, 2_000, 'FAILED'],
    ['a failure that only it knows', 'COMPLETED', { failed: true, current_step: 'b' }, 2_000, 'FAILED'],
    ['a failure that it does not know, after long', 'FAILED', { current_step: 'b' }, 5_000, 'FAILED'],
    ['a failure that it does not know yet', 'FAILED', { current_step: 'b' }, 4_999, 'running'],
  ])('%s', (_name, claim, body, quietMs, want) => {
    expect(endOf(judge(claim, body, quietMs))).toBe(want);
  });

  test('an inferred end after a failed batch is a failure at the step that the batch names', () => {
    const status = statusOf({ completed: true, current_step: 'b' });
    const judged = (batch: typeof noAuth) =>
      judgeStatus(detailOf('COMPLETED'), decodeRunEvents([...ran('a', 1), batch, ...ran('b', 2)]), status, 2_000);
    expect(judged(noAuth)).toMatchObject({ over: { end: 'FAILED', lastStep: 'table' } });
    expect(judged(failedBatch('statement timeout'))).toMatchObject({ over: { end: 'COMPLETED', lastStep: 'b' } });
  });

  test('a last step that it never receives has lost its result', () => {
    const body = { completed: true, current_step: 'a', completed_steps: ['a'] };
    expect(judge('COMPLETED', body, 4_999)).toBe('running');
    expect(judge('COMPLETED', body, 5_000)).toMatchObject({
      over: { end: 'COMPLETED', lastStep: 'b', isResultLost: true },
    });
    expect(judge('COMPLETED', { completed: true, current_step: 'b' })).toMatchObject({ over: { isResultLost: false } });
  });
});

test('of a run that its steps make FAILED, a row of the list and the detail agree, whichever of them reports it', async () => {
  const clock = () => Date.parse('2026-11-24T07:00:00Z');
  const body = { execution_id: id, path: 'demo/a', status: 'FAILED', start_time: '2026-11-24T06:28:29Z' };
  const events = [...command('a', 1, 'failed'), finalEvent('playbook.completed')];
  const { upstream } = scriptedUpstream({ [`GET /api/executions/${id}`]: { body: { ...body, events } } });
  const snapshots = () => new Snapshots(new ExecutionReads(upstream, clock, '/api/executions'), clock);
  const ends = [
    await snapshots().take(id, {}),
    await snapshots().take(id, {}, { row: detailOf('FAILED') }),
    await snapshots().take(id, {}, { row: detailOf('COMPLETED') }),
  ].map((snapshot) => snapshot?.over);
  expect(ends.map((over) => over?.end)).toEqual(['FAILED', 'FAILED', 'FAILED']);
  expect(new Set(ends.map((over) => over?.finishedAt)).size).toBe(1);
});

describe('a run that NoETL calls RUNNING costs one call', () => {
  const snapshotOf = async (error: string | null) => {
    const running = { execution_id: id, path: 'demo/a', status: 'RUNNING', start_time: '2026-11-24T06:28:29Z', error };
    const { upstream, calls } = scriptedUpstream({
      [`GET /api/executions/${id}`]: ({ query }) => {
        const isShort = query?.some(([name]) => name === 'include_events') === true;
        return { body: { ...running, events: isShort ? [] : [...ran('a', 1), noAuth].toReversed() } };
      },
    });
    const clock = () => Date.parse('2026-11-24T07:00:00Z');
    const snapshot = await new Snapshots(new ExecutionReads(upstream, clock, '/api/executions'), clock).take(id, {});
    return { calls: calls.length, end: snapshot?.over?.end };
  };

  test('unless its newest event reports an error: its events show whether it has stopped', async () => {
    expect(await snapshotOf(null)).toEqual({ calls: 1, end: undefined });
    expect(await snapshotOf('422: Invalid command context')).toEqual({ calls: 2, end: 'FAILED' });
  });
});
