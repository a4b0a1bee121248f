import { ValueType } from '@opentelemetry/api';
import { emptyResource } from '@opentelemetry/resources';
import {
  AggregationTemporality,
  type DataPoint,
  DataPointType,
  type Histogram,
  type MetricData,
  type MetricProducer,
} from '@opentelemetry/sdk-metrics';
import type { MetricsJson } from './metrics.ts';

type Metric = MetricsJson[number];
type Sample = Metric['values'][number] & { readonly metricName?: string };
type Time = [seconds: number, nanoseconds: number];

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

interface Between {
  readonly startTime: Time;
  readonly endTime: Time;
}

/** OpenTelemetry's time: seconds and nanoseconds. */
const timeOf = (ms: number): Time => [Math.floor(ms / 1_000), (ms % 1_000) * 1_000_000];

/** @returns undefined for a kind of metric that the gateway does not use (summaries) */
function dataOf(metric: Metric, between: Between): MetricData | undefined {
  const values = metric.values as readonly Sample[];
  const descriptor = {
    name: metric.name,
    description: metric.help,
    // By Prometheus' naming: durations end in `_seconds` and are in seconds.
    unit: metric.name.endsWith('_seconds') ? 's' : '',
    valueType: ValueType.DOUBLE,
  };
  const common = { descriptor, aggregationTemporality: AggregationTemporality.CUMULATIVE };
  const dataPoints = values.map(({ value, labels }) => ({ ...between, attributes: { ...labels }, value }));
  switch (String(metric.type)) {
    case 'counter':
      return { ...common, dataPointType: DataPointType.SUM, isMonotonic: true, dataPoints };
    case 'gauge':
      return { ...common, dataPointType: DataPointType.GAUGE, dataPoints };
    case 'histogram':
      return { ...common, dataPointType: DataPointType.HISTOGRAM, dataPoints: histograms(values, between) };
    default:
      return undefined;
  }
}

interface Parts {
  readonly attributes: Record<string, string | number>;
  readonly buckets: { readonly le: number; readonly count: number }[];
  sum: number;
  count: number;
}

/** Prometheus adds buckets up; OpenTelemetry counts each alone. */
function histograms(values: readonly Sample[], between: Between): DataPoint<Histogram>[] {
  const byLabels = new Map<string, Parts>();
  for (const { labels, value, metricName = '' } of values) {
    const { le, ...attributes } = labels as Record<string, string | number>;
    const key = JSON.stringify(attributes);
    const parts = byLabels.get(key) ?? { attributes, buckets: [], sum: 0, count: 0 };
    byLabels.set(key, parts);
    if (metricName.endsWith('_sum')) parts.sum = value;
    else if (metricName.endsWith('_count')) parts.count = value;
    else if (le !== '+Inf') parts.buckets.push({ le: Number(le), count: value });
  }
  return [...byLabels.values()].map(({ attributes, buckets, sum, count }) => {
    const sorted = buckets.sort((a, b) => a.le - b.le);
    // One more than boundaries: the last bucket is what is above all of them.
    const counts = [...sorted.map((bucket) => bucket.count), count];
    return {
      ...between,
      attributes,
      value: {
        buckets: {
          boundaries: sorted.map(({ le }) => le),
          counts: counts.map((each, index) => each - (counts[index - 1] ?? 0)),
        },
        sum,
        count,
      },
    };
  });
}
