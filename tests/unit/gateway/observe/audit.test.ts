import { describe, expect, test } from 'vitest';
import { createAudit } from '../../../../gateway/observe/audit.ts';
import type { GatewayEvent } from '../../../../plugins/observe.ts';
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

const outcome = { ...decision, type: 'outcome', roles: ['analyst'] } as const;

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
      'a playbook that was started',
      { ...outcome, outcome: 'started', executionId: '42' },
      {
        audit: 'mutation',
        outcome: 'started',
        executionId: '42',
        path: 'data/x',
        grant: 'gateway.config.ts:12',
        userId: '7',
      },
    ],
    [
      'a start that failed',
      { ...outcome, outcome: 'failed', code: 'ERR_UPSTREAM' },
      { audit: 'mutation', outcome: 'failed', code: 'ERR_UPSTREAM', roles: ['analyst'], permission: 'execute' },
    ],
  ])('%s', (_name, event, want) => {
    expect(recorded(event)).toMatchObject({ time: '2026-01-01T00:00:00.000Z', category: 'audit', ...want });
  });
});

test('none for what is allowed before it has run, nor for what is only counted', () => {
  expect(recorded({ ...decision, root: 'mutation', outcome: 'allowed' })).toBeUndefined();
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

test('no token of a known form, even where a caller puts one', () => {
  const path = 'x/noetl-session-0123456789abcdef0123456789abcdef';
  expect(recorded({ ...decision, root: 'query', outcome: 'denied', path })?.['path']).toBe('x/[redacted]');
});

test.each(['path', 'userId'])('what a log is searched by is not redacted: %s', (member) => {
  const value = 'data/ab12cd34ef56ab12cd34ef56';
  expect(recorded({ ...decision, root: 'query', outcome: 'denied', [member]: value })?.[member]).toBe(value);
});

test('the exchange adds the address, the id of the caller and ours', () => {
  const { sink, parsed } = keptLines();
  const exchange = () => ({
    requestId: 'ours',
    callerRequestId: '0123456789abcdef0123456789abcdef',
    clientIp: '192.0.2.9',
  });
  const audit = createAudit({ sink, clock: handClock(), emails: false, exchange, onDrop: () => {} });
  audit.record({ type: 'logout', userId: '7', all: false });
  expect(parsed()[0]).toMatchObject(exchange());
});

test('a user whose id is an e-mail address appears as a hash, always the same', () => {
  const [one, other] = ['ada@example.com', 'bob@example.com'].map(
    (userId) => recorded({ type: 'logout', userId, all: false })?.['userId'],
  );
  expect(one).toMatch(/^sha256:[0-9a-f]{16}$/);
  expect(other).not.toBe(one);
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

test('what had to be dropped is reported', () => {
  const drops: number[] = [];
  const { sink } = keptLines(0);
  const audit = createAudit({ sink, clock: handClock(), emails: false, onDrop: () => drops.push(1) });
  audit.record({ type: 'logout', userId: '7', all: false });
  expect(drops).toHaveLength(1);
});

test('a line has its members in their order, without those that are undefined', () => {
  const { sink, lines } = keptLines();
  const audit = createAudit({ sink, clock: handClock(), emails: false, onDrop: () => {} });
  audit.record({ ...decision, root: 'query', outcome: 'denied', roles: ['a', 'b'] });
  expect(lines[0]).toBe(
    '{"time":"2026-01-01T00:00:00.000Z","category":"audit","audit":"denied","outcome":"denied","root":"query","userId":"7","roles":["a","b"],"field":"executePlaybook","permission":"execute","path":"data/x","grant":"gateway.config.ts:12","requestId":"r-1"}\n',
  );
});

test.each([
  ['a token after a line break', 'Bearer\nabcdef', 'Bearer [redacted]'],
  ['a token in a list', 'noetl-session-abc.def', '[redacted]'],
  ['a random run', 'ab12cd34ef56ab12cd34ef56', '[redacted]'],
  ['a long text', `x${'y '.repeat(400)}`, `${`x${'y '.repeat(400)}`.slice(0, 512)}…`],
])('%s goes from what is not an id, every time', (_name, text, want) => {
  const refused = { ...decision, root: 'query', outcome: 'denied', roles: [text], grant: text } as const;
  for (const line of [recorded(refused), recorded(refused)]) {
    expect(line).toMatchObject({ roles: [want], grant: want });
  }
});
