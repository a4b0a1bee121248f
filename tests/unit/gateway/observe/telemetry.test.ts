import { expect, test } from 'vitest';
import { createAudit } from '../../../../gateway/observe/audit.ts';
import { createLogger } from '../../../../gateway/observe/logger.ts';
import { createMetrics } from '../../../../gateway/observe/metrics.ts';
import { createObserve } from '../../../../gateway/observe/telemetry.ts';
import { keptLines } from '../../../support/line-sinks.ts';
import { handClock } from '../../../support/session-fakes.ts';

function setup() {
  const clock = handClock();
  const logLines = keptLines();
  const auditLines = keptLines();
  const log = createLogger({ level: 'info', pretty: false, sink: logLines.sink });
  const metrics = createMetrics({ version: '1', upstreamRoutes: [], processMetrics: false });
  const audit = createAudit({ sink: auditLines.sink, clock, emails: false, onDrop: () => {} });
  return { clock, logLines, auditLines, log, metrics, audit };
}

test('an event is counted, audited, and said when an operator should know', async () => {
  const parts = setup();
  const observe = createObserve(parts);
  observe({ type: 'logout', userId: '7', all: false });
  observe({ type: 'auth_cancel_failed' });
  expect(parts.auditLines.lines).toHaveLength(1);
  expect(parts.logLines.parsed()).toMatchObject([{ level: 'warn', event: { type: 'auth_cancel_failed' } }]);
  expect(await parts.metrics.text()).toContain('noetl_gateway_auth_cancel_failed_total 1');
});

test('what repeats is a line a second, not a flood; all of it is counted', async () => {
  const parts = setup();
  const observe = createObserve(parts);
  for (let n = 0; n < 1_000; n += 1) observe({ type: 'auth_cancel_failed' });
  parts.clock.advance(1_000);
  observe({ type: 'auth_cancel_failed' });
  expect(parts.logLines.parsed().map((line) => line['suppressed'])).toEqual([undefined, 999]);
  expect(await parts.metrics.text()).toContain('noetl_gateway_auth_cancel_failed_total 1001');
});

test('never throws', () => {
  const parts = setup();
  const metrics = {
    ...parts.metrics,
    record() {
      throw new Error('broken');
    },
  };
  createObserve({ ...parts, metrics })({ type: 'auth_cancel_failed' });
  expect(parts.logLines.parsed()).toMatchObject([{ level: 'error', err: { message: 'broken' } }]);
});
