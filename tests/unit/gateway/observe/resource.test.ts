import { hostname } from 'node:os';
import { afterEach, expect, test } from 'vitest';
import { resourceOf } from '../../../../gateway/observe/open-telemetry.ts';

afterEach(() => {
  delete process.env['OTEL_RESOURCE_ATTRIBUTES'];
});

test('a process is an instance of its own', () => {
  expect(resourceOf('1.2.3').attributes['service.instance.id']).toBe(`${hostname()}-${process.pid}`);
});

test('the environment names the instance and the service', () => {
  process.env['OTEL_RESOURCE_ATTRIBUTES'] = 'service.instance.id=pod-7,service.name=edge';
  expect(resourceOf('1.2.3').attributes).toMatchObject({
    'service.instance.id': 'pod-7',
    'service.name': 'edge',
    'service.version': '1.2.3',
  });
});
