import {
  buildSchema,
  type FieldNode,
  getArgumentValues,
  getVariableValues,
  type OperationDefinitionNode,
  parse,
} from 'graphql';
import { describe, expect, test, vi } from 'vitest';
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

describe('left to graphql-js, though a value is there', () => {
  const listed = buildSchema('type Query { f(__proto__: Int, a: Int!): Int }', { assumeValid: true });

  test('a variable or an argument with the name __proto__, which would set a prototype', () => {
    const { operation, node } = operationOf('query ($__proto__: Int, $a: Int) { f(a: $a) }');
    const given = JSON.parse('{"__proto__": 1, "a": 1}') as Record<string, unknown>;
    expect(plainVariables(schema, operation, given)).toBeUndefined();
    const withProto = listed.getQueryType()?.getFields()['f'];
    expect(withProto && plainArguments(withProto, node, { a: 1 })).toBeUndefined();
  });

  test('a field with one value in the document', () => {
    const { node } = operationOf('query ($a: Int!) { f(a: $a, b: "x") }');
    expect(plainArguments(field, node, { a: 1 })).toBeUndefined();
  });

  test('a required argument without a value, a required variable that is null', () => {
    const { operation, node } = operationOf('query ($a: Int!) { f(a: $a) }');
    expect(plainArguments(field, node, {})).toBeUndefined();
    expect(plainVariables(schema, operation, { a: null })).toBeUndefined();
    expect(plainVariables(schema, operation, { a: undefined })).toBeUndefined();
  });
});

test('null of an optional variable stays null, and is not the default', () => {
  const { operation, node } = operationOf('query ($a: Int!, $b: String) { f(a: $a, b: $b) }');
  const variables = plainVariables(schema, operation, { a: 1, b: null });
  expect(variables).toEqual({ a: 1, b: null });
  expect(plainArguments(field, node, variables ?? {})).toEqual({ a: 1, b: null, h: 3, i: null });
});

test('what has no value is absent, and not undefined', () => {
  const { operation, node } = operationOf('query ($a: Int!, $c: Size) { f(a: $a, c: $c) }');
  expect(Object.keys(plainVariables(schema, operation, { a: 1 }) ?? {})).toEqual(['a']);
  expect(Object.keys(plainArguments(field, node, { a: 1 }) ?? {})).toEqual(['a', 'b', 'h', 'i']);
});

test('types of an operation are looked up once for a schema', () => {
  const getType = vi.spyOn(schema, 'getType');
  const { operation } = operationOf('query ($a: Int!, $c: Size) { f(a: $a, c: $c) }');
  for (const a of [1, 2, 3]) plainVariables(schema, operation, { a });
  expect(getType).toHaveBeenCalledTimes(2);
  getType.mockRestore();
});
