import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { GatewayEvent } from '../../core/observe.ts';
import {
  counters,
  durationBuckets,
  everySeries,
  gauges,
  type Labels,
  type MetricDeclaration,
  requestRoutes,
  statusClasses,
} from './metrics-catalog.ts';
import { type Tally, talliesOf } from './tallies.ts';

export interface MetricsOptions {
  /** Of the gateway. */
  readonly version: string;
  /** Path templates of upstream calls, as their call plans name them; calls to others are counted as `other`. */
  readonly upstreamRoutes: readonly string[];
  /** Also memory, CPU and event loop of the process. */
  readonly processMetrics: boolean;
}

export interface Metrics {
  /** Content type of {@link Metrics.text}. */
  readonly contentType: string;
  /** All series in Prometheus' text format; every one is there from the start, at zero. */
  text(): Promise<string>;
  /** Counts. No label ever holds an id or a text from outside. */
  record(event: GatewayEvent): void;
}

/** Numbers of one gateway, in a registry of their own. */
export function createMetrics({ version, upstreamRoutes, processMetrics }: MetricsOptions): Metrics {
  const registry = new Registry();
  if (processMetrics) collectDefaultMetrics({ register: registry });
  const count = createCounters(registry);
  const change = createGauges(registry);
  const requests = createDurations(registry, 'request', 'Exchanges with callers.', requestRoutes);
  const upstream = createDurations(registry, 'upstream_request', 'Calls to NoETL.', [...upstreamRoutes, 'other']);
  new Gauge({ name: 'noetl_gateway_build_info', help: 'Version.', labelNames: ['version'], registers: [registry] }).set(
    { version },
    1,
  );
  return {
    contentType: registry.contentType,
    text: () => registry.metrics(),
    record(event) {
      if (event.type === 'request') requests(event.route, event.status, event.ms);
      if (event.type === 'upstream_call') upstream(event.route, event.status, event.ms);
      changeGauges(event, change);
      for (const tally of talliesOf(event)) count(tally);
    },
  };
}

type Count = (tally: Tally) => void;
type Change = (gauge: keyof typeof gauges, by: number) => void;

function changeGauges(event: GatewayEvent, change: Change): void {
  if (event.type === 'document_drift') change('documentDrift', event.drifted ? 1 : -1);
  if (event.type !== 'validation') return;
  const { state } = event;
  if (state === 'started') change('validationsRunning', 1);
  if (state === 'finished') change('validationsRunning', -1);
  if (state === 'waiting') change('validationsWaiting', 1);
  if (state === 'resumed') change('validationsWaiting', -1);
}

function createCounters(registry: Registry): Count {
  const made = new Map(
    Object.entries<MetricDeclaration>(counters).map(([key, { name, help, labels }]) => {
      const counter = new Counter({ name, help, labelNames: Object.keys(labels), registers: [registry] });
      for (const series of everySeries(labels)) counter.inc(series, 0);
      return [key, { counter, labels }] as const;
    }),
  );
  return ({ counter, labels = {}, by = 1 }) => {
    const entry = made.get(counter);
    const series = entry === undefined ? undefined : declared(entry.labels, labels);
    if (series !== undefined) entry?.counter.inc(series, by);
  };
}

/** A value that was not declared becomes `other` where there is one, else nothing is counted: no event makes a series. */
function declared(labels: Labels, values: Readonly<Record<string, string>>): Record<string, string> | undefined {
  const series: Record<string, string> = {};
  for (const [label, allowed] of Object.entries(labels)) {
    const value = allowed.find((one) => one === values[label]) ?? allowed.find((one) => one === 'other');
    if (value === undefined) return undefined;
    series[label] = value;
  }
  return series;
}

function createGauges(registry: Registry): Change {
  const made = new Map(
    Object.entries<MetricDeclaration>(gauges).map(([key, { name, help }]) => {
      const gauge = new Gauge({ name, help, registers: [registry] });
      gauge.set(0);
      return [key, gauge] as const;
    }),
  );
  return (key, by) => made.get(key)?.inc(by);
}

type Measure = (route: string, status: number | 'timeout' | 'error', ms: number) => void;

/** A counter by route and status, and a histogram by route. */
function createDurations(registry: Registry, what: string, help: string, routes: readonly string[]): Measure {
  const registers = [registry];
  const total = new Counter({
    name: `noetl_gateway_${what}s_total`,
    help: `${help} By route and status.`,
    labelNames: ['route', 'status'],
    registers,
  });
  const seconds = new Histogram({
    name: `noetl_gateway_${what}_duration_seconds`,
    help: `${help} How long they took.`,
    labelNames: ['route'],
    buckets: durationBuckets,
    registers,
  });
  const byRoute = new Map(
    [...new Set(routes)].map((route) => {
      for (const status of statusClasses) total.inc({ route, status }, 0);
      seconds.zero({ route });
      const statuses = new Map<string, Counter.Internal>(
        statusClasses.map((status) => [status, total.labels({ route, status })]),
      );
      return [route, { statuses, seconds: seconds.labels({ route }) }] as const;
    }),
  );
  return (route, status, ms) => {
    const measured = byRoute.get(route) ?? byRoute.get('other');
    measured?.statuses.get(statusClass(status))?.inc();
    measured?.seconds.observe(ms / 1_000);
  };
}

function statusClass(status: number | 'timeout' | 'error'): string {
  return typeof status === 'number' ? `${Math.floor(status / 100)}xx` : status;
}
