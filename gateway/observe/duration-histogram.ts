import type { Metric, MetricValueWithName, Registry } from 'prom-client';
import { durationBuckets } from './metrics-catalog.ts';

/** One series: how many were in which bucket. Adding one costs no search by labels. */
export class DurationSeries {
  readonly #value: string;
  readonly #counts: number[] = durationBuckets.map(() => 0);
  #sum = 0;
  #count = 0;

  constructor(value: string) {
    this.#value = value;
  }

  /** A bucket has what is at most its bound. What is above the largest one is in the sum and the count alone. */
  add(ms: number): void {
    const seconds = ms / 1_000;
    this.#sum += seconds;
    this.#count += 1;
    const counts = this.#counts;
    for (let index = 0; index < counts.length; index += 1) {
      if (seconds > (durationBuckets[index] ?? 0)) continue;
      counts[index] = (counts[index] ?? 0) + 1;
      return;
    }
  }

  /** As prom-client has them: buckets add up. @param name of the metric, without a suffix */
  valuesFor(name: string, label: string): MetricValueWithName<string>[] {
    const labels = { [label]: this.#value };
    let sum = 0;
    const buckets = durationBuckets.map((le, index) => {
      sum += this.#counts[index] ?? 0;
      return { labels: { le, ...labels }, value: sum, metricName: `${name}_bucket` };
    });
    return [
      ...buckets,
      { labels: { le: '+Inf', ...labels }, value: this.#count, metricName: `${name}_bucket` },
      { labels: { ...labels }, value: this.#sum, metricName: `${name}_sum` },
      { labels: { ...labels }, value: this.#count, metricName: `${name}_count` },
    ];
  }
}

/** A histogram with one label. */
export interface HistogramDeclaration {
  readonly name: string;
  readonly help: string;
  readonly label: string;
  /** All that the label can have; each has its series from the start. */
  readonly values: readonly string[];
}

/**
 * A histogram of durations with one label. prom-client's own looks its series up by labels that it checks and joins to a text,
 * which costs 2 µs each time.
 * @returns the series by the value of the label
 */
export function createDurationHistogram(
  registry: Registry,
  { name, help, label, values }: HistogramDeclaration,
): ReadonlyMap<string, DurationSeries> {
  const series = new Map(values.map((value) => [value, new DurationSeries(value)]));
  const get = async () => ({
    name,
    help,
    type: 'histogram',
    values: [...series.values()].flatMap((one) => one.valuesFor(name, label)),
    aggregator: 'sum',
  });
  // Of a metric, a registry uses the name and what is here.
  registry.registerMetric({ name, get } as unknown as Metric);
  return series;
}
