import { Histogram, Registry } from 'prom-client';
import { describe, expect, test } from 'vitest';
import { createDurationHistogram } from '../../../../gateway/observe/duration-histogram.ts';
import type { MetricsJson } from '../../../../gateway/observe/metrics.ts';
import { durationBuckets } from '../../../../gateway/observe/metrics-catalog.ts';

const [name, help, values] = ['a_duration_seconds', 'How long "it" took.', ['/a', '/b', 'other']];

/** What tracing reads; nothing here has exemplars. */
const withoutExemplars = (metric: MetricsJson[number]) => ({
  ...metric,
  values: metric.values.map(
    ({ exemplar: _, ...value }: MetricsJson[number]['values'][number] & { exemplar?: unknown }) => value,
  ),
});

function both() {
  const [own, theirs] = [new Registry(), new Registry()];
  const series = createDurationHistogram(own, { name, help, label: 'route', values });
  const histogram = new Histogram({ name, help, labelNames: ['route'], buckets: durationBuckets, registers: [theirs] });
  for (const route of values) histogram.zero({ route });
  const add = (route: string, ms: number) => {
    series.get(route)?.add(ms);
    histogram.observe({ route }, ms / 1_000);
  };
  return { own, theirs, add };
}

describe('a histogram of durations is what prom-client makes of them', () => {
  const seconds = [...durationBuckets, 0, 0.000_1, 1_000];
  const durations = seconds.flatMap((bound) => [bound * 1_000, bound * 1_000 + 0.001, bound * 500]);

  test.each([
    ['nothing', []],
    ['each bound, and what is around it', durations],
  ])('of %s', async (_name, given) => {
    const { own, theirs, add } = both();
    for (const [index, ms] of given.entries()) add(values[index % 2] ?? '', ms);
    expect(await own.metrics()).toBe(await theirs.metrics());
    expect(await own.getMetricsAsJSON()).toEqual((await theirs.getMetricsAsJSON()).map(withoutExemplars));
  });
});
