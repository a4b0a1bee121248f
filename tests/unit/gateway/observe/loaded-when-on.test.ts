import { globSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const sources = globSync([
  'gateway/**/*.ts',
  'cli/**/*.ts',
  'plugins/**/*.ts',
  'gateway/operations/**/*.ts',
  'plugins/**/*.ts',
]);
const filesWith = (pattern: RegExp) => sources.filter((file) => pattern.test(readFileSync(file, 'utf8')));

test('the packages of OpenTelemetry are imported by the module that is loaded when it is on', () => {
  const users = filesWith(/from '@opentelemetry\//);
  expect(users).toEqual(['gateway/observe/open-telemetry.ts']);
  expect(filesWith(/from '[^']*\/open-telemetry\.ts'/)).toEqual([]);
  expect(filesWith(/import\('[^']*\/open-telemetry\.ts'\)/)).toEqual(['cli/commands/serve.ts']);
});
