import { describe, expect, test } from 'vitest';
import type { GatewayEvent } from '../../../../core/observe.ts';
import { createAudit } from '../../../../server/observability/audit.ts';
import { keptLines } from '../../../support/line-sinks.ts';
import { handClock } from '../../../support/session-fakes.ts';

function recorded(event: GatewayEvent, emails = false): Record<string, unknown> | undefined {
  const { sink, parsed } = keptLines();
  createAudit({ sink, clock: handClock(), emails, onDrop: () => {} }).record(event);
  return parsed()[0];
}

const decision = {
  type: 'decision',
  field: 'executePlaybook',
  userId: '7',
  permission: 'execute',
  path: 'data/x',
  grant: 'gateway.config.ts:12',
  requestId: 'r-1',
} as const;

describe('one line for', () => {
  test.each<[string, GatewayEvent, Record<string, unknown>]>([
    [
      'a login',
      { type: 'login', outcome: 'succeeded', userId: '7', subject: 'auth0|1', clientIp: '192.0.2.1', requestId: 'r-1' },
      { audit: 'login', userId: '7', subject: 'auth0|1', clientIp: '192.0.2.1', requestId: 'r-1' },
    ],
    [
      'a refused login',
      { type: 'login', outcome: 'rejected', requestId: 'r-1' },
      { audit: 'login_refused', outcome: 'rejected' },
    ],
    ['a logout', { type: 'logout', userId: '7', all: true }, { audit: 'logout', outcome: 'all_sessions' }],
    [
      'a denial',
      { ...decision, root: 'query', outcome: 'denied' },
      { audit: 'denied', field: 'executePlaybook', path: 'data/x', requestId: 'r-1' },
    ],
    [
      'a decision that could not be taken',
      { ...decision, root: 'query', outcome: 'backend_error' },
      { audit: 'denied', outcome: 'backend_error' },
    ],
    [
      'an allowed mutation',
      { ...decision, root: 'mutation', outcome: 'allowed' },
      { audit: 'mutation', permission: 'execute', path: 'data/x', grant: 'gateway.config.ts:12', userId: '7' },
    ],
  ])('%s', (_name, event, want) => {
    expect(recorded(event)).toMatchObject({ time: '2026-01-01T00:00:00.000Z', ...want });
  });
});

test('none for an allowed read, nor for what is only counted', () => {
  expect(recorded({ ...decision, root: 'query', outcome: 'allowed' })).toBeUndefined();
  expect(recorded({ type: 'store_error', operation: 'get' })).toBeUndefined();
});

test('no e-mail unless configured, not even as a subject or a user id', () => {
  const event: GatewayEvent = {
    type: 'login',
    outcome: 'succeeded',
    userId: 'ada@example.com',
    subject: 'ada@example.com',
    email: 'ada@example.com',
  };
  expect(JSON.stringify(recorded(event))).not.toContain('ada@');
  expect(recorded(event, true)).toMatchObject({ email: 'ada@example.com', subject: 'ada@example.com' });
});

test('no token, even where a caller puts one', () => {
  const path = 'x/0123456789abcdef0123456789abcdef';
  expect(recorded({ ...decision, root: 'query', outcome: 'denied', path })?.['path']).toBe('x/[redacted]');
});

test('a line stays one line, and short', () => {
  const path = `x\n{"audit":"login"}${'y '.repeat(5_000)}`;
  const { sink, lines } = keptLines();
  createAudit({ sink, clock: handClock(), emails: false, onDrop: () => {} }).record({
    ...decision,
    root: 'query',
    outcome: 'denied',
    path,
  });
  expect(lines.join('').match(/\n/g)).toHaveLength(1);
  expect(lines.join('').length).toBeLessThan(1_000);
});

test('what had to be dropped is told', () => {
  const drops: number[] = [];
  const { sink } = keptLines(0);
  const audit = createAudit({ sink, clock: handClock(), emails: false, onDrop: () => drops.push(1) });
  audit.record({ type: 'logout', userId: '7', all: false });
  expect(drops).toHaveLength(1);
});
