import { expect, test } from 'vitest';
import { emitClient } from '../../../generator/emit/client/emit-client.ts';
import { emitInput } from '../../support/emit-input.ts';

test('the client of a small schema', async () => {
  const [file] = await emitClient(emitInput());
  expect(file?.path).toBe('client/noetl-gateway-client.ts');
  await expect(file?.content).toMatchFileSnapshot('./noetl-gateway-client.ts');
});

test('twice the same bytes', async () => {
  expect(await emitClient(emitInput())).toEqual(await emitClient(emitInput()));
});
