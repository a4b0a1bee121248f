import type { Clock } from '../../plugins/clock.ts';
import type { MetricsJson } from '../observe/metrics.ts';
import { durationBuckets } from '../observe/metrics-catalog.ts';
import type { RecentCalls, RecentReport } from './console-answers.ts';

/** A quarter of an hour, the minute that runs included. */
const minutes = 15;

/** Counts by name: of calls one for each bucket, those of lower buckets included; else a single one. */
type Counts = ReadonlyMap<string, readonly number[]>;

/** The counters of `/metrics` that the console shows, at the end of a minute or at some time in it. */
interface Sample {
  /** Minutes since 1970. */
  readonly at: number;
  /** By root field. */
  readonly calls: Counts;
  readonly errors: Counts;
  readonly codes: Counts;
  readonly limits: Counts;
}

const nothing: Sample = { at: 0, calls: new Map(), errors: new Map(), codes: new Map(), limits: new Map() };

/**
 * The last quarter of an hour of this process: differences of what `/metrics` shows. Call it at least once a minute; what
 * was counted in a minute without a call belongs to the next one.
 * @param read the series of this process, as prom-client has them
 */
export function createRecentNumbers(read: () => Promise<MetricsJson>, clock: Clock): () => Promise<RecentReport> {
  let samples: readonly Sample[] = [nothing];
  return async () => {
    const now = Math.floor(clock() / 60_000);
    const sample = sampleOf(await read(), now);
    const earlier = samples.filter(({ at }) => at < now);
    // The newest sample from before the window is what its first minute begins with.
    const base = earlier.findLast(({ at }) => at <= now - minutes) ?? nothing;
    samples = [base, ...earlier.filter(({ at }) => at > now - minutes), sample];
    const byMinute = Array.from({ length: minutes }, (_, index) => minuteOf(samples, now - minutes + 1 + index));
    return reportOf(difference(sample, base), byMinute);
  };
}

/** @returns the counts of one minute; zeros where it has no sample */
function minuteOf(samples: readonly Sample[], minute: number): Sample {
  const index = samples.findIndex(({ at }) => at === minute);
  const [before, sample] = [samples[index - 1], samples[index]];
  return sample === undefined || before === undefined ? nothing : difference(sample, before);
}

function reportOf(total: Sample, byMinute: readonly Sample[]): RecentReport {
  const numbersOf = (field?: string): RecentCalls => {
    const each = byMinute.map((minute) => summaryOf(minute, field));
    return {
      ...summaryOf(total, field),
      perMinute: {
        calls: each.map(({ calls }) => calls),
        errors: each.map(({ errors }) => errors),
        p50: each.map(({ p50 }) => p50),
        p99: each.map(({ p99 }) => p99),
      },
    };
  };
  const names = [...new Set([...total.calls.keys(), ...total.errors.keys()])].sort();
  return {
    minutes,
    total: numbersOf(),
    fields: names.map((field) => ({ field, ...numbersOf(field) })),
    codes: mostFrequent(total.codes).map(([code, count]) => ({ code, count })),
    limits: mostFrequent(total.limits).map(([limit, count]) => ({ limit, count })),
  };
}

const mostFrequent = (counts: Counts): (readonly [string, number])[] =>
  [...counts].map(([name, [count = 0]]) => [name, count] as const).toSorted(([, a], [, b]) => b - a);

/** @param field absent: all fields together */
function summaryOf({ calls, errors }: Sample, field?: string): Omit<RecentCalls, 'perMinute'> {
  const pick = (counts: Counts) => (field === undefined ? [...counts.values()] : [counts.get(field) ?? []]);
  const buckets = pick(calls).reduce((sum, one) => addUp(sum, one, 1), []);
  const all = buckets.at(-1) ?? 0;
  return {
    calls: all,
    errors: pick(errors).reduce((sum, [count = 0]) => sum + count, 0),
    p50: quantile(buckets, all * 0.5),
    p99: quantile(buckets, all * 0.99),
  };
}

/** The bound of the bucket with so many calls, in seconds; null without a call, or above the largest bound. */
function quantile(buckets: readonly number[], calls: number): number | null {
  if (calls === 0) return null;
  return durationBuckets[buckets.findIndex((count) => count >= calls)] ?? null;
}

const addUp = (a: readonly number[], b: readonly number[], sign: 1 | -1): readonly number[] =>
  Array.from({ length: Math.max(a.length, b.length) }, (_, index) => (a[index] ?? 0) + sign * (b[index] ?? 0));

/** What was counted between two samples; names without a count are left out. */
function difference(newer: Sample, older: Sample): Sample {
  const between = (of: 'calls' | 'errors' | 'codes' | 'limits'): Counts =>
    new Map(
      [...newer[of]]
        .map(([name, counts]) => [name, addUp(counts, older[of].get(name) ?? [], -1)] as const)
        .filter(([, counts]) => counts.some((count) => count > 0)),
    );
  return {
    at: newer.at,
    calls: between('calls'),
    errors: between('errors'),
    codes: between('codes'),
    limits: between('limits'),
  };
}

/** A series as prom-client has it. */
interface Series {
  readonly value: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly metricName?: string;
}

function sampleOf(metrics: MetricsJson, at: number): Sample {
  const [calls, errors, codes, limits] = [newCounts(), newCounts(), newCounts(), newCounts()];
  const addSeries = (metric: string, { value, labels }: Series) => {
    const { field = '', code = '', route, class: of, reason } = labels;
    switch (metric) {
      case 'noetl_gateway_field_duration_seconds_bucket':
        calls.set(field, [...(calls.get(field) ?? []), value]);
        return;
      case 'noetl_gateway_graphql_errors_total':
        if (field !== 'none') add(errors, field, value);
        return add(codes, code, value);
      case 'noetl_gateway_error_answers_total':
        return add(codes, code, value);
      case 'noetl_gateway_rate_limited_total':
        return add(limits, `rate of ${route}`, value);
      case 'noetl_gateway_upstream_shed_total':
        return add(limits, `calls to NoETL (${of}): ${reason}`, value);
      default:
        return;
    }
  };
  for (const { name, values } of metrics) {
    for (const series of values as unknown as readonly Series[]) addSeries(series.metricName ?? name, series);
  }
  return { at, calls, errors, codes, limits };
}

const newCounts = () => new Map<string, number[]>();

const add = (counts: Map<string, number[]>, name: string, value: number): void =>
  void counts.set(name, [(counts.get(name)?.[0] ?? 0) + value]);
