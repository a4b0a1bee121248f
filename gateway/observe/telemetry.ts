import type { Clock } from '../../plugins/clock.ts';
import { GatewayError } from '../../plugins/errors.ts';
import { helpFor } from '../../plugins/login-refusal.ts';
import type { GatewayEvent, Observe } from '../../plugins/observe.ts';
import type { ResolvedConfig } from '../config/gateway-config.ts';
import type { Exchange } from '../http/exchange.ts';
import { currentExchange } from '../http/exchange-scope.ts';
import type { OnDone } from '../http/http-listener.ts';
import { type Audit, createAudit } from './audit.ts';
import { createDependencyLog, type DependencyLog, nextStepsOf } from './dependencies.ts';
import { createLineSink, type LineSink } from './line-sink.ts';
import { accessFields, accessLine, createLogger, type Logger, lineIds } from './logger.ts';
import { createMetrics, type LiveNumbers, type Metrics, type MetricsJson } from './metrics.ts';
import { routeOfPath } from './metrics-catalog.ts';
import type { Tracing } from './tracing.ts';

export interface TelemetryOptions {
  readonly config: ResolvedConfig;
  readonly version: string;
  /** Path templates of the calls that this gateway makes. */
  readonly upstreamRoutes: readonly string[];
  /** Root fields of the generated schema. */
  readonly fields: readonly string[];
  /** Log lines for a person. */
  readonly pretty: boolean;
  readonly clock: Clock;
  /** Gets a copy of every line of the audit log. */
  readonly onAuditLine?: (line: string) => void;
  /** Absent: nothing is traced. */
  readonly tracing?: Tracing | undefined;
}

/** Log, metrics and audit log of one process. */
export interface Telemetry {
  readonly log: Logger;
  readonly observe: Observe;
  /** Everything that was needed so far, and whether it answers. */
  readonly dependencies: DependencyLog['states'];
  readonly tracing: Tracing | undefined;
  readonly metricsPage: () => Promise<{ readonly type: string; readonly body: string }>;
  /** The same numbers as objects. */
  readonly metricsJson: () => Promise<MetricsJson>;
  readonly onError: (error: unknown, exchange: Exchange) => void;
  readonly onDone: OnDone;
  /** Adds gauges of the running process to the metrics. Once. */
  readonly watch: (numbers: Omit<LiveNumbers, 'dependencies'>) => void;
  /** Resolves when everything written so far has left the process. */
  flush(): Promise<void>;
  /** The same for a process that ends now. */
  flushNow(): void;
}

/**
 * Makes log, metrics and audit log of one process. Everything that is written passes the sinks made here.
 * @throws ERR_CONFIG_INVALID when the audit file cannot be written
 */
export function createTelemetry(options: TelemetryOptions): Telemetry {
  const { config, version, upstreamRoutes, fields, pretty, clock, tracing, onAuditLine } = options;
  const { logLevel, auditTo, auditEmails } = config.observability;
  const metrics = createMetrics({ version, upstreamRoutes, fields, processMetrics: true });
  const dropped = (from: 'log' | 'audit') => () => metrics.record({ type: 'lines_dropped', from, count: 1 });
  const sink = createLineSink({ to: 'stdout' });
  // One sink for stdout, since two would mix pieces of lines.
  const auditSink = auditTo === 'stdout' ? sink : createLineSink({ to: auditTo });
  const log = createLogger({ level: logLevel, pretty, sink, onDrop: dropped('log') });
  // Asked once: the level does not change while the process runs.
  const isInfo = log.isLevelEnabled('info');
  const audit = createAudit({
    sink: onAuditLine === undefined ? auditSink : copying(auditSink, onAuditLine),
    clock,
    emails: auditEmails,
    exchange: currentExchange,
    onDrop: dropped('audit'),
  });
  const dependencies = createDependencyLog(log, clock, nextStepsOf(config));
  const observe = createObserve({ metrics, audit, log, clock, dependencies });
  return {
    log,
    observe,
    dependencies: dependencies.states,
    tracing,
    metricsJson: metrics.json,
    metricsPage: async () => ({ type: metrics.contentType, body: await metrics.text() }),
    watch: (numbers) => metrics.watch({ ...numbers, dependencies: dependencies.states }),
    onError(error, exchange) {
      // A refusal is an answer, and is counted; a line for each would be in the caller's hands.
      if (error instanceof GatewayError && error.status < 500) return;
      log.error({ err: error, ...lineIds(exchange), method: exchange.method, path: exchange.path }, 'a request failed');
    },
    onDone(exchange, status, ms, answer) {
      const { path } = exchange;
      observe({ type: 'request', route: routeOfPath(path), status: answer?.measuredAs ?? status, ms });
      if (answer?.code !== undefined) observe({ type: 'error_answer', code: answer.code });
      // Probes ask every few seconds.
      if (path === '/health') log.debug(accessFields(exchange, status, ms), 'request');
      else if (pretty) log.info(accessFields(exchange, status, ms), 'request');
      else if (isInfo && !sink.write(accessLine(exchange, status, ms))) dropped('log')();
    },
    async flush() {
      await Promise.all([sink.flush(), auditSink.flush()]);
    },
    flushNow() {
      sink.flushNow();
      auditSink.flushNow();
    },
  };
}

/** The same sink, with a copy of each line for another reader. */
const copying = (sink: LineSink, onLine: (line: string) => void): LineSink => ({
  ...sink,
  write(line) {
    onLine(line);
    return sink.write(line);
  },
});

export interface ObserveOptions {
  readonly metrics: Metrics;
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
export function createObserve({ metrics, audit, log, clock, dependencies }: ObserveOptions): Observe {
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
