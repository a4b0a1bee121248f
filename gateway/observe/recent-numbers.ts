import type { Clock } from '../../plugins/clock.ts';
import type { GatewayEvent } from '../../plugins/observe.ts';
import type { RecentCalls, RecentField, RecentReport } from '../console/gateway-health.ts';
import { durationBuckets } from './metrics-catalog.ts';

/** The last quarter of an hour of this process, from the same events as `/metrics`. */
export interface RecentNumbers {
  record(event: GatewayEvent): void;
  report(): RecentReport;
}

/** `buckets` has one count for each bound of `durationBuckets`, and a last one for what is above them. */
interface Counts {
  calls: number;
  errors: number;
  readonly buckets: number[];
}

/** The counts of one minute. */
interface RecentMinute {
  /** Minutes since 1970. */
  readonly at: number;
  readonly fields: Map<string, Counts>;
  readonly codes: Map<string, number>;
  readonly limits: Map<string, number>;
}

/** A quarter of an hour, the minute that runs included. */
const minutes = 15;

/** @param fields root fields of the schema: no other name gets counts of its own */
export function createRecentNumbers(fields: readonly string[], clock: Clock): RecentNumbers {
  const known = new Set(fields);
  let ring: RecentMinute[] = [];
  const minuteNow = (): RecentMinute => {
    const at = Math.floor(clock() / 60_000);
    const last = ring.at(-1);
    if (last?.at === at) return last;
    // A minute without an event has no entry; a report shows it with zeros.
    const made: RecentMinute = { at, fields: new Map(), codes: new Map(), limits: new Map() };
    ring = [...ring.filter((one) => one.at > at - minutes), made];
    return made;
  };
  const countsOf = (field: string): Counts => {
    const { fields: counts } = minuteNow();
    const name = known.has(field) ? field : 'other';
    const found = counts.get(name) ?? { calls: 0, errors: 0, buckets: Array(durationBuckets.length + 1).fill(0) };
    counts.set(name, found);
    return found;
  };
  return {
    record(event) {
      switch (event.type) {
        case 'field': {
          const counts = countsOf(event.field);
          const bucket = durationBuckets.findIndex((bound) => event.ms <= bound * 1_000);
          counts.calls += 1;
          const index = bucket < 0 ? durationBuckets.length : bucket;
          counts.buckets[index] = (counts.buckets[index] ?? 0) + 1;
          return;
        }
        case 'graphql_error':
          if (event.field !== undefined) countsOf(event.field).errors += 1;
          return add(minuteNow().codes, event.code);
        case 'error_answer':
          return add(minuteNow().codes, event.code);
        case 'rate_limited':
          return add(minuteNow().limits, `rate of ${event.route}`);
        case 'upstream_shed':
          return add(minuteNow().limits, `calls to NoETL (${event.class}): ${event.reason}`);
        default:
          return;
      }
    },
    report() {
      return reportMinutes(ring, clock());
    },
  };
}

function reportMinutes(all: readonly RecentMinute[], nowMs: number): RecentReport {
  const now = Math.floor(nowMs / 60_000);
  const ring = all.filter(({ at }) => at > now - minutes && at <= now);
  const total = (pick: (minute: RecentMinute) => ReadonlyMap<string, number>) => sumOf(ring.map(pick));
  return {
    minutes,
    total: numbersOf(ring, now, ({ fields: counts }) => [...counts.values()]),
    fields: fieldsOf(ring, now),
    codes: total(({ codes }) => codes).map(([code, count]) => ({ code, count })),
    limits: total(({ limits }) => limits).map(([limit, count]) => ({ limit, count })),
  };
}

const add = (counts: Map<string, number>, name: string): void => void counts.set(name, (counts.get(name) ?? 0) + 1);

function sumOf(all: readonly ReadonlyMap<string, number>[]): (readonly [string, number])[] {
  const sum = new Map<string, number>();
  for (const counts of all) for (const [name, count] of counts) sum.set(name, (sum.get(name) ?? 0) + count);
  return [...sum].toSorted(([, a], [, b]) => b - a);
}

function fieldsOf(ring: readonly RecentMinute[], now: number): readonly RecentField[] {
  const names = [...new Set(ring.flatMap(({ fields }) => [...fields.keys()]))].sort();
  return names.map((field) => ({
    field,
    ...numbersOf(ring, now, ({ fields: counts }) => [counts.get(field) ?? []].flat()),
  }));
}

/** @param pick the counts of a minute that are summed up */
function numbersOf(
  ring: readonly RecentMinute[],
  now: number,
  pick: (minute: RecentMinute) => readonly Counts[],
): RecentCalls {
  // All minutes, also those without an entry, so that lines have the same length.
  const byMinute = Array.from({ length: minutes }, (_, index) => {
    const ofMinute = ring.filter(({ at }) => at === now - minutes + 1 + index);
    return summaryOf(ofMinute.flatMap((minute) => [...pick(minute)]));
  });
  return {
    ...summaryOf(ring.flatMap((minute) => [...pick(minute)])),
    perMinute: {
      calls: byMinute.map(({ calls }) => calls),
      errors: byMinute.map(({ errors }) => errors),
      p50: byMinute.map(({ p50 }) => p50),
      p99: byMinute.map(({ p99 }) => p99),
    },
  };
}

function summaryOf(counts: readonly Counts[]): Omit<RecentCalls, 'perMinute'> {
  const buckets = durationBuckets.map((_, index) => counts.reduce((sum, one) => sum + (one.buckets[index] ?? 0), 0));
  const calls = counts.reduce((sum, one) => sum + one.calls, 0);
  const errors = counts.reduce((sum, one) => sum + one.errors, 0);
  return { calls, errors, p50: quantile(buckets, calls, 0.5), p99: quantile(buckets, calls, 0.99) };
}

/**
 * The bound of the bucket in which the share of the calls is reached, in seconds. Null without a call, or when it is
 * above the largest bound.
 */
function quantile(buckets: readonly number[], calls: number, share: number): number | null {
  if (calls === 0) return null;
  let seen = 0;
  for (const [index, count] of buckets.entries()) {
    seen += count;
    if (seen >= calls * share) return durationBuckets[index] ?? null;
  }
  return null;
}
