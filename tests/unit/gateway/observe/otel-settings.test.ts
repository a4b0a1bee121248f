import { expect, test } from 'vitest';
import { readOtelSettings } from '../../../../gateway/observe/tracing.ts';

const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318' };

test.each([
  ['nothing is set', {}],
  ['only a name is set', { OTEL_SERVICE_NAME: 'x' }],
  ['the SDK is disabled', { ...endpoint, OTEL_SDK_DISABLED: 'true' }],
  ['both exporters are switched off', { ...endpoint, OTEL_TRACES_EXPORTER: 'none', OTEL_METRICS_EXPORTER: 'none' }],
])('off: %s', (_name, environment) => {
  expect(readOtelSettings(environment)).toBeUndefined();
});

test.each([
  ['an endpoint', endpoint, { traces: true, metrics: true }],
  ['an exporter', { OTEL_TRACES_EXPORTER: 'otlp', OTEL_METRICS_EXPORTER: 'none' }, { traces: true, metrics: false }],
  ['metrics alone', { ...endpoint, OTEL_TRACES_EXPORTER: 'none' }, { traces: false, metrics: true }],
  [
    'a sampler',
    { ...endpoint, OTEL_TRACES_SAMPLER: 'parentbased_traceidratio', OTEL_TRACES_SAMPLER_ARG: '0.25' },
    { sampler: { kind: 'traceidratio', isParentBased: true, ratio: 0.25 } },
  ],
  ['the usual sampler', endpoint, { sampler: { kind: 'always_on', isParentBased: true, ratio: 1 } }],
  ['batches', { ...endpoint, OTEL_BSP_SCHEDULE_DELAY: '100' }, { batch: { scheduledDelayMillis: 100 } }],
  ['an interval', { ...endpoint, OTEL_METRIC_EXPORT_INTERVAL: '5000' }, { metricIntervalMs: 5_000 }],
])('on: %s', (_name, environment, want) => {
  expect(readOtelSettings(environment)).toMatchObject(want);
});

test.each([
  { OTEL_TRACES_EXPORTER: 'zipkin' },
  { ...endpoint, OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' },
  { ...endpoint, OTEL_TRACES_SAMPLER: 'jaeger_remote' },
  { ...endpoint, OTEL_TRACES_SAMPLER_ARG: '2' },
])('refused with its name: %o', (environment) => {
  const name = Object.keys(environment).at(-1) ?? '';
  expect(() => readOtelSettings(environment)).toThrow(
    expect.objectContaining({ code: 'ERR_CONFIG_INVALID', problems: [expect.stringContaining(name)] }),
  );
});
