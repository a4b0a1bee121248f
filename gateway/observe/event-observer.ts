import type { Clock } from '../../plugins/clock.ts';
import type { GatewayEvent, Observe } from '../../plugins/observe.ts';
import { helpFor } from '../config/identity/login-refusal.ts';
import type { Audit } from './audit.ts';
import type { DependencyLog } from './dependencies.ts';
import type { Logger } from './logger.ts';
import type { Metrics } from './metrics.ts';
import type { RecentNumbers } from './recent-numbers.ts';

export interface ObserveOptions {
  readonly metrics: Metrics;
  readonly recent?: Pick<RecentNumbers, 'record'>;
  readonly audit: Audit;
  readonly log: Logger;
  readonly clock: Clock;
  /** Writes about failures and recoveries of what the gateway needs. */
  readonly dependencies?: Pick<DependencyLog, 'record'>;
}

/** Events with a log line for the operator, and its text. Dependencies have lines of their own (`dependencies.ts`). */
const warnings: Partial<Record<GatewayEvent['type'], string>> = {
  session_cache_failed: 'a session could not be kept',
  auth_cancel_failed: 'an abandoned auth playbook could not be cancelled',
  callback_refused: 'a playbook callback was refused',
  rate_limited: 'calls were refused: too many from one place',
  upstream_shed: 'calls to NoETL were refused: there was no room for them',
  breaker: 'a circuit breaker for calls to NoETL changed its state',
  lines_dropped: 'lines were dropped: their reader is too slow',
};

/** At most one line of a kind in this time: an outage must not become a flood of lines. */
const quietMs = 1_000;

/** Counts an event, keeps it in the audit log, and logs it when an operator should know. Never throws. */
export function createObserve({ metrics, recent, audit, log, clock, dependencies }: ObserveOptions): Observe {
  // By message: the newest line of each, and how many were suppressed since.
  const newest = new Map<string, { atMs: number; suppressed: number }>();

  function warn(event: GatewayEvent): void {
    const message = warningFor(event);
    if (message === undefined) return;
    const last = newest.get(message);
    if (last !== undefined && clock() - last.atMs < quietMs) {
      last.suppressed += 1;
      return;
    }
    newest.set(message, { atMs: clock(), suppressed: 0 });
    log.warn({ event, ...(last !== undefined && last.suppressed > 0 ? { suppressed: last.suppressed } : {}) }, message);
  }

  /** For an operator who asks why a user cannot log in: LOG_LEVEL=debug. */
  function explainRefusal(event: GatewayEvent): void {
    if (event.type !== 'identity_token') return;
    const { reason, token, droppedRoles } = event;
    if (reason !== undefined) log.debug({ reason, token }, `an identity token was refused: ${helpFor(reason)}`);
    if (droppedRoles !== undefined) {
      log.debug(
        { droppedRoles: droppedRoles.slice(0, 20) },
        'values of the role claims that are not a role of this config',
      );
    }
  }

  // The caller that reports an event must not fail by it.
  return (event) => {
    try {
      metrics.record(event);
      recent?.record(event);
      audit.record(event);
      dependencies?.record(event);
      warn(event);
      explainRefusal(event);
    } catch (error) {
      log.error({ err: error }, 'an event could not be recorded');
    }
  };
}

/** The sentence of an event that an operator should read about; undefined for all others. */
function warningFor(event: GatewayEvent): string | undefined {
  if (event.type === 'validation') {
    return event.state === 'shed' ? 'too many unknown sessions at once: some were not checked' : undefined;
  }
  return warnings[event.type];
}
