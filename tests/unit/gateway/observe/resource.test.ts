import { hostname } from 'node:os';
import { afterEach, expect, test } from 'vitest';
import { resourceOf } from '../../../../gateway/observe/open-telemetry.ts';

const instance = (place: number | undefined) => resourceOf('1.2.3', place).attributes['service.instance.id'];

afterEach(() => {
  delete process.env['OTEL_RESOURCE_ATTRIBUTES'];
});

test('workers of one gateway are instances of their own', () => {
  const [one, two] = [instance(1), instance(2)];
  expect(one).not.toBe(two);
  expect(String(one).replace(/-1$/, '')).toBe(String(two).replace(/-2$/, ''));
  expect(instance(undefined)).toBe(`${hostname()}-${process.pid}`);
});

test('the environment names the instance, and a worker adds its place', () => {
  process.env['OTEL_RESOURCE_ATTRIBUTES'] = 'service.instance.id=pod-7,service.name=edge';
  expect(instance(undefined)).toBe('pod-7');
  expect([instance(1), instance(2)]).toEqual(['pod-7-1', 'pod-7-2']);
  expect(resourceOf('1.2.3', 1).attributes).toMatchObject({ 'service.name': 'edge', 'service.version': '1.2.3' });
});
