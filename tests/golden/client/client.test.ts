import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { emitClient } from '../../../generator/emit/client/emit-client.ts';
import { emitInput } from '../../support/emit-input.ts';

const runtimeFile = 'generator/emit/client/client-runtime.ts';
/** What the half that follows the schema uses of the runtime. */
const used = `import {
  type CallOptions, createConnection, type ExecutionMethods, executionMethods, fieldCaller,
  type GatewayClientOptions, type GatewayConnection, updatesOf,
} from '../../../${runtimeFile}';`;

/** In the golden file an import stands for the runtime, which is copied as it is but for `export` before inner parts. */
test('the client of a small schema', async () => {
  const [file] = await emitClient(emitInput());
  expect(file?.path).toBe('client/noetl-gateway-client.ts');
  const runtime = readFileSync(runtimeFile, 'utf8').trim().split('\n');
  const lines = (file?.content ?? '').split('\n');
  const header = lines.indexOf('') + 1;
  const rest = lines.slice(header + runtime.length);
  const copied = lines.slice(header, header + runtime.length);
  const inner = runtime.map((line) => line.replace(/^export (?!interface (?!ExecutionCalls)|class |async function\* paged)/, ''));
  expect(copied).toEqual(inner);
  await expect([...lines.slice(0, header), used, ...rest].join('\n')).toMatchFileSnapshot('./noetl-gateway-client.ts');
});

test('twice the same bytes', async () => {
  expect(await emitClient(emitInput())).toEqual(await emitClient(emitInput()));
});
