import { buildSchema, type GraphQLScalarType, parse } from 'graphql';
import { describe, expect, test } from 'vitest';
import { GatewayError } from '../../../../plugins/errors.ts';
import { guardedResolver, guardRootResolvers } from '../../../../plugins/noetl-auth/guard-root-resolvers.ts';
import { rootFieldsOf } from '../../../../plugins/noetl-auth/selected-root-fields.ts';

const schema = buildSchema(`
  scalar Odd
  directive @defer(if: Boolean, label: String) on FRAGMENT_SPREAD | INLINE_FRAGMENT
  type Query { a(n: Int, odd: Odd): Int b: Int }
  type Mutation { change: Int }`);
Object.assign(schema.getType('Odd') as GraphQLScalarType, {
  parseLiteral: () => {
    throw 'no error object';
  },
});

const fieldsOf = (query: string, variableValues: unknown = {}, operationName?: string) => {
  const roots = rootFieldsOf({ schema, document: parse(query), variableValues, operationName });
  if ('errors' in roots) return roots.errors.map(({ message }) => message);
  return roots.fields.map(({ responseKey, name, args }) => [
    responseKey,
    name,
    args instanceof GatewayError ? args.code : args,
  ]);
};

describe('the root fields that will run', () => {
  test.each<[string, string, unknown, unknown]>([
    [
      'by response key, each once',
      '{ a(n: 1) x: a(n: 2) b a(n: 1) b }',
      {},
      [
        ['a', 'a', { n: 1 }],
        ['x', 'a', { n: 2 }],
        ['b', 'b', {}],
      ],
    ],
    [
      'with a directive that the variables decide',
      'query ($on: Boolean!) { a @include(if: $on) b }',
      { on: false },
      [['b', 'b', {}]],
    ],
    [
      'the same, included',
      'query ($on: Boolean!) { a @include(if: $on) b }',
      { on: true },
      [
        ['a', 'a', {}],
        ['b', 'b', {}],
      ],
    ],
    [
      'in fragments, each once',
      '{ ...F b ... on Query { b a(n: 1) } } fragment F on Query { a(n: 1) }',
      {},
      [
        ['a', 'a', { n: 1 }],
        ['b', 'b', {}],
      ],
    ],
    [
      'in a deferred fragment',
      '{ a ... @defer { b } }',
      {},
      [
        ['a', 'a', {}],
        ['b', 'b', {}],
      ],
    ],
    ['a field that the schema does not have', '{ nothing }', {}, [['nothing', 'nothing', {}]]],
    ['an inherited member of the fields', '{ constructor }', {}, [['constructor', 'constructor', {}]]],
    ['arguments that are wrong', '{ a(n: "x") }', {}, [['a', 'a', 'ERR_REQUEST_INVALID']]],
    ['no variables', '{ b }', null, [['b', 'b', {}]]],
  ])('%s', (_name, query, variables, want) => {
    expect(fieldsOf(query, variables)).toEqual(want);
  });

  test('of the operation that is named', () => {
    expect(fieldsOf('query A { a } query B { b }', {}, 'B')).toEqual([['b', 'b', {}]]);
  });

  test('found again for the same document, with other variables', () => {
    const document = parse('query ($n: Int, $on: Boolean = true) { a(n: $n) b @include(if: $on) }');
    const argsOf = (variableValues: object) => {
      const roots = rootFieldsOf({ schema, document, variableValues, operationName: undefined });
      return 'errors' in roots ? roots.errors : roots.fields.map(({ args }) => args);
    };
    expect([argsOf({ n: 1 }), argsOf({ n: 2, on: false })]).toEqual([[{ n: 1 }, {}], [{ n: 2 }]]);
  });

  test('arguments that cannot be read are an error of the request, with its cause', () => {
    const roots = rootFieldsOf({
      schema,
      document: parse('{ a(odd: 1) }'),
      variableValues: {},
      operationName: undefined,
    });
    const [field] = 'errors' in roots ? [] : roots.fields;
    expect(field?.args).toMatchObject({
      code: 'ERR_REQUEST_INVALID',
      cause: expect.anything(),
      message: expect.stringMatching(/./),
    });
  });
});

test('the resolver behind a guard is known; one that a plugin has wrapped is no guard', () => {
  const resolve = () => 1;
  const plain = buildSchema('type Query { a: Int b: Int }');
  Object.assign(plain.getQueryType()?.getFields()['a'] ?? {}, { resolve });
  const guard = guardRootResolvers(plain).getQueryType()?.getFields()['a']?.resolve;
  expect(guard).not.toBe(resolve);
  expect(guardedResolver(guard)).toBe(resolve);
  expect(guardedResolver(() => guard)).toBeUndefined();
  expect(guardedResolver(undefined)).toBeUndefined();
});
