import { globSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const sources = globSync(['server/**/*.ts', 'cli/**/*.ts', 'plugins/**/*.ts', 'executor/**/*.ts', 'core/**/*.ts']);
const filesWith = (pattern: RegExp) => sources.filter((file) => pattern.test(readFileSync(file, 'utf8')));

test('the packages of OpenTelemetry are imported by the module that is loaded when it is on', () => {
  const users = filesWith(/from '@opentelemetry\//);
  expect(users.sort()).toEqual(['server/tracing/metric-producer.ts', 'server/tracing/open-telemetry.ts']);
  expect(filesWith(/from '[^']*\/metric-producer\.ts'/)).toEqual(['server/tracing/open-telemetry.ts']);
  expect(filesWith(/from '[^']*\/open-telemetry\.ts'/)).toEqual([]);
  expect(filesWith(/import\('[^']*\/open-telemetry\.ts'\)/)).toEqual(['cli/serve/project-gateway.ts']);
});
