import { buildSchema, GraphQLError, type OperationDefinitionNode, parse } from 'graphql';
import { expect, test } from 'vitest';
import type { CompiledRoot } from '../../../../../gateway/operations/compiled-operation.ts';
import { runCompiled } from '../../../../../gateway/operations/compiled-operation.ts';
import { writeText } from '../../../../../gateway/operations/written-json.ts';
import { GatewayError } from '../../../../../plugins/errors.ts';

const rootWith = (resolve: () => Promise<unknown>, isNullable: boolean): CompiledRoot => ({
  key: 'a',
  prefix: Buffer.from('{"a":'),
  info: { fieldName: 'a', path: { prev: undefined, key: 'a', typename: undefined } },
  nodes: [],
  field: { resolve } as unknown as NonNullable<CompiledRoot['field']>,
  isNullable,
  write: (value) => writeText(String(value)),
});

const document = parse('{ a }');
const args = {
  schema: buildSchema('type Query { a: String }'),
  operation: document.definitions[0] as OperationDefinitionNode,
};

const failing = (error: Error) => () => Promise.reject(error);
const gatewayError = new GatewayError('ERR_UPSTREAM', 'NoETL cannot be reached');

test('the answer of one root field is one text', async () => {
  const root = rootWith(async () => 'ä', true);
  expect(await runCompiled({ roots: [root], fieldCount: 1 }, args)).toEqual({
    data: { text: '{"a":"ä"}', sizeBytes: 10 },
  });
});

test('an error of the gateway in a field that may be null is a result', async () => {
  const outcome = await runCompiled({ roots: [rootWith(failing(gatewayError), true)], fieldCount: 1 }, args);
  expect(outcome).toEqual({ result: { data: { a: null }, errors: [expect.objectContaining({ path: ['a'] })] } });
});

test('an error about arguments is left to the stock executor, which words it', async () => {
  const error = new GatewayError('ERR_REQUEST_INVALID', 'x', { cause: new GraphQLError('x') });
  const outcome = await runCompiled({ roots: [rootWith(failing(error), true)], fieldCount: 1 }, args);
  expect(outcome).toHaveProperty('answers');
});

test.each([
  ['in a field that cannot be null', gatewayError, false],
  ['of another kind', new Error('not expected'), true],
])('an error %s is left to the stock executor', async (_, error, isNullable) => {
  const outcome = await runCompiled({ roots: [rootWith(failing(error), isNullable)], fieldCount: 1 }, args);
  const answer = 'answers' in outcome ? outcome.answers.get('a') : undefined;
  await expect(answer).rejects.toBe(error);
});
