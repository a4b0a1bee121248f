import { DataPointType, type MetricData } from '@opentelemetry/sdk-metrics';
import { expect, test } from 'vitest';
import { createMetrics } from '../../../../gateway/observe/metrics.ts';
import { createMetricProducer } from '../../../../gateway/observe/open-telemetry.ts';

test('counters, gauges and histograms are those of /metrics', async () => {
  const metrics = createMetrics({ version: '1', upstreamRoutes: [], fields: ['execution'], processMetrics: false });
  for (const ms of [3, 30, 40, 90_000]) metrics.record({ type: 'field', field: 'execution', ms });
  metrics.record({ type: 'login', outcome: 'succeeded' });
  metrics.record({ type: 'ready_check', check: 'store', isOk: false });
  const { resourceMetrics } = await createMetricProducer(metrics.json).collect();
  const all = resourceMetrics.scopeMetrics.flatMap((scope) => scope.metrics);
  const point = (name: string, attributes: object) => {
    const metric = all.find(({ descriptor }) => descriptor.name === name) as MetricData;
    const points = metric.dataPoints as readonly { attributes: object; value: unknown }[];
    const found = points.find((each) => JSON.stringify(each.attributes) === JSON.stringify(attributes));
    return { type: metric.dataPointType, unit: metric.descriptor.unit, value: found?.value };
  };
  expect(point('noetl_gateway_login_total', { outcome: 'succeeded' })).toMatchObject({
    type: DataPointType.SUM,
    value: 1,
  });
  expect(point('noetl_gateway_ready_check', { check: 'store' })).toMatchObject({ type: DataPointType.GAUGE, value: 0 });
  const histogram = point('noetl_gateway_field_duration_seconds', { field: 'execution' });
  expect(histogram).toMatchObject({ type: DataPointType.HISTOGRAM, unit: 's' });
  const { buckets, count, sum } = histogram.value as {
    buckets: { boundaries: number[]; counts: number[] };
    count: number;
    sum: number;
  };
  expect(buckets.boundaries).toEqual([0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]);
  expect(buckets.counts).toEqual([1, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
  expect({ count, sum: Math.round(sum) }).toEqual({ count: 4, sum: 90 });
});
