import { describe, expect, test } from 'vitest';
import { decodeExecutionDetail } from '../../../../core/execution/execution-detail.ts';
import { createEndRules } from '../../../../core/execution/execution-end.ts';
import { decodeExecutionStatus } from '../../../../core/execution/execution-status.ts';
import { handClock } from '../../../support/session-fakes.ts';

const id = '767008253774397449';
const detailOf = (status: string, end_time: string | null = '2026-11-24T06:28:29.082274Z') =>
  decodeExecutionDetail({ execution_id: id, path: 'demo/a', status, start_time: '2026-11-24T06:28:29Z', end_time }, id);

function statusOf(body: Record<string, unknown>) {
  const status = decodeExecutionStatus({
    completed: false,
    failed: false,
    completion_inferred: false,
    current_step: 'start',
    completed_steps: ['start'],
    end_time: '2026-11-24T06:28:29.082274+00:00',
    ...body,
  });
  if (status === undefined) throw new Error('not a status');
  return status;
}

const inferred = (rest: Record<string, unknown> = {}) =>
  statusOf({ completed: true, completion_inferred: true, ...rest });

function setUp() {
  const clock = handClock();
  return { clock, rules: createEndRules({ clock }) };
}

describe('when is an execution over', () => {
  test('the detail alone: running and cancelled are certain, other ends need a second witness', () => {
    const { rules } = setUp();
    expect(rules.ofDetail(detailOf('RUNNING', null))).toBe('running');
    expect(rules.ofDetail(detailOf('PENDING', null))).toBe('running');
    expect(rules.ofDetail(detailOf('CANCELLED'))).toEqual({ over: 'CANCELLED' });
    expect(rules.ofDetail(detailOf('COMPLETED'))).toBe('ask');
    expect(rules.ofDetail(detailOf('FAILED'))).toBe('ask');
  });

  test('an end that is not inferred counts at once, and is remembered', () => {
    const { rules } = setUp();
    expect(rules.ofStatus(detailOf('COMPLETED'), statusOf({ completed: true }))).toEqual({ over: 'COMPLETED' });
    expect(rules.ofDetail(detailOf('COMPLETED'))).toEqual({ over: 'COMPLETED' });
    expect(rules.ofStatus(detailOf('FAILED'), statusOf({ failed: true }))).toEqual({ over: 'FAILED' });
  });

  test('what was remembered does not outlive a change', () => {
    const { rules } = setUp();
    rules.ofStatus(detailOf('COMPLETED'), statusOf({ completed: true }));
    expect(rules.ofDetail(detailOf('COMPLETED', '2026-11-24T07:00:00Z'))).toBe('ask');
    rules.ofStatus(detailOf('COMPLETED'), statusOf({ completed: true }));
    rules.forget(id);
    expect(rules.ofDetail(detailOf('COMPLETED'))).toBe('ask');
    rules.ofStatus(detailOf('COMPLETED'), statusOf({ completed: true }));
    expect(rules.ofDetail(detailOf('RUNNING', null))).toBe('running');
    expect(rules.ofDetail(detailOf('COMPLETED'))).toBe('ask');
  });

  test('an inferred end counts after it has held for two seconds', () => {
    const { clock, rules } = setUp();
    expect(rules.ofStatus(detailOf('COMPLETED'), inferred())).toBe('unconfirmed');
    clock.advance(1_999);
    expect(rules.ofStatus(detailOf('COMPLETED'), inferred())).toBe('unconfirmed');
    clock.advance(1);
    expect(rules.ofStatus(detailOf('COMPLETED'), inferred())).toEqual({ over: 'COMPLETED' });
  });

  test.each([
    ['a status that runs again', statusOf({})],
    ['another step', inferred({ current_step: 'second' })],
    ['one more step', inferred({ completed_steps: ['start', 'second'] })],
    ['another end', inferred({ end_time: '2026-11-24T06:28:30+00:00' })],
  ])('%s begins the wait anew', (_name, between) => {
    const { clock, rules } = setUp();
    rules.ofStatus(detailOf('COMPLETED'), inferred());
    clock.advance(1_500);
    rules.ofStatus(detailOf('COMPLETED'), between);
    clock.advance(1_500);
    expect(rules.ofStatus(detailOf('COMPLETED'), inferred())).toBe('unconfirmed');
  });

  test('a detail that runs again begins the wait anew', () => {
    const { clock, rules } = setUp();
    rules.ofStatus(detailOf('COMPLETED'), inferred());
    clock.advance(1_500);
    rules.ofDetail(detailOf('RUNNING', null));
    clock.advance(1_500);
    expect(rules.ofStatus(detailOf('COMPLETED'), inferred())).toBe('unconfirmed');
  });

  test('the order of completed steps means nothing', () => {
    const { clock, rules } = setUp();
    rules.ofStatus(detailOf('COMPLETED'), inferred({ completed_steps: ['a', 'b'] }));
    clock.advance(2_000);
    expect(rules.ofStatus(detailOf('COMPLETED'), inferred({ completed_steps: ['b', 'a'] }))).toEqual({
      over: 'COMPLETED',
    });
  });

  test('memory is bounded: what is forgotten waits again, and is never over too early', () => {
    const clock = handClock();
    const rules = createEndRules({ clock, size: 1 });
    const other = { ...detailOf('COMPLETED'), id: '1' };
    rules.ofStatus(detailOf('COMPLETED'), inferred());
    rules.ofStatus(other, inferred());
    clock.advance(5_000);
    expect(rules.ofStatus(detailOf('COMPLETED'), inferred())).toBe('unconfirmed');
  });

  test('a Rust detail knows its own end', () => {
    const { rules } = setUp();
    const rust = (status: string) =>
      decodeExecutionDetail({ execution_id: id, path: 'demo/a', status, started_at: '2026-11-24T06:28:29Z' }, id);
    expect(rules.ofDetail(rust('COMPLETED'))).toEqual({ over: 'COMPLETED' });
    expect(rules.ofDetail(rust('RUNNING'))).toBe('running');
  });
});
