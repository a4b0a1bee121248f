import type { Clock } from '../../plugins/clock.ts';
import { GatewayError } from '../../plugins/errors.ts';
import type { Observe } from '../../plugins/observe.ts';
import type { ResolvedConfig } from '../config/gateway-config.ts';
import { currentExchange } from '../exchange-scope.ts';
import type { Exchange } from '../http/exchange.ts';
import type { OnDone } from '../http/http-listener.ts';
import { accessFields, createAccessLine, lineIds } from './access-line.ts';
import { createAudit } from './audit.ts';
import { type AuditRing, createAuditRing } from './audit-ring.ts';
import { createDependencyLog, type DependencyLog } from './dependencies.ts';
import { createObserve } from './event-observer.ts';
import { createLineBatch } from './line-batch.ts';
import { createLineSink, type LineSink, pieceBytes } from './line-sink.ts';
import type { LiveNumbers } from './live-gauges.ts';
import { createLogger, type Logger } from './logger.ts';
import { createMetrics, type MetricsJson } from './metrics.ts';
import { routeOfPath } from './metrics-catalog.ts';
import { nextStepsOf } from './next-steps.ts';
import { createRecentNumbers, type RecentNumbers } from './recent-numbers.ts';
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
  /** Absent: nothing is traced. */
  readonly tracing?: Tracing | undefined;
}

/** Log, metrics and audit log of one process. */
export interface Telemetry {
  readonly log: Logger;
  readonly observe: Observe;
  /** The newest audit lines of this process. */
  readonly auditRing: AuditRing;
  readonly recent: RecentNumbers;
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
export function createTelemetry({
  config,
  version,
  upstreamRoutes,
  fields,
  pretty,
  clock,
  tracing,
}: TelemetryOptions): Telemetry {
  const { logLevel, auditTo, auditEmails } = config.observability;
  const sink = createLineSink({ to: 'stdout' });
  const metrics = createMetrics({ version, upstreamRoutes, fields, processMetrics: true });
  const dropped = (from: 'log' | 'audit') => (count: number) => metrics.record({ type: 'lines_dropped', from, count });
  const log = createLogger({ level: logLevel, pretty, sink, onDrop: () => dropped('log')(1) });
  // Nearly all lines are of requests: they leave together. Those of the audit log wait no longer than others of their turn.
  const maxChars = pieceBytes - 96;
  const batch = createLineBatch(sink, { wait: 'moment', maxChars, onDropped: dropped('log') });
  // One sink for stdout, since two would mix pieces of lines.
  const auditTarget = auditTo === 'stdout' ? sink : createLineSink({ to: auditTo });
  const auditSink = createLineBatch(auditTarget, { wait: 'turn', maxChars, onDropped: dropped('audit') });
  const access = createLogger({ level: logLevel, pretty, sink: batch });
  // Asked once: the level does not change while the process runs.
  const [isInfo, lineOf] = [access.isLevelEnabled('info'), createAccessLine()];
  const auditRing = createAuditRing();
  const recent = createRecentNumbers(fields, clock);
  const audit = createAudit({
    sink: keeping(auditSink, auditRing),
    clock,
    emails: auditEmails,
    exchange: currentExchange,
    onDrop: () => dropped('audit')(1),
  });
  const dependencies = createDependencyLog(log, clock, nextStepsOf(config));
  const observe = createObserve({ metrics, recent, audit, log, clock, dependencies });
  return {
    log,
    observe,
    auditRing,
    recent,
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
      if (path === '/health') access.debug(accessFields(exchange, status, ms), 'request');
      else if (pretty) access.info(accessFields(exchange, status, ms), 'request');
      else if (isInfo) batch.write(lineOf(exchange, status, ms));
    },
    async flush() {
      await Promise.all([batch.flush(), auditSink.flush()]);
    },
    flushNow() {
      batch.flushNow();
      auditSink.flushNow();
    },
  };
}

/** The same sink, whose lines are also kept in memory. */
const keeping = (sink: LineSink, ring: AuditRing): LineSink => ({
  ...sink,
  write(line) {
    ring.add(line);
    return sink.write(line);
  },
});
