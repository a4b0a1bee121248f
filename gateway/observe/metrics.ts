import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { GatewayEvent } from '../../plugins/observe.ts';
import { createDurationHistogram } from './duration-histogram.ts';
import { createFieldMetrics } from './field-metrics.ts';
import { type LiveNumbers, registerLiveGauges } from './live-gauges.ts';
import {
  counters,
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
  /** Root fields of the generated schema. */
  readonly fields?: readonly string[];
  /** Also memory, CPU and event loop of the process. */
  readonly processMetrics: boolean;
}

/** As prom-client has them. */
export type MetricsJson = Awaited<ReturnType<Registry['getMetricsAsJSON']>>;

/** The numbers of one process. */
export interface Metrics {
  /** Content type of {@link Metrics.text}. */
  readonly contentType: string;
  /** All series in Prometheus' text format; every one is there from the start, at zero. */
  text(): Promise<string>;
  json(): Promise<MetricsJson>;
  /** Counts. No label ever holds an id or a text from outside. */
  record(event: GatewayEvent): void;
  /** Adds gauges that are read when they are scraped. Once. */
  watch(numbers: LiveNumbers): void;
}

/**
 * Numbers of one gateway, in a registry of their own, so that two gateways in one process, as in tests, do not add up.
 */
export function createMetrics({ version, upstreamRoutes, fields = [], processMetrics }: MetricsOptions): Metrics {
  const registry = new Registry();
  // Once for a process: they are the process's own, and not the gateway's.
  if (processMetrics) collectDefaultMetrics({ register: registry });
  const count = createCounters(registry);
  const change = createGauges(registry);
  const requests = createDurations(registry, 'request', 'Exchanges with callers.', requestRoutes);
  const recordField = createFieldMetrics(registry, fields);
  const upstream = createDurations(registry, 'upstream_request', 'Calls to NoETL.', [...upstreamRoutes, 'other']);
  new Gauge({
    name: 'noetl_gateway_build_info',
    help: 'Version.',
    labelNames: ['version'],
    aggregator: 'first',
    registers: [registry],
  }).set({ version }, 1);
  return {
    contentType: registry.contentType,
    text: () => registry.metrics(),
    json: () => registry.getMetricsAsJSON(),
    watch: (numbers) => registerLiveGauges(registry, numbers),
    record(event) {
      if (event.type === 'request') requests(event.route, event.status, event.ms);
      if (event.type === 'upstream_call') upstream(event.route, event.status, event.ms);
      recordField(event);
      changeGauges(event, change);
      for (const tally of talliesOf(event)) count(tally);
    },
  };
}

type Count = (tally: Tally) => void;
type Change = (gauge: keyof typeof gauges, by: number) => void;

function changeGauges(event: GatewayEvent, change: Change): void {
  if (event.type === 'document_drift') change('documentDrift', event.drifted ? 1 : -1);
  if (event.type === 'stream') change('streams', event.state === 'opened' ? 1 : -1);
  if (event.type !== 'validation') return;
  const { state } = event;
  if (state === 'started') change('validationsRunning', 1);
  if (state === 'finished') change('validationsRunning', -1);
  if (state === 'waiting') change('validationsWaiting', 1);
  if (state === 'resumed') change('validationsWaiting', -1);
}

/** One series of a counter, counted here and handed to the registry when it is read: adding up costs no search by labels. */
class Series {
  readonly labels: Readonly<Record<string, string>>;
  #pending = 0;

  constructor(labels: Readonly<Record<string, string>>) {
    this.labels = labels;
  }

  add(by: number): void {
    this.#pending += by;
  }

  flush(counter: Counter): void {
    counter.inc(this.labels, this.#pending);
    this.#pending = 0;
  }
}

/** Makes a counter whose series are all there from the start, at zero. */
function register(registry: Registry, name: string, help: string, labels: readonly string[], all: readonly Series[]) {
  new Counter({
    name,
    help,
    labelNames: labels,
    registers: [registry],
    collect() {
      for (const series of all) series.flush(this);
    },
  });
}

function createCounters(registry: Registry): Count {
  const made = new Map(
    Object.entries<MetricDeclaration>(counters).map(([key, { name, help, labels }]) => {
      const names = Object.keys(labels);
      const all = everySeries(labels).map((series) => new Series(series));
      register(registry, name, help, names, all);
      return [key, { labels, names, series: new Map(all.map((one) => [keyOf(names, one.labels), one])) }] as const;
    }),
  );
  return ({ counter, labels = {}, by = 1 }) => {
    const entry = made.get(counter);
    if (entry === undefined) return;
    const { names, series } = entry;
    // Nearly every event has values that were declared, so these are tried first.
    const known = series.get(keyOf(names, labels)) ?? series.get(keyOf(names, declared(entry.labels, labels) ?? {}));
    known?.add(by);
  };
}

/** The values of the labels in their order; no declared value holds a line break. */
function keyOf(names: readonly string[], labels: Readonly<Record<string, string>>): string {
  const [only] = names;
  // The usual case without joining a text. `\n` is the key of a missing label, which no declared value has.
  if (only !== undefined && names.length === 1) return labels[only] ?? '\n';
  return names.map((name) => labels[name] ?? '\n').join('\n');
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
  const seconds = createDurationHistogram(registry, {
    name: `noetl_gateway_${what}_duration_seconds`,
    help: `${help} How long they took.`,
    label: 'route',
    values: [...new Set(routes)],
  });
  const all: Series[] = [];
  const byRoute = new Map(
    [...seconds].map(([route, durations]) => {
      const statuses = new Map(statusClasses.map((status) => [status as string, new Series({ route, status })]));
      all.push(...statuses.values());
      return [route, { statuses, durations }] as const;
    }),
  );
  register(registry, `noetl_gateway_${what}s_total`, `${help} By route and status.`, ['route', 'status'], all);
  return (route, status, ms) => {
    const measured = byRoute.get(route) ?? byRoute.get('other');
    measured?.statuses.get(statusClass(status))?.add(1);
    measured?.durations.add(ms);
  };
}

const classNames = ['0xx', '1xx', '2xx', '3xx', '4xx', '5xx'];

function statusClass(status: number | 'timeout' | 'error'): string {
  return typeof status === 'number' ? (classNames[Math.floor(status / 100)] ?? 'other') : status;
}
