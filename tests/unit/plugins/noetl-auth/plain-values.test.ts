import {
  buildSchema,
  type FieldNode,
  getArgumentValues,
  getVariableValues,
  type OperationDefinitionNode,
  parse,
} from 'graphql';
import { describe, expect, test } from 'vitest';
import { plainArguments, plainVariables } from '../../../../plugins/noetl-auth/plain-values.ts';

const schema = buildSchema(`
  enum Size { SMALL LARGE }
  input Box { n: Int }
  type Query { f(a: Int!, b: String = "x", c: Size, d: ID, e: [Int], g: Box, h: Int! = 3, i: String = null): Int }`);
const field = schema.getQueryType()?.getFields()['f'];
if (field === undefined) throw new Error('a field is expected');

const operationOf = (query: string): { operation: OperationDefinitionNode; node: FieldNode } => {
  const [operation] = parse(query).definitions as [OperationDefinitionNode];
  return { operation, node: operation.selectionSet.selections[0] as FieldNode };
};

const operations = [
  'query ($a: Int!) { f(a: $a) }',
  'query ($a: Int!, $b: String, $c: Size, $d: ID) { f(a: $a, b: $b, c: $c, d: $d) }',
  'query ($a: Int = 2, $b: String = "y", $d: ID!) { f(a: $a, b: $b, d: $d) }',
  'query ($a: Int!, $e: [Int], $g: Box) { f(a: $a, e: $e, g: $g) }',
  'query ($a: Int, $h: Int) { f(a: $a, h: $h, i: null) }',
  'query { f(a: 1, b: "z") }',
  'query ($h: Int, $i: String) { f(a: 1, h: $h, i: $i) }',
  'query ($a: Nothing) { f(a: $a) }',
];
const values = [1, 'x', 'SMALL', null, undefined, 1.5, [1], { n: 1 }, true];
const inputs = [
  {},
  ...values.flatMap((a) => [
    { a },
    { a: 1, b: a },
    { a: 1, c: a, d: '1' },
    { a: 1, d: a },
    { a: 1, e: a, g: a },
    { a, h: a, i: a },
  ]),
  Object.create({ a: 1, d: '1' }) as object,
] as readonly Readonly<Record<string, unknown>>[];

const attempt = (work: () => unknown): unknown => {
  try {
    return work();
  } catch {
    return 'an error';
  }
};

describe.each(operations)('%s', (query) => {
  const { operation, node } = operationOf(query);
  const theirs = (input: object) => getVariableValues(schema, operation.variableDefinitions ?? [], input as never);

  test('variables are those of graphql-js, or left to it', () => {
    for (const input of inputs) {
      const mine = plainVariables(schema, operation, input);
      if (mine !== undefined) expect([input, { coerced: mine }]).toEqual([input, theirs(input)]);
    }
  });

  test('arguments are those of graphql-js, or left to it', () => {
    for (const input of inputs) {
      const { coerced } = theirs(input);
      if (coerced === undefined) continue;
      const mine = plainArguments(field, node, coerced);
      if (mine !== undefined)
        expect([input, mine]).toEqual([input, attempt(() => getArgumentValues(field, node, coerced))]);
    }
  });
});

test('what most operations have is not left to graphql-js', () => {
  const { operation, node } = operationOf(operations[1] ?? '');
  const variables = { a: 1, c: 'LARGE', d: 7 };
  expect(plainVariables(schema, operation, variables)).toEqual({ a: 1, c: 'LARGE', d: '7' });
  expect(plainArguments(field, node, { a: 1, d: '7' })).toEqual({ a: 1, b: 'x', d: '7', h: 3, i: null });
});

test('types are those of the schema that runs', () => {
  const { operation } = operationOf('query ($a: Int!) { f(a: $a) }');
  expect(plainVariables(schema, operation, { a: 1 })).toEqual({ a: 1 });
  expect(plainVariables(buildSchema('scalar Other type Query { f: Int }'), operation, { a: 'x' })).toBeUndefined();
});
