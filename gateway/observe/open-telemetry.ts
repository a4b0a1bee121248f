import { hostname } from 'node:os';
import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import {
  type Attributes,
  createTraceState,
  type DiagLogFunction,
  DiagLogLevel,
  diag,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
  ValueType,
} from '@opentelemetry/api';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-proto';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import {
  defaultResource,
  detectResources,
  emptyResource,
  envDetector,
  resourceFromAttributes,
} from '@opentelemetry/resources';
import {
  AggregationTemporality,
  type DataPoint,
  DataPointType,
  type Histogram,
  MeterProvider,
  type MetricData,
  type MetricProducer,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BatchSpanProcessor,
  ParentBasedSampler,
  type Sampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import { GatewayError } from '../../plugins/errors.ts';
import type { Exchange } from '../http/exchange.ts';
import type { TraceContext } from '../http/exchange-scope.ts';
import { currentTrace, withinTrace } from '../http/exchange-scope.ts';
import type { UpstreamClient } from '../upstream/upstream.ts';
import type { Logger } from './logger.ts';
import type { MetricsJson } from './metrics.ts';
import { requestRoutes, routeOfPath } from './metrics-catalog.ts';
import type { OtelSettings, SamplerSetting, Tracing } from './tracing.ts';

/**
 * Traces and metrics by OpenTelemetry's SDK, to a collector by OTLP. The SDK is loaded with this module, so import it only
 * where `readOtelSettings` finds tracing enabled.
 */
export function createOpenTelemetry(settings: OtelSettings, version: string): Tracing {
  const resource = resourceOf(version);
  // Exporters read `OTEL_EXPORTER_OTLP_*` themselves.
  const exporter = settings.traces ? new OTLPTraceExporter() : undefined;
  // Not registered globally: only what is wrapped here is traced.
  const provider = new TracerProvider({
    resource,
    sampler: samplerOf(settings.sampler),
    spanProcessors: exporter === undefined ? [] : [new BatchSpanProcessor({ ...settings.batch, exporter })],
  });
  const spans = createSpans(provider.getTracer('noetl-gateway', version));
  let meters: MeterProvider | undefined;
  return {
    ...spans,
    start(read, log) {
      reportProblems(log);
      if (!settings.metrics) return;
      const { metricIntervalMs: exportIntervalMillis = 60_000 } = settings;
      const reader = new PeriodicExportingMetricReader({
        exporter: new OTLPMetricExporter(),
        exportIntervalMillis,
        exportTimeoutMillis: Math.min(exportIntervalMillis, 30_000),
        metricProducers: [createMetricProducer(read)],
      });
      meters = new MeterProvider({ resource, readers: [reader] });
    },
    // Never fails and never hangs: spans that a collector does not take are lost, and the process ends.
    async stop() {
      const sent = Promise.allSettled([provider.shutdown(), meters?.shutdown()]);
      await Promise.race([sent, delay(longestStopMs, undefined, { ref: false })]);
    },
  };
}

/** What spans and metrics are of. The environment's names win. */
export function resourceOf(version: string) {
  const named = detectResources({ detectors: [envDetector] });
  return defaultResource()
    .merge(
      resourceFromAttributes({
        'service.name': 'noetl-gateway',
        'service.version': version,
        // A collector keeps one series of numbers for an instance.
        'service.instance.id': `${hostname()}-${process.pid}`,
      }),
    )
    .merge(named);
}

/** The exporters try again for ten seconds; a pod that stops has less. */
const longestStopMs = 2_000;

/** A collector that is down must not become a flood of lines. */
const quietMs = 60_000;

/** Exporters report to `diag`. One line a minute, with the first 300 characters. */
function reportProblems(log: Logger): void {
  let lastMs = Number.NEGATIVE_INFINITY;
  const warn: DiagLogFunction = (message) => {
    if (performance.now() - lastMs < quietMs) return;
    lastMs = performance.now();
    log.warn(
      { problem: message.slice(0, 300) },
      'OpenTelemetry: nothing was sent; look at OTEL_EXPORTER_OTLP_ENDPOINT',
    );
  };
  const ignore: DiagLogFunction = () => {};
  diag.setLogger({ error: warn, warn, info: ignore, debug: ignore, verbose: ignore }, DiagLogLevel.WARN);
}

function samplerOf({ kind, isParentBased, ratio }: SamplerSetting): Sampler {
  const root =
    kind === 'always_off'
      ? new AlwaysOffSampler()
      : kind === 'traceidratio'
        ? new TraceIdRatioBasedSampler(ratio)
        : new AlwaysOnSampler();
  return isParentBased ? new ParentBasedSampler({ root }) : root;
}

// A span's name comes from a list: a path from outside would make as many names as there are paths.
const routes = new Set<string>(requestRoutes);

function createSpans(tracer: Tracer): Pick<Tracing, 'handle' | 'span' | 'upstream'> {
  /** Runs work in a span under that of the code that calls. */
  async function within<T>(name: string, kind: SpanKind, attributes: Attributes, work: (span: Span) => Promise<T>) {
    const span = tracer.startSpan(name, { kind, attributes }, parentContext(currentTrace()));
    try {
      return await withinTrace(contextOf(span), () => work(span));
    } catch (error) {
      noteError(span, error);
      throw error;
    } finally {
      span.end();
    }
  }
  return {
    handle: (handle) => (exchange) => {
      const measured = routeOfPath(exchange.path);
      const route = routes.has(measured) ? measured : 'other';
      return within(`${exchange.method} ${route}`, SpanKind.SERVER, ofExchange(exchange, route), async (span) => {
        // For the log and for calls to NoETL.
        exchange.trace = contextOf(span);
        const answer = await handle(exchange);
        span.setAttribute('http.response.status_code', answer.status);
        if ((answer.measuredAs ?? answer.status) >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
        return answer;
      });
    },
    span: (name, work) => within(name, SpanKind.INTERNAL, {}, work),
    upstream: (client): UpstreamClient => ({
      ...client,
      request: (call) =>
        within(
          `NoETL ${call.method} ${call.route}`,
          SpanKind.CLIENT,
          { 'http.request.method': call.method, 'url.template': call.route, 'noetl.call.class': call.class ?? 'read' },
          async (span) => {
            const reply = await client.request(call);
            span.setAttribute('http.response.status_code', reply.status);
            if (reply.status >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
            return reply;
          },
        ),
    }),
  };
}

const ofExchange = ({ method, requestId, clientIp }: Exchange, route: string): Attributes => ({
  'http.request.method': method,
  'http.route': route,
  'client.address': clientIp,
  'noetl.request_id': requestId,
});

/** A code of ours; no message, which could be about a caller's data. */
function noteError(span: Span, error: unknown): void {
  const code = error instanceof GatewayError ? error.code : 'ERR_INTERNAL';
  span.setAttribute('error.type', code);
  span.setStatus({ code: SpanStatusCode.ERROR });
}

/** The caller's span as the parent (W3C Trace Context). Of the flags only `sampled` is known. */
function parentContext(parent: TraceContext | undefined) {
  if (parent === undefined) return ROOT_CONTEXT;
  const { traceId, spanId, flags, state } = parent;
  return trace.setSpanContext(ROOT_CONTEXT, {
    traceId,
    spanId,
    traceFlags: Number.parseInt(flags, 16) & 1,
    isRemote: true,
    ...(state !== undefined && { traceState: createTraceState(state) }),
  });
}

/** The span as the parent of what comes behind it, in the form of a `traceparent` header. */
function contextOf(span: Span): TraceContext {
  const { traceId, spanId, traceFlags, traceState } = span.spanContext();
  const state = traceState?.serialize();
  const flags = traceFlags.toString(16).padStart(2, '0');
  return { traceId, spanId, flags, ...(state !== undefined && state !== '' && { state }) };
}

/** A sample as prom-client has it. */
interface Sample {
  readonly value: number;
  readonly labels: Readonly<Record<string, string | number>>;
  readonly metricName?: string;
}

interface Between {
  readonly startTime: Time;
  readonly endTime: Time;
}

type Time = [seconds: number, nanoseconds: number];

const timeOf = (ms: number): Time => [Math.floor(ms / 1_000), (ms % 1_000) * 1_000_000];

/**
 * The numbers that Prometheus reads, as OpenTelemetry's: nothing is counted twice, and requests do no work for it.
 * @param read the series of this process, as prom-client has them
 */
export function createMetricProducer(read: () => Promise<MetricsJson>): MetricProducer {
  const startTime = timeOf(Date.now());
  return {
    async collect() {
      const between = { startTime, endTime: timeOf(Date.now()) };
      const metrics = (await read()).flatMap((metric) => dataOf(metric, between) ?? []);
      const scopeMetrics = [{ scope: { name: 'noetl-gateway' }, metrics }];
      return { resourceMetrics: { resource: emptyResource(), scopeMetrics }, errors: [] };
    },
  };
}

/** @returns undefined for a kind of metric that the gateway does not use (summaries) */
function dataOf({ name, help, type, values }: MetricsJson[number], between: Between): MetricData | undefined {
  const samples = values as readonly Sample[];
  // By Prometheus' naming: durations end in `_seconds` and are in seconds.
  const unit = name.endsWith('_seconds') ? 's' : '';
  const common = {
    descriptor: { name, description: help, unit, valueType: ValueType.DOUBLE },
    aggregationTemporality: AggregationTemporality.CUMULATIVE,
  };
  const dataPoints = samples.map(({ value, labels }) => ({ ...between, attributes: { ...labels }, value }));
  switch (String(type)) {
    case 'counter':
      return { ...common, dataPointType: DataPointType.SUM, isMonotonic: true, dataPoints };
    case 'gauge':
      return { ...common, dataPointType: DataPointType.GAUGE, dataPoints };
    case 'histogram': {
      const bySeries = Object.values(
        Object.groupBy(samples, ({ labels: { le: _, ...labels } }) => JSON.stringify(labels)),
      );
      return {
        ...common,
        dataPointType: DataPointType.HISTOGRAM,
        dataPoints: bySeries.map((series = []) => histogramPoint(series, between)),
      };
    }
    default:
      return undefined;
  }
}

/** One series of a histogram: its buckets in ascending order, the last one `+Inf`, then sum and count. */
function histogramPoint(series: readonly Sample[], between: Between): DataPoint<Histogram> {
  const ofName = (suffix: string) => series.filter(({ metricName = '' }) => metricName.endsWith(suffix));
  const buckets = ofName('_bucket');
  const { le: _, ...attributes } = { ...buckets[0]?.labels };
  return {
    ...between,
    attributes,
    value: {
      buckets: {
        boundaries: buckets.slice(0, -1).map(({ labels }) => Number(labels['le'])),
        // Prometheus adds buckets up; OpenTelemetry counts each alone.
        counts: buckets.map(({ value }, index) => value - (buckets[index - 1]?.value ?? 0)),
      },
      sum: ofName('_sum')[0]?.value ?? 0,
      count: ofName('_count')[0]?.value ?? 0,
    },
  };
}
